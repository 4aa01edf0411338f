#include "sim/models/chance.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "sim/models/exact.hpp"

namespace sim {
namespace {

std::uint64_t mixed(std::uint64_t state, std::uint64_t word) { return Prng(state ^ word).next(); }

/// SplitMix's finaliser over the name's bytes, eight at a time: a caller has several streams, and
/// there are millions of callers, so a cryptographic hash would cost more than their calls.
std::uint64_t derived(std::uint64_t seed, std::string_view what, std::uint64_t which) {
    std::uint64_t state = mixed(0, seed);
    for (std::size_t at = 0; at < what.size(); at += 8) {
        std::uint64_t word = 0;
        for (const char c : what.substr(at, 8)) word = word << 8 | static_cast<unsigned char>(c);
        state = mixed(state, word);
    }
    return mixed(mixed(state, what.size()), which);
}

/// 1, 2, 3, ... with probability (1 - p) p^(n - 1), where 1 / (1 - p) is the mean.
double geometric(double mean, double u) {
    if (mean <= 1) return 1;
    const double stay = 1 - 1 / mean;
    return 1 + std::floor(exact::log(1 - u) / exact::log(stay));
}

/// In the middle of one of 2^52 equal parts: never 0, never 1.
double inner(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

}  // namespace

Chance::Chance(std::uint64_t seed, std::string_view what, std::uint64_t which)
    : prng_(derived(seed, what, which)) {}

double Chance::exponential(double mean) { return -mean * exact::log(1 - uniform()); }

double Chance::normal() { return exact::normal_quantile(inner(bits())); }

double Chance::draw(const Spread& spread) {
    // Each shape takes one number, even the one that needs none: streams stay in step when two
    // scenarios differ in a shape alone.
    const std::uint64_t drawn = bits();
    const double u = static_cast<double>(drawn >> 11) * 0x1p-53;
    switch (spread.shape) {
        case Spread::Shape::constant: return spread.mean;
        case Spread::Shape::exponential: return -spread.mean * exact::log(1 - u);
        case Spread::Shape::lognormal:
            // mean = exp(mu + sigma^2 / 2): no logarithm of the mean is needed.
            return spread.mean * exact::exp(spread.sigma * exact::normal_quantile(inner(drawn)) -
                                            spread.sigma * spread.sigma / 2);
        case Spread::Shape::uniform: return spread.low + (spread.high - spread.low) * u;
        case Spread::Shape::geometric: return geometric(spread.mean, u);
        case Spread::Shape::empirical: {
            ASSERT(!spread.values.empty());
            const auto count = static_cast<double>(spread.values.size());
            const auto index = static_cast<std::size_t>(u * count);
            return spread.values[std::min(index, spread.values.size() - 1)];
        }
    }
    ASSERT(false);
    return 0;
}

}  // namespace sim
