#include "sim/results/print.hpp"

#include <doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/results/made_up_run.hpp"
#include "sim/results/text.hpp"

using namespace sim;

TEST_CASE("a mean has as many digits as its interval leaves it") {
    CHECK(written({.mean = 0.1027345, .half_width = 0.00041, .groups = 5}).mean == "0.10273");
    CHECK(written({.mean = 0.1027345, .half_width = 0.00041, .groups = 5}).half_width == "0.00041");
    CHECK(written({.mean = 12'345.67, .half_width = 123.4, .groups = 5}).mean == "12346");
    CHECK(written({.mean = 12'345.67, .half_width = 123.4, .groups = 5}).half_width == "123");
    CHECK(written({.mean = 0.1027345, .groups = 1}).mean == "0.1027");
    CHECK(written({.mean = 0.1027345, .groups = 1}).half_width == "-");
    CHECK(written({.mean = 0.0402000108, .half_width = 1.5e-9, .groups = 5}).mean == "0.04020");
    CHECK(written({.mean = 0.0402000108, .half_width = 1.5e-9, .groups = 5}).half_width ==
          "1.5e-09");
    CHECK(written({}).mean == "-");
    CHECK(written({.mean = 4, .half_width = 0, .groups = 3}).half_width == "0");
}

TEST_CASE("numbers are written for people") {
    CHECK(rounded(0) == "0");
    CHECK(rounded(1234.5678) == "1235");
    CHECK(rounded(0.00012345) == "0.0001234");
    CHECK(rounded(-2.5) == "-2.500");
    CHECK(rounded(1e-12, 2) == "1.0e-12");
    CHECK(grouped_digits(1'234'567) == "1,234,567");
    CHECK(grouped_digits(999) == "999");
    CHECK(brief(54) == "54");
    CHECK(brief(2'684.3) == "2684");
    CHECK(brief(0.2500001) == "0.25");
    CHECK(brief(100) == "100");
    CHECK(brief(0) == "0");
    CHECK(clock_time(3'723) == "1:02:03");
    CHECK(clock_time(63) == "1:03");
}

TEST_CASE("columns line up, however their characters are coded") {
    CHECK(aligned({{"a", "± 1", "x"}, {"long", "20", ""}}, {2}) ==
          "a     ± 1  x\n"
          "long   20\n");
}

TEST_CASE("the table has a line for each metric and says what to doubt") {
    const std::string text = table(summary(made_up_run(3)));
    CAPTURE(text);
    CHECK(text.starts_with("metric "));
    CHECK(text.find("\nblocking") != std::string::npos);
    CHECK(text.find("calls/s") != std::string::npos);
    CHECK(text.find("note: 3 replications: the intervals are wide") != std::string::npos);
}

TEST_CASE("what never happened has a bound, and what was not measured is named once") {
    Run run = made_up_run(5);
    for (auto& replication : run.replications)
        for (auto& slice : replication.series[0].slices) slice.sum = 0;
    const std::string text = table(summary(run));
    CAPTURE(text);
    CHECK(text.find("< 0.000060") != std::string::npos);
    CHECK(text.find("note: 0 < x: never in all trials") != std::string::npos);
    run.scenario.warm_up_s = 2'000;
    const std::string nothing = table(summary(run));
    CHECK(nothing.find("note: nothing was measured of blocking, set_up_delay_s") !=
          std::string::npos);
}

TEST_CASE("JSON has the promised fields and every metric") {
    Run run = made_up_run(3);
    run.replications[1].violations.push_back("muted but heard");
    const auto json =
        to_json(run, summary(run), {.commit = "abc", .command = "partyline simulate"});
    CHECK(json["seed"] == 11);
    CHECK(json["commit"] == "abc");
    CHECK(json["events"] == 120'000);
    CHECK(json["virtual_seconds"] == 3'000);
    CHECK(json["state_hash"].get<std::string>().size() == 64);
    CHECK(json.contains("wall_seconds"));
    CHECK(json["metrics"]["blocking"]["groups"] == 3);
    CHECK(json["metrics"]["set_up_delay_s"]["p95"]["mean"].is_number());
    CHECK(json["metrics"]["calls"]["unit"] == "calls/s");
    CHECK(json["violations"][0]["seed"] == 12);
    const auto one = to_json(summary(made_up_run(1)));
    CHECK(one["blocking"]["half_width"].is_null());
}

TEST_CASE("CSV files hold what the figures were made of") {
    const Run run = made_up_run(2);
    const Summary told = summary(run);
    const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
    CHECK(lines(figures_csv(told)) == 1 + 4);
    CHECK(lines(slices_csv(run)) == 1 + 2 * 4 * 200);
    const std::string histograms = histograms_csv(run, told);
    CHECK(histograms.find("\nset_up_delay_s,") != std::string::npos);
    CHECK(histograms.find("blocking") == std::string::npos);
}

TEST_CASE("the closing lines count everything and end with the state") {
    Run run = made_up_run(2);
    run.wall_s = 1.5;
    CHECK(
        closing(run).starts_with("2 replications, 20,000 calls, 0 transitions, 33:20 of virtual"));
    CHECK(closing(run).find("\nstate 0000") != std::string::npos);
    run.replications[0].violations.push_back("muted but heard");
    CHECK(closing(run).find("1 invariant was violated") != std::string::npos);
}
