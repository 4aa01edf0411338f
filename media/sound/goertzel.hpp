// How much of one tone is in a sound: Goertzel's filter. For tests and measurements.
//
// Thread: pure. Time: O(samples). Floating point: nothing of it is compared bit by bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

namespace media {

/// What the filter needs of a tone.
[[nodiscard]] inline double goertzel_coefficient(double hz, double rate_hz) {
    return 2 * std::cos(2 * std::numbers::pi * hz / rate_hz);
}

/// The amplitude of the sine in `sound`, of which 32767 is full scale; 0 of no sound.
[[nodiscard]] inline double goertzel_amplitude(std::span<const std::int16_t> sound,
                                               double coefficient) {
    double last = 0, before = 0;
    for (const std::int16_t sample : sound) {
        const double now = sample + coefficient * last - before;
        before = last;
        last = now;
    }
    const double power = last * last + before * before - coefficient * last * before;
    return sound.empty() ? 0
                         : 2 * std::sqrt(std::max(power, 0.0)) / static_cast<double>(sound.size());
}

}  // namespace media
