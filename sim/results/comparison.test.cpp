#include "sim/results/comparison.hpp"

#include <doctest.h>

#include <nlohmann/json.hpp>

#include "sim/results/made_up_run.hpp"

using namespace sim;
using doctest::Approx;

namespace {

const Compared& of(const Comparison& comparison, const std::string& name) {
    for (const auto& metric : comparison.metrics)
        if (metric.metric.name == name) return metric;
    FAIL(name);
    return comparison.metrics.front();
}

}  // namespace

TEST_CASE("a small shift shows through the same chances, and what did not change does not") {
    const Comparison told = compare(made_up_run(5), made_up_run(5, 0.001));
    const Compared& delay = of(told, "set_up_delay_s");
    CHECK(delay.difference.mean == Approx(0.001).epsilon(1e-6));
    CHECK(delay.significant);
    CHECK(delay.variance_saved > 0.99);
    // By themselves the two intervals overlap.
    CHECK(delay.second.mean - delay.first.mean < delay.first.half_width);
    CHECK(!of(told, "blocking").significant);
    CHECK(of(told, "blocking").difference.mean == 0);
    CHECK(told.pairs == 5);
}

TEST_CASE("noise is called noise") {
    Run other = made_up_run(8, 0, 12), first = made_up_run(8);
    for (std::size_t i = 0; i < 8; ++i) other.replications[i].seed = first.replications[i].seed;
    const Comparison told = compare(first, other);
    for (const auto& metric : told.metrics) {
        CAPTURE(metric.metric.name);
        CHECK(!metric.significant);
    }
    CHECK(table(told).find("noise") != std::string::npos);
}

TEST_CASE(
    "what only one of both measures is said, and unequal numbers are paired as far as they go") {
    Run first = made_up_run(6), second = made_up_run(3, 0.1);
    for (auto& replication : second.replications) replication.series.pop_back();
    const Comparison told = compare(first, second);
    CHECK(told.pairs == 3);
    REQUIRE(told.remarks.size() == 2);
    CHECK(told.remarks[0] == "calls is measured in the first only");
    CHECK(told.metrics.size() == 3);
    CHECK(of(told, "set_up_delay_s").difference.groups == 3);
}

TEST_CASE("the table, JSON and CSV tell the same") {
    const Comparison told = compare(made_up_run(5), made_up_run(5, 0.1));
    const std::string text = table(told);
    CAPTURE(text);
    CHECK(text.find("B - A") != std::string::npos);
    CHECK(text.find("higher") != std::string::npos);
    CHECK(text.find("the same") != std::string::npos);
    const auto json = to_json(told);
    CHECK(json["pairs"] == 5);
    CHECK(json["metrics"]["set_up_delay_s"]["significant"] == true);
    CHECK(json["metrics"]["blocking"]["p_value"] == 1.0);
    CHECK(comparison_csv(told).find("\nset_up_delay_s,s,0.2") != std::string::npos);
    // One pair has no interval, and says so.
    const Comparison one = compare(made_up_run(1), made_up_run(1, 0.1));
    CHECK(table(one).find("one pair: cannot be told") != std::string::npos);
    CHECK(to_json(one)["metrics"]["blocking"]["half_width"].is_null());
}
