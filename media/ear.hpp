// What one listener hears of a room: the sum without themselves, and with what the room's matrix
// says; louder or quieter; a prompt besides.
//
// The lane asks it for each listener, and who mixes a capture again asks it too: so they cannot
// differ. Thread: pure. Memory: a frame on the stack. Time: O(who is unheard or whispers).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/gain.hpp"
#include "media/sound/mix.hpp"

namespace media {

struct Ear {
    bool hears = true;                  // the room
    std::span<const std::int16_t> own;  // what of theirs is in the sum; empty: nothing
    std::int8_t gain_out_db = 0;
    std::span<const std::int16_t> prompt;  // empty: none
};

/// Fills `out`, as long as `total`. `unheard` and `whispers` are ranges of sounds: what of the sum
/// they do not hear, and what they hear besides it.
template <class Unheard, class Whispers>
void hear(std::span<const std::int32_t> total, const Ear& ear, Unheard&& unheard,
          Whispers&& whispers, std::span<std::int16_t> out) noexcept {
    if (!ear.hears) {
        std::ranges::fill(out, std::int16_t{0});
    } else if (std::ranges::empty(unheard) && std::ranges::empty(whispers)) {
        ear.own.empty() ? saturate(total, out) : mix_minus(total, ear.own, out);
    } else {
        std::array<std::int32_t, frame_samples_max> special;
        const auto sum = std::span{special}.first(total.size());
        std::ranges::copy(total, sum.begin());
        if (!ear.own.empty()) take_from_total(sum, ear.own);
        for (const std::span<const std::int16_t> sound : unheard) take_from_total(sum, sound);
        for (const std::span<const std::int16_t> sound : whispers) add_to_total(sum, sound);
        saturate(sum, out);
    }
    if (ear.gain_out_db != 0) apply_gain(out, ear.gain_out_db);
    if (!ear.prompt.empty()) add_saturated(out, ear.prompt);
}

}  // namespace media
