#include "media/speech.hpp"

#include <algorithm>

#include "media/rates.hpp"
#include "media/sound/gain.hpp"

namespace media {

Speech::Speech() noexcept : to_room_(resampler_between(8'000, 8'000)) {}

std::span<std::int16_t> Speech::next_frame(std::size_t samples) noexcept REALTIME {
    turn_ ^= 1;
    const auto frame = std::span{frames_[turn_]}.first(samples);
    frame_before_ = frame_;
    frame_ = frame;
    return frame;
}

void Speech::judge(bool wants, const Manners& manners) noexcept REALTIME {
    begin(wants);
    manners_ = manners;
    const auto frame = std::span{frames_[turn_]}.first(frame_.size());
    if (wants_to_speak_ && manners.gate_noise) wants_to_speak_ = noise_gate_.process(frame);
    if (wants_to_speak_ && manners.level_voices) leveller_.process(frame);
}

void Speech::speak(std::uint32_t rate_hz, bool admitted) noexcept REALTIME {
    const bool was_in = in_mix_;
    in_mix_ = admitted && wants_to_speak_;
    contributes_ = wants_to_speak_ && (admitted || was_in);
    if (!contributes_) return;
    spoken_ = frame_;
    const auto buffer = std::span{spoken_buffer_}.first(frame_samples_at(rate_hz));
    const auto own_hz = static_cast<std::uint32_t>(frame_.size() * 50);
    if (own_hz != rate_hz) {
        if (!was_in || to_room_.from_hz() != own_hz || to_room_.to_hz() != rate_hz) {
            to_room_ = resampler_between(own_hz, rate_hz);
            to_room_.prime(frame_before_);
        }
        to_room_.process(frame_, buffer);
        spoken_ = buffer;
    }
    const bool fades = wanted_before_ && was_in != in_mix_;  // pushed out, or let in again
    if (manners_.gain_db == 0 && !fades) return;
    std::ranges::copy(spoken_, buffer.begin());
    if (manners_.gain_db != 0) apply_gain(buffer, manners_.gain_db);
    if (fades) fade(buffer, in_mix_);
    spoken_ = buffer;
}

void Speech::forget() noexcept REALTIME {
    noise_gate_ = {};
    leveller_ = {};
    frame_ = frame_before_ = spoken_ = {};
    wanted_ = wants_to_speak_ = wanted_before_ = contributes_ = in_mix_ = false;
}

}  // namespace media
