#include "media/voice.hpp"

#include "base/assert.hpp"
#include "media/rates.hpp"

namespace media {

Voice::Voice(const VoiceKind& kind)
    : kind_(kind),
      encoder_(make_encoder(kind.format, kind.opus)),
      resampler_(resampler_between(kind.format.rate_hz, kind.format.rate_hz)) {
    ASSERT(encoder_ != nullptr);
}

// Rooms change their rate when a leg comes that can use a higher one.
void Voice::hear_at(std::size_t samples) noexcept {
    const auto rate_hz = static_cast<std::uint32_t>(samples * 50);
    if (rate_hz != resampler_.from_hz())
        resampler_ = resampler_between(rate_hz, kind_.format.rate_hz);
}

std::span<const std::uint8_t> Voice::say(std::span<const std::int16_t> sound,
                                         std::uint64_t tick) noexcept REALTIME {
    hear_at(sound.size());
    if (sound.size() != samples_per_tick(kind_.format)) {
        const auto own_rate = std::span{resampled_}.first(samples_per_tick(kind_.format));
        resampler_.process(sound, own_rate);
        sound = own_rate;
    }
    bytes_ = encoder_->encode(sound, coded_);
    last_tick_ = tick;
    said_ever_ = true;
    return words();
}

void Voice::continue_from(const Voice& other, std::uint64_t tick) noexcept REALTIME {
    if (!other.said(tick) || other.kind_.format != kind_.format) return;
    encoder_->continue_from(*other.encoder_);
    resampler_ = other.resampler_;
    last_tick_ = tick;
    said_ever_ = true;
}

}  // namespace media
