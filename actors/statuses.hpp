// SIP's final responses (RFC 3261, 21) for what the journal knows: as the SIP edge sends them and
// simulated telephony gets them.
#pragma once

#include "actors/refusal.hpp"
#include "schema/common_generated.h"

namespace actors {

/// What tells a caller of `cause` before we answered.
[[nodiscard]] int status_of(schema::Cause cause) noexcept;
/// What a request is answered with when the rules refuse it.
[[nodiscard]] int status_of(Refusal refusal) noexcept;

}  // namespace actors
