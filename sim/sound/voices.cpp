#include "sim/sound/voices.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.hpp"
#include "media/rates.hpp"
#include "media/sound/tone.hpp"
#include "media/voice.hpp"

namespace sim {
namespace {

constexpr std::int32_t murmur = 60;  // between syllables: -58 dBov
// Of a voice that nobody turned down. Opus leaves more of its own beside tones.
constexpr std::int32_t clear_from(media::Codec codec) {
    return voice_amplitude / (codec == media::Codec::opus ? 5 : 20);
}
constexpr std::uint8_t frames_clear =
    5;  // a codec that changes its past (G.722) is upset for three

std::int64_t root(std::int64_t of) {
    std::int64_t low = 0, high = std::int64_t{1} << 31;
    while (low < high) {
        const std::int64_t middle = (low + high + 1) / 2;
        if (middle <= of / middle)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

}  // namespace

Song::Song(const media::Format& format, std::uint32_t voice) {
    const auto rate = static_cast<std::int32_t>(format.rate_hz);
    for (std::size_t i = 0; i < media::samples_per_tick(format); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        pcm[1][i] = media::tone_sample(voice_hz(voice), index, murmur, rate);
        pcm[2][i] = media::tone_sample(voice_hz(voice), index, voice_amplitude, rate);
    }
    if (media::remembers(format.codec)) return;
    const auto encoder = media::make_encoder(format);
    ASSERT(encoder != nullptr);
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        coded[i].resize(media::coded_bytes_max);
        coded[i].resize(
            encoder->encode(std::span{pcm[i]}.first(media::samples_per_tick(format)), coded[i]));
    }
}

Mouth::Mouth(const media::Format& format, std::shared_ptr<const Song> song)
    : format_(format), song_(std::move(song)) {
    if (!media::remembers(format.codec)) return;
    encoder_ = media::make_encoder(format);
    ASSERT(encoder_ != nullptr);
    coded_.resize(media::coded_bytes_max);
}

std::span<const std::uint8_t> Mouth::say(bool talking, std::uint32_t frame) {
    const std::size_t place = Song::place(talking, frame);
    if (forgets()) return song_->coded[place];
    const auto pcm = std::span{song_->pcm[place]}.first(media::samples_per_tick(format_));
    return std::span{coded_}.first(encoder_->encode(pcm, coded_));
}

namespace {

/// One voice's wave, and the same a quarter later, through a Hann window (a sine squared).
struct Comb {
    std::vector<std::int16_t> with, against;
    std::int64_t weight = 0;  // what a wave of amplitude one would give
};

Comb comb_of(std::uint32_t voice, std::uint32_t rate_hz) {
    Comb comb;
    const std::size_t samples = rate_hz / 50;
    for (std::size_t i = 0; i < samples; ++i) {
        const std::int32_t rises =
            media::sine_q15(static_cast<std::uint16_t>(i * 32'768 / samples));
        const std::int32_t window = rises * rises >> 15;
        const auto phase = static_cast<std::uint16_t>(static_cast<std::int64_t>(i) *
                                                      voice_hz(voice) * 65'536 / rate_hz);
        const auto quarter = static_cast<std::uint16_t>(phase + 16'384);
        comb.with.push_back(static_cast<std::int16_t>(media::sine_q15(phase) * window >> 15));
        comb.against.push_back(static_cast<std::int16_t>(media::sine_q15(quarter) * window >> 15));
        comb.weight += window;
    }
    comb.weight /= 2;
    return comb;
}

/// Of all voices at that rate; made once.
const std::vector<Comb>& combs_at(std::uint32_t rate_hz) {
    static const auto all = [] {
        std::map<std::uint32_t, std::vector<Comb>> combs;
        for (const std::uint32_t rate : media::rates_hz) {
            for (std::uint32_t voice = 0; voice < voice_count; ++voice)
                combs[rate].push_back(comb_of(voice, rate));
        }
        return combs;
    }();
    return all.at(rate_hz);
}

}  // namespace

// Goertzel's question, asked with the very wave that the mouth made: how much of it is in there,
// and how much of the same a quarter of a wave later. The window, because where a frame begins and
// ends resamplers still ring of the syllable before.
std::int32_t amplitude_of(std::uint32_t voice, std::span<const std::int16_t> pcm,
                          std::uint32_t rate_hz) {
    const Comb& comb = combs_at(rate_hz)[voice];
    std::int64_t with = 0, against = 0;
    const std::size_t samples = std::min(pcm.size(), comb.with.size());
    for (std::size_t i = 0; i < samples; ++i) {
        with += std::int32_t{pcm[i]} * comb.with[i];
        against += std::int32_t{pcm[i]} * comb.against[i];
    }
    with /= comb.weight;
    against /= comb.weight;
    return static_cast<std::int32_t>(root(with * with + against * against));
}

Ear::Ear(const media::Format& format)
    : format_(format),
      clear_from_(clear_from(format.codec)),
      decoder_(media::make_decoder(format)) {
    ASSERT(decoder_ != nullptr);
}

void Ear::take(std::span<const std::uint8_t> payload) {
    if (samples_ > media::frame_samples_max) samples_ = 0;  // more than a frame: what came last
    samples_ += decoder_->decode(payload, std::span{pcm_}.subspan(samples_));
}

void Ear::hear(std::span<const std::uint32_t> voices,
               const std::function<void(std::uint32_t)>& told) {
    const auto sound = std::span{pcm_}.first(samples_);
    samples_ = 0;
    const bool any = std::ranges::any_of(sound, [&](std::int16_t sample) {
        return sample > clear_from_ / 2 || sample < -clear_from_ / 2;
    });
    for (const std::uint32_t voice : voices) {
        const bool clear = any && amplitude_of(voice, sound, format_.rate_hz) >= clear_from_;
        std::uint8_t& frames = clear_for_[voice];
        frames = clear ? static_cast<std::uint8_t>(std::min<int>(frames + 1, frames_clear))
                       : std::uint8_t{0};
        if (frames == frames_clear) told(voice);
    }
}

}  // namespace sim
