// A whole world with its sound: what people say is heard by the server, rated, and part of the
// hash.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "sim/simulate.hpp"
#include "sim/world/world.hpp"

namespace {

sim::Scenario conversations(sim::Fidelity fidelity) {
    sim::Scenario scenario;
    scenario.title = "people who talk";
    scenario.fidelity = fidelity;
    scenario.until_s = 90;
    scenario.replications = 2;
    scenario.calls.push_back({.arrivals = {.model = sim::Arrivals::Model::poisson, .rate = 0.2},
                              .holding_s = {.shape = sim::Spread::Shape::exponential, .mean = 25},
                              .rooms = 2});
    scenario.talk.model = sim::Talk::Model::turn_taking;
    scenario.network = {
        .delay_ms = 30, .jitter_ms = 4, .jitter_shape = 3, .good_to_bad = 0.01, .bad_to_good = 0.5};
    return scenario;
}

/// Sum and weight of a metric over all replications.
sim::Recorder::Slice total(const sim::Run& run, const std::string& name) {
    sim::Recorder::Slice total;
    for (const auto& one : run.replications) {
        for (const auto& series : one.series) {
            if (series.name.name != name) continue;
            for (const auto& slice : series.slices) {
                total.sum += slice.sum;
                total.weight += slice.weight;
            }
        }
    }
    return total;
}

double mean(const sim::Run& run, const std::string& name) {
    const auto slice = total(run, name);
    return slice.weight > 0 ? slice.sum / slice.weight : 0;
}

sim::Run run_of(sim::Fidelity fidelity, std::uint64_t seed = 1, unsigned jobs = 1) {
    return sim::simulate(conversations(fidelity), {.seed = seed, .jobs = jobs}).value();
}

}  // namespace

TEST_CASE("with packets and with sound a world rates its calls, notices its talkers, and repeats") {
    const sim::Run planned = run_of(sim::Fidelity::calls);
    for (const auto fidelity : {sim::Fidelity::packets, sim::Fidelity::sound}) {
        CAPTURE(static_cast<int>(fidelity));
        const sim::Run run = run_of(fidelity);
        for (const auto& one : run.replications) {
            CHECK(one.violations.empty());
            for (const auto& violation : one.violations) MESSAGE(violation);
        }
        CHECK(total(run, "mos").weight > 10);
        CHECK(mean(run, "mos") > 3);
        CHECK(mean(run, "mos") < 4.4);
        // 0.01 of 0.51 of the time, of a call some more and of another less.
        CHECK(mean(run, "packets_lost") > 0.01);
        CHECK(mean(run, "packets_lost") < 0.03);
        CHECK(mean(run, "mouth_to_ear_ms") > 100);
        CHECK(total(run, "mixer_frames").sum > 50 * 60 * 2);
        CHECK(total(run, "talk_spurts").sum == total(planned, "talk_spurts").sum);
        CHECK(run.state_hash == run_of(fidelity, 1, 2).state_hash);
        CHECK(run.state_hash != run_of(fidelity, 2).state_hash);
        CHECK(run.state_hash != planned.state_hash);
    }
}

TEST_CASE("listening to a world changes nothing, and hears only those who may be heard") {
    const sim::Scenario scenario = conversations(sim::Fidelity::sound);
    sim::World deaf(scenario, {.seed = 7}), listens(scenario, {.seed = 7, .listen = true});
    for (sim::World* world : {&deaf, &listens}) {
        world->run_until(30);
        world->crash();  // who was in a room is out of it
        world->run_until(60);
    }
    CHECK(listens.hearing().heard_rightly() > 300);
    CHECK(listens.hearing().complaints().empty());
    for (const auto& complaint : listens.hearing().complaints()) MESSAGE(complaint);
    CHECK(deaf.hearing().heard_rightly() == 0);
    CHECK(deaf.state_hash() == listens.state_hash());
}
