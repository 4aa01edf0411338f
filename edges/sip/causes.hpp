// SIP statuses and the causes that the journal knows (RFC 3261, 21; common.fbs).
#pragma once

#include "actors/statuses.hpp"
#include "schema/common_generated.h"

#include "edges/sip/sdp.hpp"

namespace sip {

/// Why a call that we placed came to nothing; `status` is 300 or more.
[[nodiscard]] schema::Cause cause_of(int status) noexcept;
/// Why a description brings no call.
[[nodiscard]] schema::Cause cause_of(Misfit misfit) noexcept;
using actors::status_of;

}  // namespace sip
