#include "media/sound/resampler.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <numeric>
#include <vector>

#include "base/assert.hpp"
#include "media/sound/kernels.hpp"

namespace media {

// A windowed sinc over 32 samples of the lower rate, sampled at every phase that an output can have
// between two inputs. The cut is half of the lower rate: flat to 0.42 of it, 60 dB down at 0.58.
//
// Its weights are in Q14: those of a phase add up to one, their magnitudes to a little more than
// two, so that the sum of full-scale products stays within 32 bits. 32 to 192 of them per output.
struct Resampler::Kernel : Polyphase {
    std::vector<std::int16_t> all_weights;
};

namespace {

constexpr std::int32_t weight_one = 1 << Polyphase::weight_bits;
constexpr std::size_t samples_max = 48'000 / 50;
constexpr std::array<std::uint32_t, 4> rates{8'000, 16'000, 44'100, 48'000};

// The mathematics are our own, with nothing but + - * /, so that every machine makes the same
// weights.
constexpr double pi = 3.14159265358979323846;

/// sin(pi a / b), exact in its periods.
double sine_of(std::int64_t a, std::int64_t b) {
    const bool negative = a < 0;
    std::int64_t r = (negative ? -a : a) % (2 * b);
    const bool second_half = r >= b;
    if (second_half) r -= b;
    if (2 * r > b) r = b - r;
    const double x = pi * static_cast<double>(r) / static_cast<double>(b);  // 0 .. pi/2
    double term = x, sum = x;
    for (int k = 1; k < 12; ++k) {
        term *= -x * x / ((2 * k) * (2 * k + 1));
        sum += term;
    }
    return negative != second_half ? -sum : sum;
}

/// The modified Bessel function of order zero, of the root of `x_squared`.
double bessel(double x_squared) {
    double term = 1, sum = 1;
    for (int k = 1; k < 40; ++k) {
        term *= x_squared / (4.0 * k * k);
        sum += term;
    }
    return sum;
}

constexpr double kaiser_beta = 6.75;  // 70 dB

/// The sinc at u = a / b samples of the lower rate, under a window that ends at +-`half`.
double windowed_sinc(std::int64_t a, std::int64_t b, double half) {
    const double u = static_cast<double>(a) / static_cast<double>(b);
    const double inside = 1 - (u / half) * (u / half);
    if (inside < 0) return 0;
    const double sinc = a == 0 ? 1 : sine_of(a, b) / (pi * u);
    return sinc * bessel(kaiser_beta * kaiser_beta * inside) / bessel(kaiser_beta * kaiser_beta);
}

/// The weights of one phase, scaled and rounded to add up to one exactly: a constant stays so.
void put_phase(std::span<const double> exact, std::span<std::int16_t> weights) {
    const double sum = std::accumulate(exact.begin(), exact.end(), 0.0);
    std::int32_t rounded = 0, magnitudes = 0;
    std::size_t largest = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const double scaled = exact[i] / sum * weight_one;
        weights[i] = static_cast<std::int16_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        rounded += weights[i];
        if (weights[i] > weights[largest]) largest = i;
    }
    weights[largest] = static_cast<std::int16_t>(weights[largest] + weight_one - rounded);
    for (const std::int16_t weight : weights) magnitudes += weight < 0 ? -weight : weight;
    ASSERT(std::int64_t{magnitudes} * 32'768 + weight_one < INT32_MAX);
}

std::size_t index_of(std::uint32_t rate_hz) {
    const auto* found = std::ranges::find(rates, rate_hz);
    ASSERT(found != rates.end());
    return static_cast<std::size_t>(found - rates.begin());
}

}  // namespace

Resampler::Resampler(std::uint32_t from_hz, std::uint32_t to_hz)
    : from_hz_(from_hz), to_hz_(to_hz) {
    const std::size_t slot = index_of(from_hz) * rates.size() + index_of(to_hz);
    if (from_hz == to_hz) return;
    // One of each for the whole process, never given back.
    static std::mutex making;
    static std::array<std::unique_ptr<const Kernel>, rates.size() * rates.size()> kernels;
    const std::lock_guard only_one{making};
    if (!kernels[slot]) kernels[slot] = make_kernel(from_hz, to_hz);
    kernel_ = kernels[slot].get();
}

std::unique_ptr<const Resampler::Kernel> Resampler::make_kernel(std::uint32_t from_hz,
                                                                std::uint32_t to_hz) {
    const std::uint32_t common = std::gcd(from_hz, to_hz), lower = std::min(from_hz, to_hz);
    auto kernel = std::make_unique<Kernel>();
    kernel->up = to_hz / common;
    kernel->down = from_hz / common;
    kernel->taps = 32 * from_hz / lower / 16 * 16;  // whole vectors
    ASSERT(kernel->taps <= history_samples);
    const double half =
        static_cast<double>(kernel->taps) / 2 * static_cast<double>(lower) / from_hz;
    const std::int64_t taps = static_cast<std::int64_t>(kernel->taps), up = kernel->up;
    std::vector<double> exact(kernel->taps);
    kernel->all_weights.resize(kernel->taps * kernel->up);
    for (std::int64_t phase = 0; phase < up; ++phase) {
        for (std::int64_t i = 0; i < taps; ++i) {
            const std::int64_t a = (i + 1 - taps / 2) * up - phase;
            exact[static_cast<std::size_t>(i)] =
                windowed_sinc(a, std::max(kernel->up, kernel->down), half);
        }
        put_phase(exact, std::span{kernel->all_weights}.subspan(
                             static_cast<std::size_t>(phase) * kernel->taps, kernel->taps));
    }
    kernel->weights = kernel->all_weights.data();
    return kernel;
}

void Resampler::process(std::span<const std::int16_t> in,
                        std::span<std::int16_t> out) noexcept REALTIME {
    ASSERT(in.size() == from_hz_ / 50);
    ASSERT(out.size() == to_hz_ / 50);
    if (!kernel_) {
        std::ranges::copy(in, out.begin());
        return;
    }
    std::array<std::int16_t, history_samples + samples_max> sound;  // past, then present
    std::ranges::copy(history_, sound.begin());
    std::ranges::copy(in, sound.begin() + history_samples);
    const std::size_t before = history_samples + 1 - kernel_->taps;
    kernels::filter(*kernel_, std::span{sound}.subspan(before, kernel_->taps - 1 + in.size()), out);
    std::copy_n(sound.data() + in.size(), history_samples, history_.begin());
}

void Resampler::prime(std::span<const std::int16_t> past) noexcept REALTIME {
    reset();
    const auto known = past.last(std::min(past.size(), history_samples));
    std::ranges::copy(known, history_.end() - static_cast<std::ptrdiff_t>(known.size()));
}

void Resampler::reset() noexcept REALTIME { history_.fill(0); }

}  // namespace media
