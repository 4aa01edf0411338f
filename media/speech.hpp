// From a phone's frames to what the room mixes of them: gate and level, the room's rate, gains, and
// fading for who is pushed out by louder ones.
//
//     next_frame() -> judge() -> speak() -> spoken()     each tick
//
// A Leg has one, and so has who mixes a capture again: the same frames and the same verdicts give
// the same sound, bit for bit. Thread: one owner. Memory: fixed. Time: frames of 20 ms.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/resampler.hpp"
#include "media/sound/voice_level.hpp"

namespace media {

/// How a room wants its talkers treated in a tick.
struct Manners {
    bool may_speak = true;
    std::int8_t gain_db = 0;
    bool level_voices = false;
    bool gate_noise = false;
};

class Speech {
public:
    Speech() noexcept;

    /// Where the tick's frame is to be put, of `samples` (160, 320, 882 or 960).
    [[nodiscard]] std::span<std::int16_t> next_frame(std::size_t samples) noexcept REALTIME;
    /// `wants`: there is sound in that frame that may be mixed. Treats it as the room wants.
    void judge(bool wants, const Manners& manners) noexcept REALTIME;
    /// No frame in this tick.
    void say_nothing() noexcept REALTIME { begin(false); }
    /// Makes it ready for a room of that rate. `admitted` false: others are louder; then it fades
    /// out.
    void speak(std::uint32_t rate_hz, bool admitted) noexcept REALTIME;

    /// Before gate: was there something to say?
    [[nodiscard]] bool wanted() const noexcept REALTIME { return wanted_; }
    /// Is there something to mix?
    [[nodiscard]] bool wants_to_speak() const noexcept REALTIME { return wants_to_speak_; }
    [[nodiscard]] bool in_mix() const noexcept REALTIME { return in_mix_; }
    /// Is its sound in this tick's mix?
    [[nodiscard]] bool contributes() const noexcept REALTIME { return contributes_; }
    /// That sound, at the room's rate.
    [[nodiscard]] std::span<const std::int16_t> spoken() const noexcept REALTIME { return spoken_; }
    /// What came from the phone, at its own rate.
    [[nodiscard]] std::span<const std::int16_t> frame() const noexcept REALTIME { return frame_; }
    [[nodiscard]] const Manners& manners() const noexcept REALTIME { return manners_; }

    /// Another sound begins: frames of other lengths.
    void forget_frames() noexcept REALTIME { frame_ = frame_before_ = {}; }
    /// Everything: as new.
    void forget() noexcept REALTIME;
    /// Where its large parts begin, for prefetching all before them.
    [[nodiscard]] const void* large() const noexcept REALTIME { return &to_room_; }

private:
    void begin(bool wants) noexcept {
        wanted_before_ = wants_to_speak_;
        wanted_ = wants_to_speak_ = wants;
        contributes_ = false;
    }

    NoiseGate noise_gate_;
    VoiceLeveller leveller_;
    std::span<const std::int16_t> frame_, frame_before_, spoken_;  // see frames_
    Manners manners_;
    bool wanted_ = false, wants_to_speak_ = false, wanted_before_ = false;
    bool contributes_ = false, in_mix_ = false;
    std::uint8_t turn_ = 0;  // which of frames_ is this tick's

    // What follows is large, and not all of it is used in a tick.
    Resampler to_room_;
    // This tick's frame and the one before, at the phone's rate; what of it is mixed.
    std::array<SoundBuffer, 2> frames_{};
    SoundBuffer spoken_buffer_{};
};

}  // namespace media
