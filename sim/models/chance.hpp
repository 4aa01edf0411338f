// Randomness with a name: every source of chance in a world has a stream of its own, derived from
// the seed and what it is for, so that changing one part of a scenario leaves the others' numbers
// as they were (common random numbers) and the order of events never changes them.
//
// Thread: one owner each. The same seed and name give the same numbers, bit for bit, with every
// compiler: no number here goes through the C library's mathematics (exact.hpp).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/prng.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

class Chance {
public:
    /// `what`: "calls/main/arrivals"; `which`: the caller's number.
    Chance(std::uint64_t seed, std::string_view what, std::uint64_t which = 0);

    /// 0 <= u < 1, 53 bits.
    [[nodiscard]] double uniform() { return static_cast<double>(prng_.next() >> 11) * 0x1p-53; }
    [[nodiscard]] bool with(double probability) { return uniform() < probability; }
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }
    [[nodiscard]] std::uint64_t bits() { return prng_.next(); }
    [[nodiscard]] double exponential(double mean);
    [[nodiscard]] double normal();  // mean 0, deviation 1
    /// One number of the stream each, whatever the shape.
    [[nodiscard]] double draw(const Spread& spread);
    [[nodiscard]] Prng& prng() { return prng_; }

private:
    Prng prng_;
};

}  // namespace sim
