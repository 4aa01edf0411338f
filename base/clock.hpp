// The one place that reads the machine's clocks. Rules (actors/, sim/, the mixer) never include it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace base {

/// Wall clock. May step; whoever journals clamps it so that a stream never goes back.
[[nodiscard]] Instant wall_now() noexcept;

/// Monotonic clock, for measuring; its zero means nothing.
[[nodiscard]] Instant steady_now() noexcept;

/// "2026-11-21T05:36:29.123456Z"
[[nodiscard]] std::string iso8601(Instant at);

/// The same back; fewer digits behind the second, or neither seconds nor their fraction, will do:
/// "2026-11-21T05:36Z". Nothing: no such time, or not of UTC.
[[nodiscard]] std::optional<Instant> parse_iso8601(std::string_view text);

}  // namespace base
