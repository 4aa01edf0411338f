// Found by reading what a swarm's telephones had to do that the SIP edge did not: with a full disk
// a hang-up was refused and never told again, so that its leg lived until the next restart.
#include <doctest/doctest.h>

#include "tests/conference_story.hpp"

using namespace tests;

TEST_CASE("a call that ended while the disk was full has ended when space returns") {
    World world;
    people_and_numbers(world);
    world.pins[host_leg] = {"9999"};
    world.ask(call_leg(host_leg), "server", call_to(story_room, "+49301234"));
    world.advance(seconds(3));
    const auto phase = [&] { return world.state<schema::CallLegStateT>(call_leg(host_leg)).phase; };
    REQUIRE(phase() == schema::LegPhase::connected);

    world.log().fail_all(journal::Fault::disk_full);
    schema::CallEndedT ended;
    ended.cause = schema::Cause::hung_up;
    world.house().report(call_leg(host_leg), "server", actors::command(std::move(ended)));
    world.settle();
    CHECK(phase() == schema::LegPhase::connected);
    world.advance(seconds(2));
    world.log().fail_all(journal::Fault::none);
    world.advance(seconds(1));
    CHECK(phase() == schema::LegPhase::ended);
}
