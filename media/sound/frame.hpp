// The beat of the mixer: one frame of 20 ms per tick.
//
// Memory and thread: plain values. A room runs at 8, 16 or 48 kHz; functions over sound take spans,
// whose length says the rate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/realtime.hpp"

namespace media {

inline constexpr std::int64_t tick_us = 20'000;
inline constexpr std::size_t frame_samples_max = 960;  // 20 ms at 48 kHz
[[nodiscard]] constexpr std::size_t frame_samples_at(std::uint32_t rate_hz) noexcept REALTIME {
    return rate_hz / 50;
}
/// 20 ms at any rate: a buffer, of which the front is used.
using SoundBuffer = std::array<std::int16_t, frame_samples_max>;

// Telephone sound, as most of it is.
inline constexpr std::int32_t sample_rate_hz = 8'000;
inline constexpr std::size_t frame_samples = 160;
static_assert(frame_samples * 1'000'000 == sample_rate_hz * tick_us);
using Frame = std::array<std::int16_t, frame_samples>;

/// What a tick is told about time; nothing in the mixer reads a clock.
struct TickTime {
    std::uint64_t tick = 0;    // counts up by one
    std::int64_t now_us = 0;   // monotonic
    std::int64_t wall_us = 0;  // since 1970, only for the NTP time of sender reports
};

}  // namespace media
