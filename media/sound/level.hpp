// How loud a frame is, whether somebody talks, and whether a frame is worth mixing.
//
//     talking  on after 3 loud frames of the last 5 (60-100 ms), off after 600 ms without one
//     gate     opens at once on anything above the noise of a line, closes after 1 s below it
//
// "Loud" is 9 dB above the noise floor, and at least -36 dBov: hum and hold music at -40 dBov never
// are. The floor is the least energy of each 1.5 s, followed down at once and up by 3 dB a window.
// Thread: one worker owns it. Memory: fixed. Time: frames of 20 ms are its clock. Integers only.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/kernels.hpp"

namespace media {

/// Mean square of a frame: 2^30 is 0 dBov (a square wave of full scale), a tenth of it -10 dBov.
[[nodiscard]] inline std::uint32_t energy_of(
    std::span<const std::int16_t> frame) noexcept REALTIME {
    return frame.empty() ? 0
                         : static_cast<std::uint32_t>(kernels::energy_sum(frame) / frame.size());
}

/// How far an energy lies below full scale, in dB; 99 for silence.
[[nodiscard]] inline std::uint32_t below_full_db(std::uint32_t energy) noexcept {
    std::uint32_t db = 0;
    // A step of 1 dB is a factor of 1.2589, here 1289 / 1024.
    for (std::uint64_t reached = std::uint64_t{energy} << 10; reached < std::uint64_t{1} << 40;
         reached = reached * 1'289 / 1'024) {
        if (++db == 99) break;
    }
    return db;
}

class TalkDetector {
public:
    enum class Change : std::uint8_t { none, started, stopped };

    /// One frame's energy; `counts` false: this leg may not talk (muted), so it stops if it did.
    Change hear(std::uint32_t energy, bool counts) noexcept REALTIME {
        follow_floor(energy);
        const std::uint32_t on_above = std::max(floor_ * 8, loud_least);
        const bool loud = counts && energy > on_above;
        recent_ = (recent_ << 1 | (loud ? 1u : 0u)) & 0x1f;
        // Half of the threshold keeps a talker talking: 3 dB of hysteresis.
        quiet_frames_ = counts && energy > on_above / 2 ? 0 : quiet_frames_ + 1;
        if (!talking_ && std::popcount(recent_) >= 3) {
            talking_ = true;
            quiet_frames_ = 0;
            return Change::started;
        }
        if (talking_ && (!counts || quiet_frames_ >= off_frames)) {
            talking_ = false;
            recent_ = 0;
            return Change::stopped;
        }
        return Change::none;
    }
    [[nodiscard]] bool talking() const noexcept REALTIME { return talking_; }

private:
    static constexpr std::uint32_t full_scale = 1u << 30;
    static constexpr std::uint32_t loud_least = full_scale / 3'981;  // -36 dBov
    static constexpr std::uint32_t floor_least =
        full_scale / 10'000'000;  // -70 dBov: the noise of mu-law itself
    static constexpr std::uint32_t floor_most =
        full_scale / 3'981;                            // so that -27 dBov always counts as talk
    static constexpr std::int32_t off_frames = 30;     // 600 ms
    static constexpr std::int32_t window_frames = 75;  // 1.5 s: a talker breathes within it

    void follow_floor(std::uint32_t energy) noexcept {
        window_least_ = std::min(window_least_, energy);
        if (energy < floor_) floor_ = std::max(energy, floor_least);
        if (++window_ < window_frames) return;
        floor_ = std::clamp(std::min(window_least_, floor_ * 2), floor_least, floor_most);
        window_ = 0;
        window_least_ = full_scale;
    }

    std::uint32_t floor_ = floor_least;
    std::uint32_t window_least_ = full_scale;
    std::int32_t window_ = 0;
    std::uint32_t recent_ = 0;
    std::int32_t quiet_frames_ = 0;
    bool talking_ = false;
};

/// Who is not worth mixing costs nobody anything: everybody else can share one encoding.
class Gate {
public:
    [[nodiscard]] bool passes(std::uint32_t energy) noexcept REALTIME {
        if (energy >= open_above)
            closed_after_ = hold_frames;
        else if (closed_after_ > 0)
            --closed_after_;
        return closed_after_ > 0;
    }

    [[nodiscard]] bool closed() const noexcept REALTIME { return closed_after_ == 0; }
    static constexpr std::uint32_t open_above = (1u << 30) / 316'228;  // -55 dBov

private:
    static constexpr std::int32_t hold_frames = 50;  // 1 s
    std::int32_t closed_after_ = 0;
};

}  // namespace media
