// The beat of the mixer: one frame of 20 ms per tick.
//
// Memory and thread: plain values. Today every room runs at 8 kHz; functions over sound take spans,
// so that a room may run at another rate without a change to them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace media {

inline constexpr std::int64_t tick_us = 20'000;
inline constexpr std::int32_t sample_rate_hz = 8'000;
inline constexpr std::size_t frame_samples = 160;  // 20 ms at 8 kHz
static_assert(frame_samples * 1'000'000 == sample_rate_hz * tick_us);

using Frame = std::array<std::int16_t, frame_samples>;

/// What a tick is told about time; nothing in the mixer reads a clock.
struct TickTime {
    std::uint64_t tick = 0;    // counts up by one
    std::int64_t now_us = 0;   // monotonic
    std::int64_t wall_us = 0;  // since 1970, only for the NTP time of sender reports
};

}  // namespace media
