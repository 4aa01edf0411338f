// Found by reading: an edge claims a number and then makes the conference on it. A crash in between
// left the number taken for ever. And an edge that drew the number of a conference that goes on was
// granted it, failed to make what was there already, and gave the other's number back.
#include <doctest/doctest.h>

#include "tests/conference_story.hpp"

using namespace tests;

namespace {

constexpr char owner[] = "conference/471100";

schema::ClaimNumberT claim() {
    return with<schema::ClaimNumberT>([](auto& wish) { wish.owner = owner; });
}

std::string owner_in(World& world) {
    return world.state<schema::NumberStateT>(number(story_room)).owner;
}

WorldOptions next_run(std::unique_ptr<journal::MemoryLog> disk) {
    return {.begins = world_begins + seconds(5), .log = std::move(disk), .first_id = 1000};
}

}  // namespace

TEST_CASE("a number whose conference a crash kept from being made is free at the next start") {
    std::unique_ptr<journal::MemoryLog> disk;
    {
        World before;
        REQUIRE(before.ask(number(story_room), "server", claim()).ok());
        before.ask(number("200"), "server",
                   with<schema::ClaimNumberT>([](auto& w) { w.owner = "user/alice"; }));
        disk = before.crash();
    }
    World after{next_run(std::move(disk))};
    CHECK(owner_in(after).empty());
    CHECK(after.state<schema::NumberStateT>(number("200")).owner == "user/alice");
    CHECK(after.ask(number(story_room), "server", claim()).ok());
}

TEST_CASE("a lost number is given back once there is room, and nobody gets it before") {
    std::unique_ptr<journal::MemoryLog> disk;
    {
        World before;
        REQUIRE(before.ask(number(story_room), "server", claim()).ok());
        disk = before.crash();
    }
    disk->fail_all(journal::Fault::disk_full);
    World after{next_run(std::move(disk))};
    after.log().fail_all(journal::Fault::none);
    CHECK(after.ask(number(story_room), "server", claim()).refusal ==
          actors::Refusal::number_taken);
    after.advance(seconds(1));
    CHECK(owner_in(after).empty());
}

TEST_CASE("a conference that goes on keeps its number over a crash, and whoever draws its digits") {
    std::unique_ptr<journal::MemoryLog> disk;
    {
        World before;
        people_and_numbers(before);
        disk = before.crash();
    }
    World after{next_run(std::move(disk))};
    after.advance(minutes(1));
    CHECK(owner_in(after) == owner);
    CHECK(after.ask(number(story_room), "server", claim()).refusal ==
          actors::Refusal::number_taken);
    after.ask(conference(story_room), "user/alice", schema::EndConferenceT{});
    CHECK(owner_in(after).empty());
}
