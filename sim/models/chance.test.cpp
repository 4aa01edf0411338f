// Streams of chance: apart from one another, the same on every machine, and of the right shape.
#include "sim/models/chance.hpp"

#include <doctest.h>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>

namespace {

using sim::Chance;
using sim::Spread;

struct Moments {
    double mean = 0, deviation = 0;
};

Moments moments(const Spread& spread, std::uint64_t seed, int count) {
    Chance chance{seed, "test"};
    double sum = 0, squares = 0;
    for (int i = 0; i < count; ++i) {
        const double x = chance.draw(spread);
        sum += x;
        squares += x * x;
    }
    const double mean = sum / count;
    return {mean, std::sqrt(squares / count - mean * mean)};
}

}  // namespace

TEST_CASE("a stream depends on the seed, on its name and on its number, and on nothing else") {
    CHECK(Chance{1, "calls/main", 7}.bits() == Chance{1, "calls/main", 7}.bits());
    std::set<std::uint64_t> first;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        for (const char* what : {"", "a", "b", "calls", "calls/main", "calls/main/arrivals"}) {
            for (std::uint64_t which = 0; which < 100; ++which) {
                first.insert(Chance{seed, what, which}.bits());
            }
        }
    }
    CHECK(first.size() == 6'000);
    CHECK(Chance{1, "calls/main/arrivals", 2}.bits() == 18255465367003328787u);
}

TEST_CASE("every shape has the mean and the deviation that it says") {
    struct Case {
        Spread spread;
        double mean, deviation;
    };
    using enum Spread::Shape;
    const double e = std::exp(0.64);
    for (const Case& given : {
             Case{{.shape = constant, .mean = 3}, 3, 0},
             Case{{.shape = exponential, .mean = 180}, 180, 180},
             Case{{.shape = lognormal, .mean = 30, .sigma = 0.8}, 30, 30 * std::sqrt(e - 1)},
             Case{{.shape = uniform, .low = 2, .high = 6}, 4, 4 / std::sqrt(12.0)},
             Case{{.shape = geometric, .mean = 4}, 4, std::sqrt(12.0)},
             Case{{.shape = geometric, .mean = 1}, 1, 0},
             Case{{.shape = empirical, .values = {1, 2, 6}}, 3, std::sqrt(14.0 / 3)},
         }) {
        CAPTURE(given.mean);
        CAPTURE(given.deviation);
        const Moments got = moments(given.spread, 11, 200'000);
        CHECK(std::fabs(got.mean - given.mean) <= 0.01 * given.mean);
        CHECK(std::fabs(got.deviation - given.deviation) <= 0.02 * given.deviation + 1e-6);
    }
}

TEST_CASE("a normal has mean zero and deviation one, and 5 % beyond 1.96") {
    Chance chance{3, "normal"};
    double sum = 0, squares = 0;
    int beyond = 0;
    for (int i = 0; i < 200'000; ++i) {
        const double x = chance.normal();
        sum += x;
        squares += x * x;
        beyond += std::fabs(x) > 1.959964;
    }
    CHECK(std::fabs(sum / 200'000) < 0.01);
    CHECK(std::fabs(squares / 200'000 - 1) < 0.02);
    CHECK(std::fabs(beyond / 200'000.0 - 0.05) < 0.002);
}

TEST_CASE("every shape takes one number, so that streams stay in step") {
    using enum Spread::Shape;
    Chance reference{5, "step"};
    (void)reference.bits();
    const std::uint64_t next = reference.bits();
    for (const Spread& spread :
         {Spread{.shape = constant, .mean = 1}, Spread{.shape = exponential, .mean = 1},
          Spread{.shape = lognormal, .mean = 1, .sigma = 1}, Spread{.shape = uniform, .high = 1},
          Spread{.shape = geometric, .mean = 5}, Spread{.shape = empirical, .values = {1, 2}}}) {
        Chance chance{5, "step"};
        (void)chance.draw(spread);
        CHECK(chance.bits() == next);
    }
    Chance chance{5, "step"};
    (void)chance.exponential(1);
    CHECK(chance.bits() == next);
}
