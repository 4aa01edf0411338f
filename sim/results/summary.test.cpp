#include "sim/results/summary.hpp"

#include <doctest.h>

#include "sim/results/made_up_run.hpp"

using namespace sim;
using doctest::Approx;

TEST_CASE("every metric becomes a figure with an interval that holds the truth") {
    const Summary told = summary(made_up_run(10));
    REQUIRE(told.figures.size() == 4);
    CHECK(told.groups == 10);
    CHECK(told.remarks.empty());
    const Finding& blocking = *find(told, "blocking");
    CHECK(std::fabs(blocking.value.mean - 0.1) < 2 * blocking.value.half_width);
    CHECK(blocking.measured == 100'000);
    CHECK(blocking.percentiles.empty());
    CHECK(find(told, "calls")->value.mean == Approx(10));
    CHECK(find(told, "calls")->total == 100'000);
    CHECK(find(told, "nothing") == nullptr);
}

TEST_CASE("percentiles of all replications have intervals of their own") {
    const Summary told = summary(made_up_run(10));
    const auto& percentiles = find(told, "set_up_delay_s")->percentiles;
    REQUIRE(percentiles.size() == 3);
    // 0.1 s and an exponential of mean 0.15: 0.1 - 0.15 ln(1 - p)
    CHECK(percentiles[0].value.mean == Approx(0.20397).epsilon(0.03));
    CHECK(percentiles[1].value.mean == Approx(0.54936).epsilon(0.03));
    CHECK(percentiles[2].value.mean == Approx(0.79078).epsilon(0.03));
    for (const auto& percentile : percentiles) {
        CHECK(percentile.value.groups == 10);
        CHECK(percentile.value.half_width > 0);
    }
}

TEST_CASE("warm-up that is asked for is taken off in whole slices") {
    Run run = made_up_run(3);
    run.scenario.warm_up_s = 201;
    const Summary told = summary(run);
    CHECK(told.slices_off == 41);
    CHECK(told.warm_up_s == 205);
    CHECK(find(told, "ports_in_use")->value.mean == Approx(52).epsilon(0.01));
    run.scenario.warm_up_s = 200;
    CHECK(summary(run).slices_off == 40);
    run.scenario.warm_up_s = 1'000;
    CHECK(summary(run).remarks.front().find("nothing is left") != std::string::npos);
    CHECK(!find(summary(run), "blocking")->value.told());
}

TEST_CASE("warm-up that is not known is found by the levels") {
    Run run = made_up_run(3);
    run.scenario.warm_up_auto = true;
    const Summary told = summary(run);
    CHECK(told.slices_off >= 35);
    CHECK(told.slices_off <= 50);
}

TEST_CASE("batches of one long run have intervals too") {
    Run run = made_up_run(1);
    run.scenario.warm_up_s = 200;
    CHECK(!find(summary(run), "blocking")->value.bounded());
    CHECK(summary(run).remarks.front().find("no interval can be given") != std::string::npos);
    run.scenario.batches = 20;
    const Summary told = summary(run);
    CHECK(told.groups == 20);
    CHECK(told.batches);
    const Interval& value = find(told, "blocking")->value;
    CHECK(value.groups == 20);
    CHECK(std::fabs(value.mean - 0.1) < 2 * value.half_width);
}

TEST_CASE("a run is enough when its interval is narrow, and never before the minimum") {
    const Run run = made_up_run(40);
    Scenario scenario = run.scenario;
    scenario.replications = 6;
    CHECK(*enough(scenario, run.slice_s, run.replications) == 6);  // no precision: as asked
    scenario.precision = {.metric = "blocking", .half_width = 1};
    CHECK(*enough(scenario, run.slice_s, run.replications) == 6);  // narrow at once
    scenario.precision.half_width = 0.0012;
    const auto needed = enough(scenario, run.slice_s, run.replications);
    REQUIRE(needed);
    CHECK(*needed > 6);
    // Whoever has run more, or just that many, gets the same answer.
    for (std::size_t known = 1; known <= run.replications.size(); ++known) {
        const auto answer = enough(scenario, run.slice_s, std::span{run.replications}.first(known));
        CHECK(answer.has_value() == (known >= *needed));
        if (answer) CHECK(*answer == *needed);
    }
    scenario.precision = {.metric = "blocking", .half_width = 1e-9, .relative = true};
    CHECK(!enough(scenario, run.slice_s, run.replications));
    scenario.precision.metric = "no such metric";
    CHECK(!enough(scenario, run.slice_s, run.replications));
}

TEST_CASE("a precision that was not reached is told") {
    Run run = made_up_run(6);
    run.scenario.precision = {.metric = "blocking", .half_width = 1e-9};
    CHECK(summary(run).remarks.front() == "blocking is not as precise as the scenario asks for");
    run.scenario.precision.half_width = 1;
    CHECK(summary(run).remarks.empty());
}

TEST_CASE("what never happened is told as such, with what may still be") {
    Run run = made_up_run(5);
    for (auto& replication : run.replications)
        for (auto& slice : replication.series[0].slices) slice.sum = 0;
    const Summary told = summary(run);
    CHECK(find(told, "blocking")->remark.find("none in 50,000: below 0.000060") == 0);
}
