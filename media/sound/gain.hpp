// Louder, quieter, fading: fixed gains on a frame, in integers.
//
// Thread: pure functions. Memory: a small table. Time: a multiplication a sample.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/kernels.hpp"
#include "media/sound/mix.hpp"

namespace media {

inline constexpr int gain_least_db = -40, gain_most_db = 20;

/// 10^(db/20) in Q12; beyond the limits, the limit. The table was made by repeated products in
/// integers, so it is the same everywhere; off by 0.01 dB at most.
[[nodiscard]] std::int32_t gain_q12(int db) noexcept REALTIME;

inline void apply_gain(std::span<std::int16_t> sound, int db) noexcept REALTIME {
    kernels::amplify(sound, gain_q12(db));
}

/// A gain that goes from one factor to another over the frame, without a step (Q12, 0 .. 65,535).
inline void glide(std::span<std::int16_t> sound, std::int32_t from,
                  std::int32_t to) noexcept REALTIME {
    if (sound.empty() || (from == 4'096 && to == 4'096)) return;
    const std::int64_t step =
        (std::int64_t{to - from} << 16) / static_cast<std::int64_t>(sound.size());
    std::int64_t gain = std::int64_t{from} << 16;
    for (std::int16_t& sample : sound) {
        gain += step;
        sample = saturate_i16(sample * static_cast<std::int32_t>(gain >> 16) / 4'096);
    }
}

/// From nothing to full over the frame (`in`), or the other way.
inline void fade(std::span<std::int16_t> sound, bool in) noexcept REALTIME {
    const auto n = static_cast<std::int32_t>(sound.size());
    for (std::int32_t i = 0; i < n; ++i) {
        std::int16_t& sample = sound[static_cast<std::size_t>(i)];
        sample = static_cast<std::int16_t>(sample * (in ? i : n - i) / n);
    }
}

}  // namespace media
