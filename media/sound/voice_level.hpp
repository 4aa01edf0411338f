// Voices at one level (an automatic gain control), and no hiss between words (a noise gate): what a
// room profile may switch on for each leg.
//
// The leveller brings a talker to -20 dBov, slowly, by -12 to +18 dB; in silence and noise it
// rests. The gate opens within the frame in which a talker begins, and closes over 20 ms after 200
// ms.
//
// Both know noise by its steadiness: its floor is the least energy of the last one to two windows
// of 0.75 s, and a voice has gaps. Noise that begins suddenly is taken for a voice until then.
// Thread: one worker owns each. Memory: fixed. Time: frames of 20 ms are the clock, at any rate.
// Integers only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"

namespace media {

/// The least energy heard lately.
class NoiseFloor {
public:
    /// One frame's energy (energy_of in level.hpp). Returns the floor, that frame included.
    std::uint32_t hear(std::uint32_t energy) noexcept REALTIME {
        least_now_ = std::min(least_now_, energy);
        const std::uint32_t floor = std::min(least_before_, least_now_);
        if (++frames_ == window_frames) {
            least_before_ = least_now_;
            least_now_ = UINT32_MAX;
            frames_ = 0;
        }
        return floor;
    }

private:
    static constexpr std::int32_t window_frames = 37;  // 0.74 s

    std::uint32_t least_before_ = UINT32_MAX, least_now_ = UINT32_MAX;
    std::int32_t frames_ = 0;
};

class VoiceLeveller {
public:
    /// One frame, changed in place. The gain glides within the frame.
    void process(std::span<std::int16_t> frame) noexcept REALTIME;
    /// Q12: 4096 is none.
    [[nodiscard]] std::int32_t gain() const noexcept REALTIME { return gain_; }

private:
    NoiseFloor floor_;
    std::uint32_t voice_ = 0;  // the voice's energy, smoothed over its last 0.6 s; 0: none yet
    std::int32_t gain_ = 4'096;
};

class NoiseGate {
public:
    /// One frame, changed in place. Returns false if nothing is left of it: all zeros.
    bool process(std::span<std::int16_t> frame) noexcept REALTIME;

private:
    NoiseFloor floor_;
    std::int32_t open_frames_ = 0;  // still to come if nothing else does; 0: closed
};

}  // namespace media
