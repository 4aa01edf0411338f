// The one place that reads the machine's clocks. Rules (actors/, sim/, the mixer) never include it.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace base {

/// Wall clock that steps forward with the machine's, yet never back while the process lives: time
/// that people waited for has passed, whatever somebody sets the clock to. Deadlines rely on it.
[[nodiscard]] Instant wall_now() noexcept;
/// The same for what happened before this process: the clock goes on from there. Returns how far
/// the machine's is behind; zero or less: it is not.
Duration wall_goes_on_from(Instant last) noexcept;

/// How far the wall clock is ahead of the monotonic one, at most: what wall_now() adds.
class Lead {
public:
    /// `wall` was read before `steady`, so that a pause between the two makes no lead.
    [[nodiscard]] Instant at(Instant wall, Instant steady) noexcept;

private:
    std::atomic<std::int64_t> us_{INT64_MIN};
};

/// Monotonic clock, for measuring; its zero means nothing.
[[nodiscard]] Instant steady_now() noexcept;

/// "2026-11-21T05:36:29.123456Z"
[[nodiscard]] std::string iso8601(Instant at);

/// The same back; fewer digits behind the second, or neither seconds nor their fraction, will do:
/// "2026-11-21T05:36Z". Nothing: no such time, or not of UTC.
[[nodiscard]] std::optional<Instant> parse_iso8601(std::string_view text);

}  // namespace base
