#include "sim/world/world.hpp"

#include <doctest.h>

#include "replay/verify.hpp"

using namespace sim;

namespace {

Scenario small_office() {
    Scenario scenario;
    scenario.until_s = 600;
    CallClass calls;
    calls.arrivals.model = Arrivals::Model::poisson;
    calls.arrivals.rate = 0.2;
    calls.holding_s.mean = 60;
    calls.rooms = 3;
    calls.wrong_pin = 0.1;
    scenario.calls.push_back(calls);
    return scenario;
}

struct Lived {
    base::Hash hash;
    WorldCounts counts;
};

Lived live(const Scenario& scenario, std::uint64_t seed) {
    World world(scenario, {.seed = seed});
    world.run_until(scenario.until_s);
    return {world.state_hash(), world.counts()};
}

}  // namespace

TEST_CASE("the same seed gives the same world, another seed another one") {
    const Scenario scenario = small_office();
    const Lived once = live(scenario, 1), again = live(scenario, 1), other = live(scenario, 2);
    CHECK(once.hash == again.hash);
    CHECK(once.counts.transitions == again.counts.transitions);
    CHECK(once.hash != other.hash);
    CHECK(once.counts.calls > 80);
    CHECK(once.counts.transitions > once.counts.calls * 6);
}

TEST_CASE("a healed world comes to rest, and its journal folds") {
    const Scenario scenario = small_office();
    World world(scenario, {.seed = 3});
    world.run_until(300);
    CHECK_FALSE(world.settled());
    world.heal();
    world.run_until(3000);
    CHECK(world.settled());
    CHECK(world.counts().calls == world.counts().calls_ended);
    const replay::Report report = replay::verify(world.disk());
    CHECK(report.ok());
    CHECK(report.transitions == world.counts().transitions);
}
