// A world of known making, simulated with the production actors into a journal on disk, gives its
// scenario back. Tolerances were fixed before the first run: some three standard errors. (That had
// 60 users, many of whom were busy because they sat in another meeting; ten times as many seldom
// do.)
#include <doctest.h>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>

#include "sim/fit/fit.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/simulate.hpp"

namespace {

constexpr std::string_view known = R"(
until = "3h"
[population]
users = 600
with_phone = 1
[[calls]]
name = "bridge"
arrivals = { model = "poisson", rate = "8/min" }
holding = { shape = "lognormal", mean = "2m", sigma = 0.7 }
keying = { shape = "lognormal", mean = 5, sigma = 0.4 }
wrong_pin = 0.1
rooms = 5
[[meetings]]
arrivals = { model = "poisson", rate = "60/h" }
size = { shape = "geometric", mean = 3 }
holding = { shape = "exponential", mean = "5m" }
dialled = 0.6
[trunk]
ring = { shape = "lognormal", mean = 8, sigma = 0.6 }
busy = 0.1
no_answer = 0.1
[im]
messages_per_user_hour = 2
)";

double off(double got, double expected) { return std::fabs(got / expected - 1); }

}  // namespace

TEST_CASE("a simulated journal gives the scenario back that made it") {
    const auto truth = sim::parse_scenario(known, "known.toml");
    REQUIRE(truth.ok());
    sim::Scenario scenario = truth.value();
    scenario.replications = 1;
    const auto folder = std::filesystem::temp_directory_path() / "partyline-fit-known-world";
    std::filesystem::remove_all(folder);
    const auto run =
        sim::simulate(scenario, {.seed = 4, .check = false, .journal_folder = folder.string()});
    REQUIRE(run.ok());
    {
        const auto reader = journal::Reader::open(folder.string());
        REQUIRE(reader.ok());
        const auto observed = sim::fit::observe(*reader.value());
        REQUIRE(observed.ok());
        const auto fitted = sim::fit::fit(observed.value());
        CAPTURE(sim::fit::table(fitted));
        REQUIRE(fitted.scenario.calls.size() == 1);
        REQUIRE(fitted.scenario.meetings.size() == 1);
        const sim::CallClass& calls = fitted.scenario.calls[0];
        CHECK(calls.arrivals.model == sim::Arrivals::Model::poisson);
        CHECK(off(calls.arrivals.rate, 8 / 60.0) < 0.08);
        CHECK(calls.holding_s.shape == sim::Spread::Shape::lognormal);
        CHECK(off(calls.holding_s.mean, 120) < 0.08);
        CHECK(off(calls.holding_s.sigma, 0.7) < 0.08);
        CHECK(off(calls.keying_s.mean, 5) < 0.05);
        CHECK(off(calls.wrong_pin, 0.1) < 0.3);
        CHECK(calls.rooms == 5);
        CHECK(calls.codec == "pcma");
        const sim::MeetingClass& meetings = fitted.scenario.meetings[0];
        CHECK(off(meetings.arrivals.rate, 1 / 60.0) < 0.25);
        const double size = meetings.size.shape == sim::Spread::Shape::empirical
                                ? sim::fit::mean_of(meetings.size.values)
                                : meetings.size.mean;
        CHECK(off(size, 3) < 0.2);
        CHECK(off(meetings.dialled, 0.6) < 0.15);
        CHECK(off(meetings.holding_s.mean, 300) < 0.2);
        CHECK(off(fitted.scenario.trunk.busy, 0.1) < 0.5);
        CHECK(off(fitted.scenario.trunk.no_answer, 0.1) < 0.5);
        CHECK(off(fitted.scenario.trunk.ring_s.mean, 8) < 0.15);
        CHECK(fitted.scenario.population.users == 600);
        CHECK(off(fitted.scenario.im.messages_per_user_hour, 2) < 0.15);
        CHECK(sim::parse_scenario(sim::fit::to_toml(fitted, "it"), "fitted.toml").ok());
    }
    std::filesystem::remove_all(folder);
}
