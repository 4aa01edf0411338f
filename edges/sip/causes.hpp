// SIP statuses and the causes that the journal knows (RFC 3261, 21; common.fbs).
#pragma once

#include "actors/refusal.hpp"
#include "schema/common_generated.h"

#include "edges/sip/sdp.hpp"

namespace sip {

/// Why a call that we placed came to nothing; `status` is 300 or more.
[[nodiscard]] schema::Cause cause_of(int status) noexcept;
/// The final response that tells a caller of `cause` before we answered.
[[nodiscard]] int status_of(schema::Cause cause) noexcept;
/// Why a description brings no call.
[[nodiscard]] schema::Cause cause_of(Misfit misfit) noexcept;
/// What a request is answered with when the rules refuse it.
[[nodiscard]] int status_of(actors::Refusal refusal) noexcept;

}  // namespace sip
