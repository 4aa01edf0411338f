// Sound for tests: tones, something like speech, and how far two sounds are apart.
//
// Floating point is fine here: nothing of it is compared bit by bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "base/prng.hpp"

namespace media::test {

using Sound = std::vector<std::int16_t>;

inline std::int16_t to_sample(double value) {
    return static_cast<std::int16_t>(std::clamp(std::lround(value), -32'768l, 32'767l));
}

/// A tone of `amplitude` (of 32767), `samples` long from sample `from` on.
inline Sound sine(double hz, std::uint32_t rate_hz, std::size_t samples, double amplitude,
                  std::size_t from = 0) {
    Sound sound(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        const double t = static_cast<double>(from + i) / rate_hz;
        sound[i] = to_sample(amplitude * std::sin(2 * std::numbers::pi * hz * t));
    }
    return sound;
}

/// Vowels of a gliding pitch with three formants, four syllables a second, a breath of noise
/// between them. Some -22 dBov. The same `seed` is the same speaker at every rate.
inline Sound speech(std::uint32_t rate_hz, std::size_t samples, std::uint64_t seed = 1) {
    Prng prng{seed};
    const double base = 90 + static_cast<double>(prng.below(110));
    const double first = 350 + static_cast<double>(prng.below(350));
    const double second = 1'100 + static_cast<double>(prng.below(700));
    const auto bell = [](double f, double centre, double width) {
        return 1 / (1 + (f - centre) * (f - centre) / (width * width));
    };
    Sound sound(samples);
    double phase = 0, noise = 0;
    for (std::size_t i = 0; i < samples; ++i) {
        const double t = static_cast<double>(i) / rate_hz;
        const double pitch = base * (1 + 0.12 * std::sin(2 * std::numbers::pi * 0.9 * t));
        phase += pitch / rate_hz;
        const double beat = std::sin(std::numbers::pi * 4 * t);
        const double loud = beat * beat;
        const double move = 1 + 0.2 * std::sin(2 * std::numbers::pi * 1.3 * t);
        double value = 0;
        for (int k = 1; k * pitch < std::min(3'400.0, rate_hz / 2.0); ++k) {
            const double f = k * pitch;
            const double gain = bell(f, first * move, 90) + 0.5 * bell(f, second / move, 140) +
                                0.2 * bell(f, 2'600, 200) + 0.01;
            value += gain * std::sin(2 * std::numbers::pi * k * phase + k * k);
        }
        noise = 0.7 * noise + (static_cast<double>(prng.below(2'001)) - 1'000) / 1'000;
        sound[i] = to_sample(3'500 * loud * value + 250 * (1 - loud) * noise);
    }
    return sound;
}

inline double energy(std::span<const std::int16_t> sound) {
    double sum = 0;
    for (const double s : sound) sum += s * s;
    return sound.empty() ? 0 : sum / static_cast<double>(sound.size());
}

/// Of `sound`, in dB below a square wave of full scale.
inline double dbov(std::span<const std::int16_t> sound) {
    return 10 * std::log10(std::max(energy(sound), 1e-9) / 1'073'741'824.0);
}

/// Signal to noise in dB; shapes: equal lengths.
inline double snr_db(std::span<const std::int16_t> clean, std::span<const std::int16_t> heard) {
    double signal = 0, noise = 1e-9;
    for (std::size_t i = 0; i < clean.size(); ++i) {
        const double c = clean[i], d = c - heard[i];
        signal += c * c;
        noise += d * d;
    }
    return 10 * std::log10(signal / noise);
}

/// The mean over segments of their signal to noise, each held within -10 .. 35 dB; segments
/// quieter than -50 dBov do not count.
inline double segmental_snr_db(std::span<const std::int16_t> clean,
                               std::span<const std::int16_t> heard, std::size_t segment) {
    double sum = 0;
    int counted = 0;
    for (std::size_t i = 0; i + segment <= std::min(clean.size(), heard.size()); i += segment) {
        const auto piece = clean.subspan(i, segment);
        if (dbov(piece) < -50) continue;
        sum += std::clamp(snr_db(piece, heard.subspan(i, segment)), -10.0, 35.0);
        ++counted;
    }
    return counted == 0 ? 0 : sum / counted;
}

/// `heard` lags `clean` by so many samples, at most `most`.
inline std::size_t lag_of(std::span<const std::int16_t> clean, std::span<const std::int16_t> heard,
                          std::size_t most) {
    std::size_t best = 0;
    double greatest = -1e300;
    for (std::size_t lag = 0; lag <= most; ++lag) {
        double sum = 0;
        for (std::size_t i = lag; i < heard.size() && i - lag < clean.size(); ++i)
            sum += static_cast<double>(clean[i - lag]) * heard[i];
        if (sum > greatest) {
            greatest = sum;
            best = lag;
        }
    }
    return best;
}

}  // namespace media::test
