// Lengths and arrivals of known making are recognised. Seeds and tolerances were fixed beforehand.
#include "sim/fit/spreads.hpp"

#include <doctest.h>
#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/fit/times.hpp"
#include "sim/models/arrivals.hpp"
#include "sim/models/chance.hpp"

namespace {

using sim::Arrivals;
using sim::Chance;
using sim::Spread;

std::vector<double> drawn(const Spread& spread, std::uint64_t seed, int count) {
    Chance chance{seed, "drawn"};
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back(chance.draw(spread));
    return values;
}

std::vector<double> arrived(const Arrivals& plan, std::uint64_t seed, double length_s) {
    const auto times = sim::arrival_times(plan, Chance{seed, "arrived"}, length_s);
    std::vector<double> instants;
    while (const auto at = times->next()) instants.push_back(*at);
    return instants;
}

double off(double got, double expected) { return std::fabs(got / expected - 1); }

}  // namespace

TEST_CASE("exponential, lognormal and constant lengths are recognised with their parameters") {
    const Spread holding{.shape = Spread::Shape::exponential, .mean = 180};
    const auto a = sim::fit::fit_spread(drawn(holding, 1, 5'000));
    CHECK(a.spread.shape == Spread::Shape::exponential);
    CHECK(off(a.spread.mean, 180) < 0.05);
    CHECK(!a.fit.rejected);
    CHECK(a.fit.count == 5'000);

    const Spread meeting{.shape = Spread::Shape::lognormal, .mean = 1'800, .sigma = 0.8};
    const auto b = sim::fit::fit_spread(drawn(meeting, 2, 5'000));
    CHECK(b.spread.shape == Spread::Shape::lognormal);
    CHECK(off(b.spread.mean, 1'800) < 0.05);
    CHECK(off(b.spread.sigma, 0.8) < 0.05);
    CHECK(!b.fit.rejected);

    const auto c = sim::fit::fit_spread({3, 3.0001, 3.0002});
    CHECK(c.spread.shape == Spread::Shape::constant);
    CHECK(off(c.spread.mean, 3) < 1e-3);
}

TEST_CASE("lengths that no model makes are kept as they are, and few are not judged") {
    const Spread odd{.shape = Spread::Shape::uniform, .low = 100, .high = 200};
    const auto values = drawn(odd, 3, 3'000);
    const auto fit = sim::fit::fit_spread(values);
    CHECK(fit.spread.shape == Spread::Shape::empirical);
    CHECK(fit.fit.rejected);
    CHECK(fit.fit.p_value < sim::fit::rejected_below);
    CHECK(fit.spread.values.size() == sim::fit::values_kept_max);
    CHECK(off(sim::fit::mean_of(fit.spread.values), 150) < 0.02);
    CHECK(std::ranges::is_sorted(fit.spread.values));

    const auto few = sim::fit::fit_spread({1, 2, 3});
    CHECK(few.spread.shape == Spread::Shape::exponential);
    CHECK(few.spread.mean == 2);
    CHECK(few.fit.test.empty());
    CHECK(sim::fit::fit_spread({}).fit.model == "nothing seen");
}

TEST_CASE("the bootstrap rejects a true model as seldom as it says") {
    int rejected_at_ten = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Spread truth{.shape = Spread::Shape::exponential, .mean = 60};
        const auto fit = sim::fit::fit_spread(drawn(truth, 100 + seed, 60));
        if (fit.spread.shape == Spread::Shape::exponential)
            rejected_at_ten += fit.fit.p_value < 0.1;
    }
    CHECK(rejected_at_ten > 1);
    CHECK(rejected_at_ten < 20);
}

TEST_CASE("sizes are geometric, constant or their own") {
    const auto a =
        sim::fit::fit_sizes(drawn({.shape = Spread::Shape::geometric, .mean = 5}, 4, 2'000));
    CHECK(a.spread.shape == Spread::Shape::geometric);
    CHECK(off(a.spread.mean, 5) < 0.05);
    CHECK(!a.fit.rejected);
    CHECK(sim::fit::fit_sizes({4, 4, 4}).spread.shape == Spread::Shape::constant);
    std::vector<double> odd;
    for (int i = 0; i < 300; ++i) odd.push_back(i % 2 == 0 ? 2 : 12);
    const auto b = sim::fit::fit_sizes(odd);
    CHECK(b.spread.shape == Spread::Shape::empirical);
    CHECK(b.fit.rejected);
}

TEST_CASE("Poisson arrivals are found to be Poisson") {
    int poisson = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto fit = sim::fit::fit_arrivals(
            arrived({.model = Arrivals::Model::poisson, .rate = 0.1}, seed, 36'000), 36'000);
        poisson += fit.arrivals.model == Arrivals::Model::poisson;
        CHECK(off(fit.arrivals.rate, 0.1) < 0.08);
    }
    CHECK(poisson >= 37);  // of forty; each has a chance of some two per cent to be taken for more
    CHECK(sim::fit::fit_arrivals({}, 100).fit.model == "nothing seen");
    CHECK(sim::fit::fit_arrivals({1, 2, 3}, 100).arrivals.model == Arrivals::Model::poisson);
}

TEST_CASE("hidden states and the hours of the day are told apart, with their rates") {
    const Arrivals markov{.model = Arrivals::Model::markov, .states = {{0.05, 900}, {0.5, 400}}};
    const auto a = sim::fit::fit_arrivals(arrived(markov, 5, 200'000), 200'000);
    REQUIRE(a.arrivals.model == Arrivals::Model::markov);
    CHECK(off(a.arrivals.states[0].rate, 0.05) < 0.2);
    CHECK(off(a.arrivals.states[1].rate, 0.5) < 0.2);
    CHECK(off(a.arrivals.states[0].mean_stay_s, 900) < 0.35);
    CHECK(off(a.arrivals.states[1].mean_stay_s, 400) < 0.35);

    Arrivals day{.model = Arrivals::Model::time_of_day, .rate = 0.2};
    for (int hour = 0; hour < 24; ++hour)
        day.by_hour.push_back(hour < 7 ? 0.1 : hour < 19 ? 1.5 : 0.5);
    const auto b = sim::fit::fit_arrivals(arrived(day, 6, 2 * 86'400), 2 * 86'400);
    REQUIRE(b.arrivals.model == Arrivals::Model::time_of_day);
    for (std::size_t hour = 0; hour < 24; ++hour) {
        const double truth = 0.2 * day.by_hour[hour];
        CHECK(off(b.arrivals.rate * b.arrivals.by_hour[hour], truth) < (hour < 7 ? 0.4 : 0.15));
    }
    CHECK(!b.fit.rejected);
}
