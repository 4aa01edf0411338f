// Sine tones in integers: the same samples on every machine.
//
// Thread: pure. Memory: none. Time: a division a sample;
// for prompts that are made at start, and for tests.
#pragma once

#include <cstdint>

#include "media/sound/frame.hpp"

namespace media {

/// sin(2 pi phase / 65536) * 32767, by the rational
/// approximation of Bhaskara I; off by 0.2 % at most.
[[nodiscard]] constexpr std::int32_t sine_q15(std::uint16_t phase) noexcept {
    const std::int64_t x = phase & 0x7fff, half = 0x8000;
    const std::int64_t p = x * (half - x);
    const std::int64_t s = 16 * p * 32'767 / (5 * half * half - 4 * p);
    return static_cast<std::int32_t>((phase & 0x8000) != 0 ? -s : s);
}

/// Sample `index` of a tone.
[[nodiscard]] constexpr std::int16_t tone_sample(std::int32_t hz, std::int64_t index,
                                                 std::int32_t amplitude,
                                                 std::int32_t rate_hz = sample_rate_hz) noexcept {
    const auto phase = static_cast<std::uint16_t>(index * hz * 65'536 / rate_hz);
    return static_cast<std::int16_t>(sine_q15(phase) * std::int64_t{amplitude} / 32'767);
}

}  // namespace media
