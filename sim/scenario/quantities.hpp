// Times and rates as people write them: "90s", "1h30m", "20ms"; "30/h", "2/s".
//
// Thread: pure functions.
#pragma once

#include <optional>
#include <string_view>

namespace sim {

/// "1h30m", "90s", "20 ms" in milliseconds; nothing when it is something else.
[[nodiscard]] std::optional<double> time_ms(std::string_view text);
/// "30/h", "2/s", "5/min" in arrivals per second.
[[nodiscard]] std::optional<double> rate_per_second(std::string_view text);

}  // namespace sim
