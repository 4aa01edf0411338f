// Seconds, in which models reckon, as the microseconds in which worlds do.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/time.hpp"

namespace sim {

/// The nearest microsecond; 0 .. a hundred years.
[[nodiscard]] inline Duration duration_of(double seconds) {
    constexpr double most_s = 3.2e9;
    if (!(seconds > 0)) return {};
    return {
        static_cast<std::int64_t>(std::floor((seconds < most_s ? seconds : most_s) * 1e6 + 0.5))};
}

[[nodiscard]] inline double seconds_of(Duration length) {
    return static_cast<double>(length.us) / 1e6;
}

}  // namespace sim
