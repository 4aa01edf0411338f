// What only hosts do to the sound: recording, gains, deafness, coaches.
#include <doctest.h>

#include "actors/conference.hpp"
#include "actors/limits.hpp"
#include "tests/subject.hpp"

using actors::Conference;
using actors::Refusal;
using schema::Recording;
using tests::Subject;
using tests::with;

namespace {

const schema::Hash host_pin{9, 9, 9, 9}, guest_pin{1, 1, 1, 1};

schema::CreateConferenceT creation() {
    return with<schema::CreateConferenceT>([](auto& w) {
        w.title = "Monday";
        w.host_pin = host_pin;
        w.guest_pin = guest_pin;
        w.people = {"bob"};
    });
}
schema::TryPinT pin(const std::string& leg, const std::string& user = {}) {
    return with<schema::TryPinT>([&](auto& w) {
        w.leg = leg;
        w.pin = guest_pin;
        w.user = user;
        w.caller = "+49" + leg;
    });
}
schema::SetRecordingT record(Recording what) {
    return with<schema::SetRecordingT>([&](auto& w) { w.what = what; });
}
schema::SetGainT gain(std::uint32_t seat, int in_db, int out_db) {
    return with<schema::SetGainT>([&](auto& w) {
        w.seat = seat;
        w.in_db = static_cast<std::int8_t>(in_db);
        w.out_db = static_cast<std::int8_t>(out_db);
    });
}
schema::SetDeafT deafen(std::uint32_t seat, bool deaf = true) {
    return with<schema::SetDeafT>([&](auto& w) {
        w.seat = seat;
        w.deaf = deaf;
    });
}
schema::SetWhisperT whisper(std::uint32_t seat, std::uint32_t to) {
    return with<schema::SetWhisperT>([&](auto& w) {
        w.seat = seat;
        w.to = to;
    });
}

using Room = Subject<Conference>;

/// alice made it (seat 1) and has the telephone a; bob (seat 2) has none; a stranger (seat 3) has
/// g.
Room room() {
    Room one{.self = {StreamKind::conference, "471100"}};
    REQUIRE(one.tell("user/alice", creation()) == Refusal::none);
    REQUIRE(one.tell("call_leg/a", pin("a", "alice")) == Refusal::none);
    REQUIRE(one.tell("call_leg/g", pin("g")) == Refusal::none);
    return one;
}

actors::RoomSeat heard(const Room& one, const std::string& leg) {
    const auto rooms = one.effects_of<actors::UpdateRoom>();
    REQUIRE(!rooms.empty());
    for (const auto& seat : rooms.back().seats) {
        if (seat.leg == leg) return seat;
    }
    FAIL(leg << " is not in the room");
    return {};
}

}  // namespace

