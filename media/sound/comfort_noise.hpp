// The hiss of a line that is not dead: what stands for a silence that is not sent (RFC 3389).
//
// A payload is a level, 0 to 127, in dB below full scale (dBov), and maybe a spectrum: that is
// accepted and ignored, the noise is white.
// Thread: one worker owns a generator. Memory: fixed. Time: a few operations a sample. Integers
// only, and the same noise for the same seed.
#pragma once

#include <cstdint>
#include <span>

#include "base/prng.hpp"
#include "base/realtime.hpp"

namespace media {

inline constexpr std::uint8_t noise_level_max = 127;  // -127 dBov: none

/// The level byte for a frame of `energy` (energy_of in level.hpp).
[[nodiscard]] std::uint8_t noise_level(std::uint32_t energy) noexcept REALTIME;

class ComfortNoise {
public:
    explicit ComfortNoise(std::uint64_t seed) noexcept : prng_(seed) {}

    /// A payload that came. False: it is empty, nothing changes.
    bool accept(std::span<const std::uint8_t> payload) noexcept REALTIME;
    void set_level(std::uint8_t level) noexcept REALTIME;
    /// One frame of noise, at any rate. A new level is reached at the frame's end, gliding; the
    /// first level is there at once.
    void fill(std::span<std::int16_t> out) noexcept REALTIME;

private:
    Prng prng_;
    std::int32_t wanted_ = 0;  // half the width of the uniform noise
    std::int32_t now_ = -1;    // as of the last frame's end; -1: none yet
};

}  // namespace media
