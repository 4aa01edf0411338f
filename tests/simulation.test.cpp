// Whole worlds: the same seed lives the same life, whatever happens to them they come to rest, no
// invariant is broken, and their journals fold.
#include "sim/world/world.hpp"

#include <doctest.h>

#include <set>

#include "actors/invariants/inspector.hpp"
#include "replay/verify.hpp"
#include "sim/simulate.hpp"

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

Scenario whole_office() {
    Scenario scenario = small_office();
    scenario.population.users = 30;
    scenario.population.with_phone = 0.8;
    MeetingClass meetings;
    meetings.arrivals.model = Arrivals::Model::poisson;
    meetings.arrivals.rate = 0.02;
    meetings.holding_s.mean = 200;
    scenario.meetings.push_back(meetings);
    scenario.im.messages_per_user_hour = 30;
    scenario.im.storms_s = {250};
    scenario.talk.model = Talk::Model::p59;
    scenario.talk.mutes = 0.3;
    scenario.network.partitions_s = {{400, 410}};
    scenario.trunk.outages_s = {{500, 520}};
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

TEST_CASE("a run's hash does not depend on how many replications are lived at once") {
    Scenario scenario = small_office();
    scenario.replications = 4;
    const auto alone = simulate(scenario, {.seed = 5, .jobs = 1});
    const auto together = simulate(scenario, {.seed = 5, .jobs = 3});
    const auto other = simulate(scenario, {.seed = 6, .jobs = 3});
    REQUIRE((alone.ok() && together.ok() && other.ok()));
    CHECK(alone.value().state_hash == together.value().state_hash);
    CHECK(alone.value().state_hash != other.value().state_hash);
    std::set<std::uint64_t> seeds;
    for (const Replication& one : together.value().replications) {
        CHECK(one.violations == std::vector<std::string>{});
        CHECK(!one.series.empty());
        seeds.insert(one.seed);
    }
    CHECK(seeds.size() == 4);
}

TEST_CASE("a healed world comes to rest, and its journal folds") {
    const Scenario scenario = whole_office();
    World world(scenario, {.seed = 3});
    world.run_until(1200);
    CHECK_FALSE(world.settled());
    world.heal();
    world.run_until(20'000);
    CHECK(world.settled());
    CHECK(world.counts().calls == world.counts().calls_ended);
    CHECK(world.counts().messages > 20);
    const replay::Report report = replay::verify(world.disk());
    CHECK(report.ok());
    CHECK(report.transitions == world.counts().transitions);
    CHECK(report.events_of.at("ConferenceEnded") > 5);
    CHECK(report.events_of.at("SeatConnected") > 5);
    CHECK(report.events_of.at("SeatEntered") > 5);
    CHECK(report.events_of.at("SeatMuted") > 5);
    CHECK(report.events_of.at("SeatTalking") > 5);
}

TEST_CASE("worlds whose process dies again and again come to rest, and no invariant is broken") {
    const Scenario scenario = whole_office();
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        actors::Inspector inspector{actors::all_invariants(), true};
        WorldOptions options{.seed = seed, .shuffled = seed % 2 == 0};
        options.disk.on_durable = [&](const journal::Record& record) { inspector.feed(record); };
        World world(scenario, options);
        for (int crash = 1; crash <= 5; ++crash) {
            world.run_until(150.0 * crash + 0.37 * static_cast<double>(seed));
            world.crash();
        }
        world.run_until(1000);
        world.heal();
        world.run_until(20'000);
        CHECK(world.settled());
        CHECK(world.disk().epoch() == 6);
        inspector.end(world.settled());
        CHECK(inspector.violation_count() == 0);
        for (const actors::Violation& one : inspector.violations())
            MESSAGE(one.invariant, ": ", one.sentence, " ", one.stream);
        const replay::Report report = replay::verify(world.disk());
        CHECK(report.ok());
        CHECK(report.state == inspector.state_hash());
    }
}

TEST_CASE("what a world forgets on the way changes nothing") {
    const Scenario scenario = whole_office();
    const auto lived = [&](bool keep) {
        World world(scenario, {.seed = 9, .keep_journal = keep});
        world.run_until(900);
        return world.state_hash();
    };
    CHECK(lived(true) == lived(false));
}
