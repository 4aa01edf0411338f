// Found by the swarm (seed 649 of its day): the disk was full while the server started, so that the
// conference heard of the restart only after its people had dialled somebody in the new run. It
// gave up that telephone with those of the old run, and the call went on with nobody to end it.
#include <doctest/doctest.h>

#include "tests/conference_story.hpp"

using namespace tests;

TEST_CASE("a call of this run outlives a restart that a full disk kept from being told") {
    const StreamId room = conference(story_room);
    std::unique_ptr<journal::MemoryLog> disk;
    std::uint64_t ids = 0;
    {
        World before;
        people_and_numbers(before);
        dial_in_and_talk(before);
        ids = before.ids();
        disk = before.crash();
    }
    disk->fail_all(journal::Fault::disk_full);
    World after{{.begins = world_begins + minutes(5), .log = std::move(disk), .first_id = ids}};
    after.log().fail_all(journal::Fault::none);
    after.manners = {{"bob", Manner::answers}};
    CHECK(after.ask(room, "user/alice", dial(schema::TargetKind::user, "bob")).ok());
    after.advance(seconds(5));  // Restarted is tried again

    const std::string leg = after.dialled["bob"];
    REQUIRE(!leg.empty());
    CHECK(after.state<schema::CallLegStateT>(call_leg(leg)).phase == schema::LegPhase::connected);
    CHECK(seat_of(after, room, leg) != 0);
    CHECK(after.state<schema::CallLegStateT>(call_leg(host_leg)).phase == schema::LegPhase::ended);
    CHECK(seat_of(after, room, host_leg) == 0);
}
