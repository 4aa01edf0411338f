// The whole simulator (callers, trunk, production actors, recorder, statistics) against teletraffic
// theory. The lines of a trunk serve; set-up and keying take no time, so that a line is held as
// long as a caller stays.
#include "sim/results/summary.hpp"
#include "sim/results/theory.hpp"
#include "sim/simulate.hpp"
#include "sim/validation/held.hpp"

namespace {

using namespace sim;

constexpr double holding_s = 60;
constexpr std::uint32_t lines = 12;
constexpr Spread at_once{.shape = Spread::Shape::constant, .mean = 0};

// `load` erlangs on twelve lines; the first ten holding times are warm-up.
Scenario trunk_scenario(double load) {
    Scenario scenario;
    scenario.until_s = 10 * holding_s + 21'600;
    scenario.warm_up_s = 10 * holding_s;
    scenario.replications = validation_groups;
    scenario.trunk.lines = lines;
    scenario.trunk.set_up_s = at_once;
    scenario.network.delay_ms = 0;  // signalling holds a line, too
    scenario.calls = {{
        .arrivals = {.model = Arrivals::Model::poisson, .rate = load / holding_s},
        .holding_s = {.shape = Spread::Shape::exponential, .mean = holding_s},
        .keying_s = at_once,
    }};
    return scenario;
}

Summary run(const Scenario& scenario) {
    auto made = simulate(scenario, {.seed = validation_seed, .jobs = 2, .check = false});
    REQUIRE(made.ok());
    return summary(made.value());
}

Interval value(const Summary& summary, const char* metric) {
    const Finding* found = find(summary, metric);
    REQUIRE(found != nullptr);
    return found->value;
}

}  // namespace

TEST_CASE("blocked calls cleared: Erlang B") {
    const auto told = run(trunk_scenario(10));
    const double blocked = theory::erlang_b(10, lines);
    hold("Erlang B: blocking, 10 erl on 12 lines", value(told, "blocking"), blocked, 0.1);
    hold("Erlang B: lines in use", value(told, "trunk_lines_in_use"), 10 * (1 - blocked), 0.05);
}

TEST_CASE("Erlang B does not mind how holding times are spread") {
    Scenario scenario = trunk_scenario(10);
    scenario.calls[0].holding_s = {
        .shape = Spread::Shape::lognormal, .mean = holding_s, .sigma = 1};
    hold("Erlang B: blocking, lognormal holding", value(run(scenario), "blocking"),
         theory::erlang_b(10, lines), 0.1);
}

TEST_CASE("blocked calls wait: Erlang C") {
    Scenario scenario = trunk_scenario(9);
    scenario.trunk.queue = 1'000'000;
    const auto told = run(scenario);
    const auto waiting = theory::erlang_c(9, lines, holding_s);
    hold("Erlang C: share that waits, 9 erl on 12 lines", value(told, "queued"), waiting.waits,
         0.15);
    hold("Erlang C: mean wait (s)", value(told, "queue_wait_s"), waiting.mean_s, 0.3);
    // Little: callers who wait are the rate times the mean wait.
    hold("Little: callers in the queue", value(told, "trunk_queue"), 9 / holding_s * waiting.mean_s,
         0.3);
}

TEST_CASE("few callers: Engset") {
    constexpr std::uint32_t sources = 20;
    constexpr double idle_s = 40;
    Scenario scenario = trunk_scenario(0);
    scenario.calls[0].arrivals = {
        .model = Arrivals::Model::finite_sources, .sources = sources, .idle_s = idle_s};
    const auto told = run(scenario);
    const auto engset = theory::engset(sources, holding_s / idle_s, lines);
    hold("Engset: call congestion, 20 sources", value(told, "blocking"), engset.call, 0.1);
    hold("Engset: lines in use", value(told, "trunk_lines_in_use"), engset.busy, 0.05);
}

TEST_CASE("blocked callers try again: retrials on one line have a closed formula") {
    // Falin and Templeton 1997, 1.1: N = (rho^2 + lambda rho / mu') / (1 - rho); of all attempts
    // mu' N / (lambda + mu' N) are blocked.
    constexpr double load = 0.5, retry_s = 30, tries = 1 / retry_s, rate = load / holding_s;
    constexpr double orbit = (load * load + rate * load * retry_s) / (1 - load);
    Scenario scenario = trunk_scenario(load);
    scenario.trunk.lines = 1;
    scenario.until_s = 10 * holding_s + 40'000;
    scenario.calls[0].redial = {.probability = 1,
                                .delay_s = {.shape = Spread::Shape::exponential, .mean = retry_s},
                                .attempts_max = 1'000'000};
    hold("M/M/1/1 retrials: blocked attempts", value(run(scenario), "blocking"),
         tries * orbit / (rate + tries * orbit), 0.1);
}

TEST_CASE("blocked callers try again: retrials on two lines have a product formula") {
    constexpr double retry_s = 30;
    Scenario scenario = trunk_scenario(1.2);
    scenario.trunk.lines = 2;
    scenario.until_s = 10 * holding_s + 40'000;
    scenario.calls[0].redial = {.probability = 1,
                                .delay_s = {.shape = Spread::Shape::exponential, .mean = retry_s},
                                .attempts_max = 1'000'000};
    // theory.test.cpp holds the chain against the formula.
    hold("M/M/2/2 retrials: blocked attempts", value(run(scenario), "blocking"),
         theory::retrials(1.2, 2, retry_s, holding_s).blocked, 0.1);
}

TEST_CASE("blocked callers try again: retrials on many lines are the chain that was solved") {
    constexpr double retry_s = 30;
    Scenario scenario = trunk_scenario(9);
    scenario.calls[0].redial = {.probability = 1,
                                .delay_s = {.shape = Spread::Shape::exponential, .mean = retry_s},
                                .attempts_max = 1'000'000};
    const auto all = theory::retrials(9, lines, retry_s, holding_s);
    hold("M/M/12/12 retrials: blocked attempts", value(run(scenario), "blocking"), all.blocked,
         0.15);
    scenario.calls[0].redial.probability = 0.7;
    const auto some = theory::retrials(9, lines, retry_s, holding_s, 0.7);
    hold("... of whom 30 % give up each time", value(run(scenario), "blocking"), some.blocked,
         0.15);
}