TEST_CASE("a host starts, pauses and stops a recording, and everybody hears of it") {
    Room one = room();
    REQUIRE(one.tell("user/alice", record(Recording::on)) == Refusal::none);
    REQUIRE(one.only<schema::RecordingSetT>());
    CHECK(one.only<schema::RecordingSetT>()->by == "user/alice");
    CHECK(one.effects_of<actors::AnnounceRoom>().at(0).prompt == "recording_on");
    CHECK(one.effects_of<actors::UpdateRoom>().at(0).recording == Recording::on);
    REQUIRE(one.tell("user/alice", record(Recording::on)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("user/alice", record(Recording::paused)) == Refusal::none);
    CHECK(one.effects_of<actors::AnnounceRoom>().at(0).prompt == "recording_off");
    CHECK(one.effects_of<actors::UpdateRoom>().at(0).recording == Recording::paused);
    REQUIRE(one.tell("user/alice", record(Recording::off)) == Refusal::none);
    CHECK(one.entity.state.recording == Recording::off);
}

TEST_CASE("what cannot be recorded is refused") {
    Room one = room();
    CHECK(one.tell("user/bob", record(Recording::on)) == Refusal::not_allowed);
    CHECK(one.tell("call_leg/a", record(Recording::on)) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", record(Recording::paused)) == Refusal::bad_value);
    CHECK(one.tell("user/alice", record(static_cast<Recording>(3))) == Refusal::bad_value);
}

TEST_CASE("a recording goes on after a restart and ends with its conference") {
    Room one = room();
    REQUIRE(one.tell("user/alice", record(Recording::on)) == Refusal::none);
    REQUIRE(one.tell("server", schema::RestartedT{}) == Refusal::none);
    CHECK(one.entity.state.recording == Recording::on);
    REQUIRE(one.tell("user/alice", schema::EndConferenceT{}) == Refusal::none);
    CHECK(one.entity.state.recording == Recording::off);
    CHECK(one.effects_of<actors::UpdateRoom>().back().recording == Recording::off);
}

TEST_CASE("a conference may be recorded from its first moment, and who comes in is told") {
    Room one{.self = {StreamKind::conference, "471100"}};
    auto wish = creation();
    wish.record = true;
    wish.capture = schema::Choice::yes;
    wish.loudest = 3;
    REQUIRE(one.tell("user/alice", wish) == Refusal::none);
    CHECK(one.entity.state.recording == Recording::on);
    REQUIRE(one.tell("call_leg/g", pin("g")) == Refusal::none);
    REQUIRE(one.told<schema::PinAcceptedT>("call_leg/g"));
    CHECK(one.told<schema::PinAcceptedT>("call_leg/g")->recorded);
    CHECK(
        one.effects_of<actors::UpdateRoom>().at(0).sound ==
        actors::RoomSound{schema::Choice::yes, schema::Choice::as_set, schema::Choice::as_set, 3});
    const auto dialled = with<schema::DialT>([](auto& w) { w.target = "bob"; });
    REQUIRE(one.tell("user/alice", dialled) == Refusal::none);
    const std::string leg = one.only<schema::SeatDialledT>()->leg;
    REQUIRE(one.tell("call_leg/" + leg, with<schema::LegChangedT>([&](auto& w) {
                         w.leg = leg;
                         w.phase = schema::SeatPhase::connected;
                     })) == Refusal::none);
    REQUIRE(one.effects_of<actors::PlayPrompts>().size() == 1);
    CHECK(one.effects_of<actors::PlayPrompts>()[0].prompts ==
          std::vector<std::string>{"recording_on"});
}

TEST_CASE("a sound that cannot be is not created") {
    for (const std::uint32_t loudest :
         {static_cast<std::uint32_t>(actors::legs_max) + 1, actors::loudest_everybody - 1}) {
        Room one{.self = {StreamKind::conference, "471100"}};
        auto wish = creation();
        wish.loudest = loudest;
        CHECK(one.tell("user/alice", wish) == Refusal::bad_value);
    }
    Room one{.self = {StreamKind::conference, "471100"}};
    auto wish = creation();
    wish.gate_noise = static_cast<schema::Choice>(3);
    CHECK(one.tell("user/alice", wish) == Refusal::bad_value);
    wish.gate_noise = schema::Choice::no;
    wish.loudest = actors::loudest_everybody;
    CHECK(one.tell("user/alice", wish) == Refusal::none);
}

TEST_CASE("a host makes somebody louder, and the seat keeps it") {
    Room one = room();
    CHECK(one.tell("user/bob", gain(3, 6, -6)) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", gain(9, 6, -6)) == Refusal::no_such_seat);
    CHECK(one.tell("user/alice", gain(3, 21, 0)) == Refusal::bad_value);
    CHECK(one.tell("user/alice", gain(3, 0, -41)) == Refusal::bad_value);
    REQUIRE(one.tell("user/alice", gain(3, 6, -6)) == Refusal::none);
    CHECK(heard(one, "g").gain_in_db == 6);
    CHECK(heard(one, "g").gain_out_db == -6);
    REQUIRE(one.tell("user/alice", gain(3, 6, -6)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("server", schema::RestartedT{}) == Refusal::none);
    REQUIRE(one.tell("call_leg/g", pin("g")) == Refusal::none);
    CHECK(heard(one, "g").gain_in_db == 6);
}

TEST_CASE("a host makes somebody deaf and takes it back") {
    Room one = room();
    CHECK(one.tell("user/bob", deafen(3)) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", deafen(9)) == Refusal::no_such_seat);
    REQUIRE(one.tell("user/alice", deafen(3)) == Refusal::none);
    CHECK(!heard(one, "g").hears);
    CHECK(heard(one, "g").speaks);
    REQUIRE(one.tell("user/alice", deafen(3)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("user/alice", deafen(3, false)) == Refusal::none);
    CHECK(heard(one, "g").hears);
}

TEST_CASE("a coach is heard by one only, and by nobody when that one is not there") {
    Room one = room();
    CHECK(one.tell("user/bob", whisper(1, 3)) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", whisper(9, 3)) == Refusal::no_such_seat);
    CHECK(one.tell("user/alice", whisper(1, 9)) == Refusal::no_such_seat);
    CHECK(one.tell("user/alice", whisper(1, 1)) == Refusal::bad_value);
    REQUIRE(one.tell("user/alice", whisper(1, 3)) == Refusal::none);
    CHECK(heard(one, "a").only_to == "g");
    CHECK(heard(one, "a").speaks);
    CHECK(heard(one, "g").only_to.empty());
    REQUIRE(one.tell("user/alice", whisper(1, 2)) == Refusal::none);  // bob has no telephone
    CHECK(!heard(one, "a").speaks);
    CHECK(heard(one, "a").hears);
    REQUIRE(one.tell("user/alice", whisper(1, 0)) == Refusal::none);
    CHECK(heard(one, "a") == actors::RoomSeat{.leg = "a"});
}
