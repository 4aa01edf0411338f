#include "sim/results/estimate.hpp"

#include <doctest.h>

#include <cmath>

#include "sim/models/chance.hpp"

using namespace sim;
using doctest::Approx;

namespace {

Recorder::Histogram of(const std::vector<double>& values) {
    Recorder::Histogram counts;
    for (const double value : values) counts.add(bucket_of(value), 1);
    return counts;
}

}  // namespace

TEST_CASE("an interval of equal groups is Student's") {
    // Mean 3, deviation sqrt(2.5), five values: t(0.975, 4) sqrt(2.5 / 5).
    const Interval interval = estimate(std::vector<double>{1, 2, 3, 4, 5});
    CHECK(interval.mean == Approx(3));
    CHECK(interval.half_width == Approx(2.776445105198 * std::sqrt(0.5)).epsilon(1e-10));
    CHECK(interval.groups == 5);
}

TEST_CASE("groups weigh what they measured, and empty ones nothing") {
    const Groups groups{{.sum = 1, .weight = 10}, {.sum = 9, .weight = 30}, {}};
    const Interval interval = estimate(groups);
    CHECK(interval.mean == Approx(0.25));
    CHECK(interval.groups == 2);
    CHECK(interval.half_width > 0);
}

TEST_CASE("one group has a mean and no interval; none has nothing") {
    CHECK(estimate(Groups{{.sum = 6, .weight = 2}}).mean == 3);
    CHECK(!estimate(Groups{{.sum = 6, .weight = 2}}).bounded());
    CHECK(!estimate(Groups{}).told());
}

TEST_CASE("ninety-five intervals of a hundred hold the truth") {
    Chance chance{7, "coverage"};
    int held = 0;
    for (int run = 0; run < 4'000; ++run) {
        std::vector<double> values;
        for (int i = 0; i < 5; ++i) values.push_back(2 + chance.normal());
        const Interval interval = estimate(values);
        held += std::fabs(interval.mean - 2) <= interval.half_width ? 1 : 0;
    }
    CHECK(held / 4'000.0 == Approx(0.95).epsilon(0.015));  // four standard errors
}

TEST_CASE("pairs that move together differ by little") {
    const Groups first{{10, 1}, {20, 1}, {30, 1}}, second{{9, 1}, {19, 1}, {29, 1}};
    const Interval apart = difference(first, second);
    CHECK(apart.mean == 1);
    CHECK(apart.half_width == 0);
    CHECK(chance_of(apart) == 0);
    CHECK(chance_of(difference(first, first)) == 1);
    CHECK(chance_of(estimate(std::vector<double>{-1, 1, -1, 1})) == Approx(1));
    // t = 3 / sqrt(0.5) with four degrees of freedom
    CHECK(chance_of(estimate(std::vector<double>{1, 2, 3, 4, 5})) == Approx(0.01324).epsilon(1e-3));
}

TEST_CASE("slices are cut into groups without losing any") {
    const Groups slices{{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}};
    const Groups groups = grouped(slices, 3);
    REQUIRE(groups.size() == 3);
    CHECK(groups[0] == Recorder::Slice{6, 3});
    CHECK(groups[1] == Recorder::Slice{9, 2});
    CHECK(groups[2] == Recorder::Slice{13, 2});
}

TEST_CASE("percentiles are right to a bucket") {
    std::vector<double> values;
    for (int i = 1; i <= 1'000; ++i) values.push_back(i / 100.0);
    const auto counts = of(values);
    for (double p : {0.05, 0.5, 0.95, 0.99})
        CHECK(*percentile(counts, p, false) == Approx(10 * p).epsilon(1.0 / 32));
    CHECK(!percentile({}, 0.5, false));
    CHECK(*percentile(of({0, 0, 0, 5}), 0.5, false) == 0);
    CHECK(*percentile(of({3, 3, 4}), 0.5, true) == 3);
}

TEST_CASE("MSER-5 throws the ramp away and keeps what is steady") {
    Chance chance{3, "ramp"};
    std::vector<double> ramp, steady;
    for (int i = 0; i < 200; ++i) {
        const double noise = chance.normal();
        steady.push_back(100 + noise);
        ramp.push_back((i < 40 ? 2.5 * i : 100) + noise);
    }
    const WarmUp cut = mser5(ramp);
    CHECK(cut.observations >= 35);
    CHECK(cut.observations <= 60);
    CHECK(cut.certain);
    CHECK(mser5(steady).observations <= 60);
    std::vector<double> growing;
    for (int i = 0; i < 200; ++i) growing.push_back(i);
    CHECK(!mser5(growing).certain);
}

TEST_CASE("neighbours that follow one another are found out") {
    CHECK(lag_one_correlation(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8}) > 0.5);
    CHECK(lag_one_correlation(std::vector<double>{1, -1, 1, -1, 1, -1}) < -0.5);
    CHECK(lag_one_correlation(std::vector<double>{2, 2, 2}) == 0);
}
