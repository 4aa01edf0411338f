// Arrivals come as often, and as unevenly, as their models say. Seeds and tolerances were fixed
// before the first run: three to four standard errors of each figure.
#include "sim/models/arrivals.hpp"

#include <doctest.h>
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <vector>

namespace {

using sim::Arrivals;
using sim::Chance;

std::vector<double> all_of(const Arrivals& plan, std::uint64_t seed, double horizon_s) {
    const auto times = sim::arrival_times(plan, Chance{seed, "arrivals"}, horizon_s);
    std::vector<double> instants;
    while (const auto at = times->next()) instants.push_back(*at);
    return instants;
}

/// Variance of the counts in windows over their mean: 1 for Poisson.
double index_of_dispersion(const std::vector<double>& instants, double window_s, double horizon_s) {
    std::vector<double> counts(static_cast<std::size_t>(horizon_s / window_s));
    for (const double at : instants) {
        const auto window = static_cast<std::size_t>(at / window_s);
        if (window < counts.size()) counts[window] += 1;
    }
    double sum = 0, squares = 0;
    for (const double count : counts) {
        sum += count;
        squares += count * count;
    }
    const double n = static_cast<double>(counts.size());
    return (squares - sum * sum / n) / (n - 1) / (sum / n);
}

std::size_t count_between(const std::vector<double>& instants, double from, double to) {
    return static_cast<std::size_t>(std::ranges::lower_bound(instants, to) -
                                    std::ranges::lower_bound(instants, from));
}

}  // namespace

TEST_CASE("Poisson arrivals come at their rate, and their counts vary as much as their mean") {
    const auto instants = all_of({.model = Arrivals::Model::poisson, .rate = 2}, 1, 100'000);
    CHECK(std::fabs(static_cast<double>(instants.size()) - 200'000) < 4 * std::sqrt(200'000.0));
    CHECK(std::fabs(index_of_dispersion(instants, 10, 100'000) - 1) < 4 * std::sqrt(2 / 10'000.0));
}

TEST_CASE("Markov-modulated arrivals have the mean rate and the dispersion of their states") {
    const Arrivals plan{.model = Arrivals::Model::markov, .states = {{1, 60}, {9, 20}}};
    const double horizon_s = 1'000'000;
    const auto instants = all_of(plan, 2, horizon_s);
    const double mean = (1 * 60 + 9 * 20) / 80.0;
    CHECK(std::fabs(static_cast<double>(instants.size()) / horizon_s - mean) < 0.1);
    // Of counts in long windows (Fischer and Meier-Hellstern 1993): 1 + 2 s1 s2 (r1 - r2)^2 /
    // ((s1 + s2)^2 (r1 s2 + r2 s1)), s the rates of leaving a state.
    const double s1 = 1 / 60.0, s2 = 1 / 20.0;
    const double expected = 1 + 2 * s1 * s2 * 64 / ((s1 + s2) * (s1 + s2) * (1 * s2 + 9 * s1));
    // A window of 2,000 s falls short of its limit by 15 / 2,000.
    CHECK(std::fabs(index_of_dispersion(instants, 2'000, horizon_s) / expected - 1) < 0.25);
}

TEST_CASE("the time of day thins arrivals hour by hour, day after day") {
    Arrivals plan{.model = Arrivals::Model::time_of_day, .rate = 0.5};
    for (int hour = 0; hour < 24; ++hour) plan.by_hour.push_back(hour < 8 ? 0 : hour % 4);
    const auto instants = all_of(plan, 3, 10 * 86'400);
    for (std::size_t hour = 0; hour < 24; ++hour) {
        std::size_t count = 0;
        for (int day = 0; day < 10; ++day) {
            const double from = day * 86'400 + static_cast<double>(hour) * 3'600;
            count += count_between(instants, from, from + 3'600);
        }
        CAPTURE(hour);
        const double expected = 0.5 * 36'000 * plan.by_hour[hour];
        CHECK(std::fabs(static_cast<double>(count) - expected) <= 4 * std::sqrt(expected));
    }
}

TEST_CASE("a crowd comes around each full hour, and others all the time") {
    const Arrivals plan{
        .model = Arrivals::Model::flash_crowd, .rate = 0.01, .crowd = 500, .width_s = 60};
    const auto instants = all_of(plan, 4, 4.5 * 3'600);
    CHECK(std::ranges::is_sorted(instants));
    CHECK(std::fabs(static_cast<double>(instants.size()) - (162 + 2'000)) < 4 * std::sqrt(162.0));
    for (const double full : {3'600.0, 7'200.0, 10'800.0, 14'400.0}) {
        const auto around = count_between(instants, full - 60, full + 60);
        CHECK(std::fabs(static_cast<double>(around) - 500 * 0.6827) < 50);
        CHECK(count_between(instants, full - 181, full + 181) >= 500);
    }
    CHECK(count_between(instants, 0, 3'000) < 60);
}

TEST_CASE("a trace is followed to the letter, and no model passes its horizon") {
    const Arrivals trace{.model = Arrivals::Model::trace, .instants_s = {5, 1, 3, 3, 100}};
    CHECK(all_of(trace, 1, 50) == std::vector<double>{1, 3, 3, 5});
    CHECK(all_of({}, 1, 50).empty());
    CHECK(all_of({.model = Arrivals::Model::finite_sources, .sources = 5, .idle_s = 1}, 1, 50)
              .empty());
    CHECK(all_of({.model = Arrivals::Model::poisson, .rate = 0}, 1, 50).empty());
    for (const Arrivals& plan : {
             Arrivals{.model = Arrivals::Model::poisson, .rate = 1},
             Arrivals{.model = Arrivals::Model::markov, .states = {{0, 10}, {3, 10}}},
             Arrivals{.model = Arrivals::Model::time_of_day, .rate = 1, .by_hour = {0.5, 1}},
             Arrivals{.model = Arrivals::Model::flash_crowd, .crowd = 10.5, .width_s = 600},
         }) {
        const auto instants = all_of(plan, 9, 7'300);
        CHECK(std::ranges::is_sorted(instants));
        CHECK(instants.size() > 10);
        CHECK(instants.front() >= 0);
        CHECK(instants.back() < 7'300);
        CHECK(all_of(plan, 9, 7'300) == instants);
        CHECK(all_of(plan, 10, 7'300) != instants);
    }
}
