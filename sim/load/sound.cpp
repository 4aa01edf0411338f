#include "sim/load/sound.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numbers>

#include "base/prng.hpp"
#include "media/sound/coder.hpp"
#include "media/sound/goertzel.hpp"

namespace sim {
namespace {

constexpr double full_scale = 32'768;
constexpr double speech_rms = 0.0794;      // -22 dBov
constexpr double noise_rms = 0.000316;     // -70 dBov
constexpr double mark_amplitude = 0.2;     // -14 dB below a full sine
constexpr std::size_t mark_frames = 3;     // 60 ms
constexpr std::int64_t window_us = 2'500;  // 8 periods of the mark
constexpr std::int64_t hop_us = 1'250;
constexpr int quiet_hops_min = 160;  // 200 ms without the tone, then it may begin again

using Pcm = std::vector<double>;

double turn(double cycles) { return std::sin(2 * std::numbers::pi * cycles); }

// Loudness of syllables, four a second; every fourth is a pause of breath.
double envelope(double at_s, double syllables_hz) {
    const double syllable = at_s * syllables_hz;
    if (static_cast<int>(syllable) % 4 == 3) return 0.02;
    return 0.15 + 0.85 * std::abs(turn(syllable / 2));
}

// A buzz at the pitch of a voice, its harmonics weighed by two formants, none above 1.9 kHz.
Pcm speech(std::uint32_t rate_hz, Prng& prng) {
    const double pitch_hz = 90 + static_cast<double>(prng.below(90));
    const double formant_hz = 400 + static_cast<double>(prng.below(300));
    const double syllables_hz = 3.5 + static_cast<double>(prng.below(100)) / 100;
    Pcm pcm(loop_frames * rate_hz / 50);
    double phase = 0, energy = 0;
    for (std::size_t i = 0; i < pcm.size(); ++i) {
        const double at_s = static_cast<double>(i) / rate_hz;
        phase += pitch_hz * (1 + 0.08 * turn(at_s * 0.75)) / rate_hz;
        double sum = 0;
        for (int n = 1; n * pitch_hz * 1.08 < 1'900; ++n) {
            const double away = (n * pitch_hz - formant_hz) / 250;
            sum += (0.1 + std::exp(-away * away)) / std::sqrt(n) * turn(phase * n);
        }
        pcm[i] = sum * envelope(at_s, syllables_hz);
        energy += pcm[i] * pcm[i];
    }
    const double factor = speech_rms / std::sqrt(energy / static_cast<double>(pcm.size()));
    for (double& sample : pcm) sample *= factor;
    return pcm;
}

Pcm noise(std::uint32_t rate_hz, Prng& prng) {
    Pcm pcm(loop_frames * rate_hz / 50);
    for (double& sample : pcm) {  // even distribution: its rms is its width by the root of 12
        sample = (static_cast<double>(prng.below(1 << 20)) / (1 << 20) - 0.5) * noise_rms *
                 std::sqrt(12.0);
    }
    return pcm;
}

void add_mark(Pcm& pcm, std::uint32_t rate_hz) {
    for (std::size_t i = 0; i < mark_frames * rate_hz / 50; ++i)
        pcm[i] += mark_amplitude * turn(static_cast<double>(i) * mark_hz / rate_hz);
}

std::vector<std::int16_t> samples_of(const Pcm& pcm) {
    std::vector<std::int16_t> samples(pcm.size());
    std::ranges::transform(pcm, samples.begin(), [](double sample) {
        return static_cast<std::int16_t>(
            std::lround(std::clamp(sample * full_scale, -32'768.0, 32'767.0)));
    });
    return samples;
}

using Coded = std::array<std::uint8_t, media::coded_bytes_max>;
using Code = std::function<std::size_t(std::span<const std::int16_t>, Coded&)>;

constexpr std::int32_t opus_bits_per_second = 32'000, opus_complexity = 5;

Code coder(const media::Format& format, OpusFlavour flavour) {
    const std::shared_ptr<media::Encoder> encoder =
        media::make_encoder(format, {.bitrate = opus_bits_per_second,
                                     .complexity = opus_complexity,
                                     // Redundancy is what brings the model of a voice.
                                     .fec = flavour == OpusFlavour::voice,
                                     .dtx = false});
    if (!encoder) return {};
    return [encoder](std::span<const std::int16_t> pcm, Coded& coded) {
        return encoder->encode(pcm, std::span{coded});
    };
}

std::optional<Loop> code(const Pcm& pcm, const media::Format& format, OpusFlavour flavour) {
    const Code encode = coder(format, flavour);
    if (!encode) return std::nullopt;
    const std::vector<std::int16_t> samples = samples_of(pcm);
    const std::size_t frame = media::samples_per_tick(format);
    Coded coded;
    Loop loop;
    // Twice around: the second time the encoder knows what came before the loop's beginning.
    for (std::size_t i = 0; i < 2 * loop_frames; ++i) {
        const std::size_t bytes =
            encode(std::span{samples}.subspan(i % loop_frames * frame, frame), coded);
        if (i >= loop_frames) loop.add(std::span{coded}.first(bytes));
    }
    return loop;
}

// The detector's own verdict on what we send, so that its errors cancel.
std::int64_t offset_of_mark(const Loop& loop, const media::Format& format) {
    const auto decoder = media::make_decoder(format);
    MarkDetector detector{format.rate_hz};
    std::vector<std::int16_t> pcm(format.rate_hz / 1'000 * media::packet_ms_max);
    std::int64_t offset_us = 0;
    for (std::size_t i = 0; i < 2 * loop_frames; ++i) {
        const std::size_t got = decoder->decode(loop.frame(i % loop_frames), std::span{pcm});
        const auto found = detector.hear(std::span{pcm}.first(got));
        if (found && i >= loop_frames)
            offset_us = *found + static_cast<std::int64_t>(i - loop_frames) * 20'000;
    }
    return offset_us;
}

}  // namespace

std::optional<Sounds> make_sounds(const media::Format& format, std::uint64_t seed,
                                  OpusFlavour flavour) {
    Prng prng{seed};
    Sounds sounds;
    for (std::size_t i = 0; i < Sounds::voices; ++i) {
        Pcm pcm = speech(format.rate_hz, prng);
        auto coded = code(pcm, format, flavour);
        if (!coded) return std::nullopt;
        sounds.speech[i] = std::move(*coded);
        add_mark(pcm, format.rate_hz);
        sounds.marked[i] = *code(pcm, format, flavour);
        sounds.mark_offset_us[i] = offset_of_mark(sounds.marked[i], format);
    }
    sounds.noise = *code(noise(format.rate_hz, prng), format, flavour);
    return sounds;
}

MarkDetector::MarkDetector(std::uint32_t rate_hz)
    : rate_hz_(rate_hz),
      coefficient_(media::goertzel_coefficient(mark_hz, rate_hz)),
      sound_(static_cast<std::size_t>(rate_hz * (window_us - hop_us) / 1'000'000)),
      quiet_hops_(quiet_hops_min) {}

// 1 is a sine of full scale.
double MarkDetector::level(std::span<const std::int16_t> window) const {
    return media::goertzel_amplitude(window, coefficient_) / full_scale;
}

std::optional<std::int64_t> MarkDetector::hear(std::span<const std::int16_t> pcm) {
    const auto window = static_cast<std::size_t>(rate_hz_ * window_us / 1'000'000),
               hop = static_cast<std::size_t>(rate_hz_ * hop_us / 1'000'000), past = window - hop;
    sound_.insert(sound_.end(), pcm.begin(), pcm.end());
    std::optional<std::int64_t> begin;
    for (std::size_t at = 0; at + window <= sound_.size(); at += hop) {
        if (level(std::span{sound_}.subspan(at, window)) < mark_amplitude * 0.65) {
            ++quiet_hops_;
            continue;
        }
        if (quiet_hops_ >= quiet_hops_min && !begin) {
            begin = (static_cast<std::int64_t>(at) - static_cast<std::int64_t>(past)) * 1'000'000 /
                    rate_hz_;
        }
        quiet_hops_ = 0;
    }
    sound_.erase(sound_.begin(), sound_.end() - static_cast<std::ptrdiff_t>(past));
    return begin;
}

}  // namespace sim
