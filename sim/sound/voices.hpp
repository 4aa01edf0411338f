// Voices that can be told apart: each is a tone of its own, in syllables, so that whoever listens
// can say who is heard.
//
// Each sings at a multiple of 50 Hz, 350 to 3300: a whole number of waves in each frame of 20 ms,
// so that no voice leaks into another's place. In each 240 ms it is loud for 180: a talk detector
// hears a talker, a noise gate no steady noise. Integers only: the same samples on every machine.
// Thread: values. Memory: a frame; with an ear, a decoder. Time: counts frames.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "media/sound/coder.hpp"
#include "media/sound/frame.hpp"

namespace sim {

inline constexpr std::uint32_t voice_count = 30;
inline constexpr std::int32_t voice_amplitude = 3'000;  // -24 dBov: ten fit into a mix

/// The first voices lie apart, and not evenly: what a codec makes of two (2 f - g) is no third.
[[nodiscard]] constexpr std::int32_t voice_hz(std::uint32_t voice) {
    std::int32_t place = 1;  // 3 is a primitive root of 31: all of 1 .. 30 come
    for (std::uint32_t i = 0; i < voice % voice_count; ++i) place = place * 3 % 31;
    return 300 + 100 * place;
}
/// Is the frame with this number one of a syllable?
[[nodiscard]] constexpr bool voice_is_loud(std::uint32_t frame) { return frame % 12 < 9; }

/// What a voice says in one format, frame by frame: silence, what is between syllables, and in
/// them.
struct Song {
    Song(const media::Format& format, std::uint32_t voice);
    [[nodiscard]] static std::size_t place(bool talking, std::uint32_t frame) {
        return !talking ? 0 : voice_is_loud(frame) ? 2 : 1;
    }

    std::array<media::SoundBuffer, 3> pcm{};
    std::array<std::vector<std::uint8_t>, 3> coded;  // by codecs that forget: once for all
};

/// Speaks one voice in one format.
class Mouth {
public:
    /// Telephones of a format and a voice may share the song.
    Mouth(const media::Format& format, std::shared_ptr<const Song> song);
    /// Does the codec forget, so that a frame is the same whenever it is asked for?
    [[nodiscard]] bool forgets() const { return encoder_ == nullptr; }
    /// The payload of the frame with this number, valid until the next call; each frame once and in
    /// order, unless it forgets.
    std::span<const std::uint8_t> say(bool talking, std::uint32_t frame);

private:
    const media::Format format_;
    std::shared_ptr<const Song> song_;
    std::unique_ptr<media::Encoder> encoder_;
    std::vector<std::uint8_t> coded_;
};

/// How loud a voice is in a frame: the amplitude of its tone.
[[nodiscard]] std::int32_t amplitude_of(std::uint32_t voice, std::span<const std::int16_t> pcm,
                                        std::uint32_t rate_hz);

/// Hears what one telephone is sent.
class Ear {
public:
    explicit Ear(const media::Format& format);
    /// One packet of this frame.
    void take(std::span<const std::uint8_t> payload);
    /// The frame is whole. `told(voice)` is called for each of `voices` that has been clearly there
    /// for five frames now: what still rings of a word that was cut off is not.
    void hear(std::span<const std::uint32_t> voices,
              const std::function<void(std::uint32_t)>& told);
    /// Others may be heard from now on: what was clear before counts no more.
    void forget() { clear_for_ = {}; }

private:
    const media::Format format_;
    const std::int32_t clear_from_;  // an amplitude
    std::unique_ptr<media::Decoder> decoder_;
    std::array<std::int16_t, 3 * media::frame_samples_max> pcm_{};
    std::size_t samples_ = 0;
    std::array<std::uint8_t, voice_count> clear_for_{};
};

}  // namespace sim
