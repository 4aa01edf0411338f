// The story of tests/conference_story.hpp, told in one thread by the production actors.
#include "tests/conference_story.hpp"

#include <doctest.h>

#include "actors/conference.hpp"
#include "journal/codec.hpp"

namespace {

using tests::conference;
using tests::World;

/// The state of every stream as the live actors have it.
base::Hash live_hash(World& world) {
    base::Hash all{};
    const auto names = world.log().list_streams("", "", 10'000).value();
    for (const std::string& name : names) {
        const auto view = world.view(*parse_stream(name));
        all = actors::combined(all, name, actors::state_hash(view.state));
    }
    return all;
}

/// A log that has nothing but the bytes of another one's transitions.
std::unique_ptr<journal::MemoryLog> bytes_of(const journal::MemoryLog& log) {
    auto copy = std::make_unique<journal::MemoryLog>();
    const auto records = log.read_all(1, 1'000'000).value();
    for (const auto& record : records) {
        const auto transition = journal::decode_transition(record.payload).value();
        copy->append({.stream = transition.stream,
                      .sequence = transition.sequence,
                      .payload = record.payload});
    }
    return copy;
}

const schema::SeatT& seat(const schema::ConferenceStateT& room, const std::string& who) {
    for (const auto& one : room.seats) {
        if (one.user == who || one.address == who) return one;
    }
    FAIL("nobody is called " << who);
    return room.seats.front();
}

}  // namespace

TEST_CASE("a whole conference gives the same state live, in a second run and from its bytes") {
    World world;
    tests::tell_story(world);
    const base::Hash live = live_hash(world);
    MESSAGE("state of all streams: " << base::hex(live));
    CHECK(actors::state_hash_of_all(world.log()).value() == live);
    CHECK(actors::state_hash_of_all(*bytes_of(world.log())).value() == live);
    World again;
    tests::tell_story(again);
    CHECK(live_hash(again) == live);
    CHECK(again.log().last_position() == world.log().last_position());
    CHECK(again.keys == world.keys);
}

TEST_CASE("the roster tells how each telephone fared") {
    World world;
    tests::people_and_numbers(world);
    tests::dial_in_and_talk(world);
    const auto before = world.state<schema::ConferenceStateT>(conference("471100"));
    CHECK(seat(before, "alice").phase == schema::SeatPhase::connected);
    CHECK(seat(before, "alice").role == schema::Role::host);
    CHECK(seat(before, "+49301234").phase == schema::SeatPhase::connected);
    CHECK(seat(before, "+49301234").hand_at != 0);
    CHECK(before.pin_failures.size() == 1);
    tests::dial_out(world);
    const auto room = world.state<schema::ConferenceStateT>(conference("471100"));
    CHECK(seat(room, "bob").phase == schema::SeatPhase::connected);
    CHECK(seat(room, "carol").cause == schema::Cause::busy);
    CHECK(seat(room, "carol").sip_status == 486);
    CHECK(seat(room, "+4940555").cause == schema::Cause::no_answer);
    CHECK(seat(room, "+4940666").cause == schema::Cause::cancelled);
    CHECK(world.rooms["471100"].size() == 3);
    tests::part(world);
    const auto end = world.state<schema::ConferenceStateT>(conference("471100"));
    CHECK(end.ended);
    CHECK(seat(end, "+49301234").cause == schema::Cause::removed);
    CHECK(seat(end, "bob").cause == schema::Cause::hung_up);
    CHECK(seat(end, "alice").cause == schema::Cause::conference_ended);
    CHECK(world.rooms["471100"].empty());
    for (const auto& one : end.seats) CHECK(one.leg.empty());
    CHECK(world.state<schema::NumberStateT>(tests::number("471100")).owner.empty());
    CHECK(world.state<schema::UserStateT>(tests::user("bob")).conferences.empty());
    CHECK(world.state<schema::ConversationStateT>(tests::conversation("direct:alice:bob"))
              .conference.empty());
    CHECK(world.state<schema::GuardStateT>(tests::guard("caller:+49301234")).strikes.size() == 1);
}

TEST_CASE("the same seed shuffles the actors the same way, and no order breaks the story") {
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 10u}) {
        CAPTURE(seed);
        World world{{.shuffle_seed = seed}};
        World again{{.shuffle_seed = seed}};
        tests::tell_story(world);
        tests::tell_story(again);
        CHECK(live_hash(world) == live_hash(again));
        CHECK(actors::state_hash_of_all(world.log()).value() == live_hash(world));
        CHECK(world.state<schema::ConferenceStateT>(conference("471100")).ended);
    }
}
