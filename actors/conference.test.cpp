#include "actors/conference.hpp"

#include <doctest.h>

#include "actors/limits.hpp"
#include "tests/subject.hpp"

using actors::Conference;
using actors::Refusal;
using schema::Cause;
using schema::SeatPhase;
using tests::Subject;
using tests::with;

namespace {

const schema::Hash host_pin{9, 9, 9, 9}, guest_pin{1, 1, 1, 1}, other_pin{5, 5, 5, 5};

schema::CreateConferenceT creation() {
    return with<schema::CreateConferenceT>([](auto& w) {
        w.title = "Monday";
        w.conversation = "team";
        w.host_pin = host_pin;
        w.guest_pin = guest_pin;
        w.people = {"bob", "alice", "bob"};
    });
}
schema::TryPinT pin(const std::string& leg, schema::Hash digits, std::string user = {},
                    std::string caller = "+49301234") {
    return with<schema::TryPinT>([&](auto& w) {
        w.leg = leg;
        w.pin = digits;
        w.user = std::move(user);
        w.caller = std::move(caller);
        w.source = "192.0.2.7";
    });
}
schema::DialT dial(std::string target, schema::TargetKind kind = schema::TargetKind::user,
                   bool numbers = true) {
    return with<schema::DialT>([&](auto& w) {
        w.kind = kind;
        w.target = std::move(target);
        w.numbers_allowed = numbers;
    });
}
schema::InvitePersonT invite(std::string user) {
    return with<schema::InvitePersonT>([&](auto& w) { w.user = std::move(user); });
}
schema::LegChangedT changed(const std::string& leg, SeatPhase phase, Cause cause = Cause::none) {
    return with<schema::LegChangedT>([&](auto& w) {
        w.leg = leg;
        w.phase = phase;
        w.cause = cause;
    });
}
template <class T>
T of_leg(const std::string& leg, bool on = true) {
    return with<T>([&](auto& w) {
        w.leg = leg;
        w.on = on;
    });
}
schema::LegKeyedT keyed(const std::string& leg, std::string code) {
    return with<schema::LegKeyedT>([&](auto& w) {
        w.leg = leg;
        w.code = std::move(code);
    });
}
schema::SetMutedT mute(std::uint32_t seat, bool muted = true) {
    return with<schema::SetMutedT>([&](auto& w) {
        w.seat = seat;
        w.muted = muted;
    });
}
schema::SetAllMutedT mute_all(bool muted = true) {
    return with<schema::SetAllMutedT>([&](auto& w) { w.muted = muted; });
}
schema::SetHandT hand(std::uint32_t seat, bool raised = true) {
    return with<schema::SetHandT>([&](auto& w) {
        w.seat = seat;
        w.raised = raised;
    });
}
schema::RemoveSeatT removal(std::uint32_t seat) {
    return with<schema::RemoveSeatT>([&](auto& w) { w.seat = seat; });
}
schema::CancelDialT cancel(std::uint32_t seat) {
    return with<schema::CancelDialT>([&](auto& w) { w.seat = seat; });
}
schema::SetLockedT lock(bool locked = true) {
    return with<schema::SetLockedT>([&](auto& w) { w.locked = locked; });
}

Subject<Conference> fresh(std::string id = "471100") {
    return {.self = {StreamKind::conference, std::move(id)}};
}
/// alice made it (seat 1) and named bob (seat 2).
Subject<Conference> room() {
    auto one = fresh();
    REQUIRE(one.tell("user/alice", creation()) == Refusal::none);
    return one;
}
/// And a stranger dialled in: seat 3, leg g.
Subject<Conference> room_with_guest() {
    auto one = room();
    REQUIRE(one.tell("call_leg/g", pin("g", guest_pin)) == Refusal::none);
    return one;
}
const schema::SeatT& seat(const Subject<Conference>& one, std::uint32_t id) {
    return one.entity.state.seats.at(id - 1);
}
std::vector<actors::RoomSeat> heard(const Subject<Conference>& one) {
    const auto rooms = one.effects_of<actors::UpdateRoom>();
    return rooms.empty() ? std::vector<actors::RoomSeat>{} : rooms.back().seats;
}
const char* prompt(const Subject<Conference>& one) {
    static std::string text;
    const auto played = one.effects_of<actors::PlayPrompts>();
    text = played.empty() ? "" : played.back().prompts.at(0);
    return text.c_str();
}

}  // namespace

TEST_CASE("a conference has a row for its maker and for everybody named") {
    const auto one = room();
    CHECK(one.entity.state.number == "471100");
    REQUIRE(one.entity.state.seats.size() == 2);
    CHECK(seat(one, 1).user == "alice");
    CHECK(seat(one, 1).role == schema::Role::host);
    CHECK(seat(one, 2).user == "bob");
    CHECK(seat(one, 2).role == schema::Role::guest);
    CHECK(one.told<schema::EnterConferenceT>("user/alice"));
    CHECK(one.told<schema::EnterConferenceT>("user/bob"));
    CHECK(one.told<schema::LinkConferenceT>("conversation/team")->conference == "471100");
    CHECK(one.entity.agenda().empty());
}

TEST_CASE("a conference is not made in every way") {
    const auto tampered = [](auto fill) {
        auto wish = creation();
        fill(wish);
        return wish;
    };
    struct Case {
        const char *id, *by;
        schema::CreateConferenceT wish;
        Refusal refusal;
    };
    for (const Case& given :
         {Case{"471100", "call_leg/1", creation(), Refusal::not_allowed},
          Case{"monday", "user/alice", creation(), Refusal::bad_name},
          Case{"471100", "user/alice", tampered([](auto& w) { w.title = "a\nb"; }),
               Refusal::bad_text},
          Case{"471100", "user/alice", tampered([](auto& w) { w.host_pin = {}; }),
               Refusal::bad_value},
          Case{"471100", "user/alice", tampered([](auto& w) { w.guest_pin = {}; }),
               Refusal::bad_value},
          Case{"471100", "user/alice", tampered([](auto& w) { w.guest_pin = host_pin; }),
               Refusal::bad_value},
          Case{"471100", "user/alice", tampered([](auto& w) { w.number = "no"; }),
               Refusal::bad_value},
          Case{"471100", "user/alice", tampered([](auto& w) { w.conversation = "a b"; }),
               Refusal::bad_value},
          Case{"471100", "user/alice", tampered([](auto& w) { w.people = {"A B"}; }),
               Refusal::bad_name},
          Case{"471100", "user/alice", tampered([](auto& w) {
                   w.people.clear();
                   for (std::size_t i = 0; i < actors::seats_max; ++i)
                       w.people.push_back("u" + std::to_string(i));
               }),
               Refusal::full},
          Case{"471100", "cli", creation(), Refusal::none}}) {
        CAPTURE(given.id);
        CAPTURE(given.by);
        auto one = fresh(given.id);
        CHECK(one.tell(given.by, given.wish) == given.refusal);
    }
    auto twice = room();
    CHECK(twice.tell("user/alice", creation()) == Refusal::already_exists);
    CHECK(fresh().tell("user/alice", lock()) == Refusal::no_such_conference);
}

TEST_CASE("a PIN admits, as guest or as host") {
    auto one = room();
    REQUIRE(one.tell("call_leg/g", pin("g", guest_pin)) == Refusal::none);
    const auto* entered = one.only<schema::SeatEnteredT>();
    REQUIRE(entered);
    CHECK(entered->seat == 3);
    CHECK(entered->name == "+49301234");
    CHECK(entered->role == schema::Role::guest);
    CHECK(one.told<schema::PinAcceptedT>("call_leg/g")->seat == 3);
    CHECK(heard(one) == std::vector<actors::RoomSeat>{{"g", true, true}});
    CHECK(one.effects_of<actors::AnnounceRoom>()[0].prompt == "someone_joined");
    CHECK(one.entity.agenda().on_restart);
    CHECK(one.tell("call_leg/g", pin("g", guest_pin)) == Refusal::none);
    CHECK(one.events.empty());
    CHECK(one.tell("server", pin("", guest_pin)) == Refusal::bad_value);
    CHECK(one.tell("call_leg/x", pin("x", guest_pin, "No Name")) == Refusal::bad_value);
    REQUIRE(one.tell("call_leg/h", pin("h", host_pin, {}, "+4940")) == Refusal::none);
    CHECK(one.only<schema::SeatEnteredT>()->role == schema::Role::host);
    REQUIRE(one.tell("call_leg/b", pin("b", guest_pin, "bob")) == Refusal::none);
    CHECK(one.only<schema::SeatEnteredT>()->seat == 2);  // bob's own row
    REQUIRE(one.tell("call_leg/a", pin("a", guest_pin, "alice")) == Refusal::none);
    CHECK(one.only<schema::SeatEnteredT>()->role == schema::Role::host);  // once a host, always one
}

TEST_CASE("a caller who comes back has their seat and its mute again") {
    auto one = room_with_guest();
    REQUIRE(one.tell("user/alice", mute(3)) == Refusal::none);
    REQUIRE(one.tell("call_leg/g", changed("g", SeatPhase::left, Cause::hung_up)) == Refusal::none);
    CHECK(one.only<schema::SeatLeftT>()->was_connected);
    CHECK(one.effects_of<actors::AnnounceRoom>()[0].prompt == "someone_left");
    REQUIRE(one.tell("call_leg/g2", pin("g2", guest_pin)) == Refusal::none);
    CHECK(one.only<schema::SeatEnteredT>()->seat == 3);
    CHECK(heard(one) == std::vector<actors::RoomSeat>{{"g2", false, true}});
}

TEST_CASE("a wrong PIN is told, counted and held against caller and address") {
    auto one = room();
    REQUIRE(one.tell("call_leg/g", pin("g", other_pin)) == Refusal::none);
    CHECK(one.only<schema::PinRefusedT>());
    CHECK(one.told<schema::PinWrongT>("call_leg/g")->cause == Cause::none);
    CHECK(one.told<schema::StrikeT>("guard/caller:+49301234"));
    CHECK(one.told<schema::StrikeT>("guard/source:192.0.2.7"));
    auto by_trunk = pin("t", other_pin);
    by_trunk.source = "trunk:carrier";
    REQUIRE(one.tell("call_leg/t", by_trunk) == Refusal::none);
    CHECK_FALSE(one.told<schema::StrikeT>("guard/source:trunk:carrier"));
    for (std::size_t i = 2; i < actors::pin_failures_max; ++i)
        one.tell("call_leg/g", pin("g", other_pin));
    REQUIRE(one.tell("call_leg/g", pin("g", guest_pin)) == Refusal::none);
    CHECK(one.only<schema::PinRefusedT>()->blocked);
    CHECK(one.told<schema::PinWrongT>("call_leg/g")->cause == Cause::barred);
    CHECK_FALSE(one.told<schema::StrikeT>("guard/caller:+49301234"));
    one.now = one.now + actors::pin_failure_window;
    REQUIRE(one.tell("call_leg/g", pin("g", guest_pin)) == Refusal::none);
    CHECK(one.only<schema::SeatEnteredT>());
}

TEST_CASE("a conference that does not exist sounds like one whose PIN is wrong") {
    auto none = fresh();
    auto some = room();
    for (std::size_t i = 0; i <= actors::pin_failures_max; ++i) {
        REQUIRE(none.tell("call_leg/g", pin("g", other_pin)) == Refusal::none);
        REQUIRE(some.tell("call_leg/g", pin("g", other_pin)) == Refusal::none);
        CHECK(*none.only<schema::PinRefusedT>() == *some.only<schema::PinRefusedT>());
    }
    auto zero = fresh();
    REQUIRE(zero.tell("call_leg/g", pin("g", {})) == Refusal::none);
    CHECK(zero.only<schema::PinRefusedT>());
}

TEST_CASE("the right PIN may still come at the wrong time") {
    auto locked = room();
    REQUIRE(locked.tell("user/alice", lock()) == Refusal::none);
    CHECK(locked.only<schema::LockSetT>()->locked);
    CHECK(locked.tell("user/alice", lock()) == Refusal::none);
    CHECK(locked.events.empty());
    locked.tell("call_leg/g", pin("g", guest_pin));
    CHECK(locked.only<schema::PinRefusedT>()->cause == Cause::locked);
    CHECK(locked.entity.state.pin_failures.empty());
    locked.tell("call_leg/h", pin("h", host_pin));
    CHECK(locked.only<schema::SeatEnteredT>());

    auto over = room();
    REQUIRE(over.tell("user/alice", schema::EndConferenceT{}) == Refusal::none);
    over.tell("call_leg/g", pin("g", guest_pin));
    CHECK(over.only<schema::PinRefusedT>()->cause == Cause::conference_ended);

    auto crowded = room();
    for (std::size_t i = 0; i < actors::legs_max; ++i) {
        const std::string leg = "l" + std::to_string(i);
        REQUIRE(crowded.tell("call_leg/" + leg,
                             pin(leg, guest_pin, {}, "+1" + std::to_string(i))) == Refusal::none);
    }
    crowded.tell("call_leg/g", pin("g", guest_pin));
    CHECK(crowded.only<schema::PinRefusedT>()->cause == Cause::full);
    CHECK(crowded.tell("user/alice", dial("carol")) == Refusal::full);
    CHECK(crowded.tell("user/alice", invite("carol")) == Refusal::none);  // needs no telephone
}

TEST_CASE("people are rung, and the roster follows their telephones") {
    auto one = room();
    REQUIRE(one.tell("user/alice", dial("bob")) == Refusal::none);
    const auto* dialled = one.only<schema::SeatDialledT>();
    REQUIRE(dialled);
    CHECK(dialled->seat == 2);
    const std::string leg = dialled->leg;
    CHECK(leg.size() == 16);
    const auto* call = one.told<schema::PlaceCallT>("call_leg/" + leg);
    REQUIRE(call);
    CHECK(call->target == "bob");
    CHECK(call->name == "Monday");
    CHECK(call->caller == "471100");
    CHECK(one.tell("user/alice", dial("bob")) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("call_leg/" + leg, changed(leg, SeatPhase::ringing)) == Refusal::none);
    CHECK(one.only<schema::SeatRingingT>());
    CHECK(one.tell("call_leg/" + leg, changed(leg, SeatPhase::ringing)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("call_leg/" + leg, changed(leg, SeatPhase::connected)) == Refusal::none);
    CHECK(one.only<schema::SeatConnectedT>());
    CHECK(heard(one).size() == 1);
    CHECK(one.tell("call_leg/" + leg, changed(leg, SeatPhase::dialling)) == Refusal::none);
    CHECK(one.events.empty());
    auto busy = changed(leg, SeatPhase::left, Cause::busy);
    busy.sip_status = 486;
    REQUIRE(one.tell("call_leg/" + leg, busy) == Refusal::none);
    CHECK(seat(one, 2).sip_status == 486);
    CHECK(seat(one, 2).leg.empty());
    CHECK(one.tell("call_leg/" + leg, busy) == Refusal::none);
    CHECK(one.events.empty());
}

TEST_CASE("not everybody may ring everything") {
    using schema::TargetKind;
    struct Case {
        const char* by;
        schema::DialT wish;
        Refusal refusal;
    };
    for (const Case& given :
         {Case{"user/mallory", dial("bob"), Refusal::not_allowed},
          Case{"user/bob", dial("carol"), Refusal::not_allowed},
          Case{"user/bob", dial("bob"), Refusal::none},
          Case{"user/mallory", dial("mallory"), Refusal::not_allowed},
          Case{"user/alice", dial("+4940", TargetKind::number, false), Refusal::not_allowed},
          Case{"user/alice", dial("+4940", TargetKind::number), Refusal::none},
          Case{"admin/root", dial("+4940", TargetKind::number, false), Refusal::none},
          Case{"user/alice", dial("Bob!"), Refusal::bad_value},
          Case{"user/alice", dial("ring", TargetKind::number), Refusal::bad_value},
          Case{"user/alice", dial("tel:1", TargetKind::address), Refusal::bad_value},
          Case{"user/alice", dial("sip:a b", TargetKind::address), Refusal::bad_value},
          Case{"user/alice", dial("sip:" + std::string(200, 'x'), TargetKind::address),
               Refusal::bad_value},
          Case{"user/alice", dial("sip:bob@example.org", TargetKind::address), Refusal::none}}) {
        CAPTURE(given.by);
        CAPTURE(given.wish.target);
        auto one = room();
        CHECK(one.tell(given.by, given.wish) == given.refusal);
    }
    auto open = fresh();
    auto wish = creation();
    wish.dial_policy = schema::DialPolicy::everyone;
    REQUIRE(open.tell("user/alice", wish) == Refusal::none);
    CHECK(open.tell("user/bob", dial("carol")) == Refusal::none);
    CHECK(open.tell("user/mallory", dial("carol")) == Refusal::not_allowed);
    REQUIRE(open.tell("user/alice", lock()) == Refusal::none);
    CHECK(open.tell("user/bob", dial("dave")) == Refusal::locked);
    CHECK(open.tell("user/bob", invite("dave")) == Refusal::locked);
    CHECK(open.tell("user/alice", dial("dave")) == Refusal::none);
}

TEST_CASE("people are invited by those who may") {
    auto one = room();
    CHECK(one.tell("user/bob", invite("carol")) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", invite("C!")) == Refusal::bad_name);
    CHECK(one.tell("user/alice", invite("bob")) == Refusal::none);
    CHECK(one.events.empty());
    auto named = invite("carol");
    named.name = std::string(99, 'x') + "Ä";
    REQUIRE(one.tell("user/alice", named) == Refusal::none);
    CHECK(one.only<schema::PersonInvitedT>()->name == std::string(99, 'x'));
    CHECK(one.told<schema::EnterConferenceT>("user/carol"));
    for (int i = 0; one.entity.state.seats.size() < actors::seats_max; ++i) {
        one.tell("user/alice", invite("u" + std::to_string(i)));
    }
    CHECK(one.tell("user/alice", invite("zoe")) == Refusal::full);
}

TEST_CASE("a call is cancelled by who placed it or a host, while it rings") {
    auto one = room();
    CHECK(one.tell("user/alice", cancel(9)) == Refusal::no_such_seat);
    CHECK(one.tell("user/alice", cancel(2)) == Refusal::not_connected);
    REQUIRE(one.tell("user/alice", dial("bob")) == Refusal::none);
    const std::string leg = seat(one, 2).leg;
    CHECK(one.tell("user/mallory", cancel(2)) == Refusal::not_allowed);
    REQUIRE(one.tell("user/bob", cancel(2)) == Refusal::none);
    CHECK(one.only<schema::DialCancelledT>()->leg == leg);
    CHECK(one.told<schema::HangUpT>("call_leg/" + leg)->cause == Cause::cancelled);
    CHECK(seat(one, 2).phase == SeatPhase::dialling);  // until the leg says that it is over
}

TEST_CASE("who is muted is not heard, and a guest cannot undo a host") {
    auto one = room();
    REQUIRE(one.tell("call_leg/b", pin("b", guest_pin, "bob")) == Refusal::none);
    CHECK(one.tell("user/alice", mute(9)) == Refusal::no_such_seat);
    CHECK(one.tell("user/mallory", mute(2)) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", mute(1)) == Refusal::not_connected);
    REQUIRE(one.tell("user/bob", mute(2)) == Refusal::none);
    CHECK_FALSE(one.only<schema::SeatMutedT>()->by_host);
    CHECK(heard(one) == std::vector<actors::RoomSeat>{{"b", false, true}});
    CHECK(std::string{prompt(one)} == "you_are_muted");
    CHECK(one.tell("user/bob", mute(2)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("user/alice", mute(2)) == Refusal::none);
    CHECK(one.only<schema::SeatMutedT>()->by_host);
    CHECK(one.tell("user/bob", mute(2)) == Refusal::none);
    CHECK(one.events.empty());  // would make it their own mute
    CHECK(one.tell("user/bob", mute(2, false)) == Refusal::not_allowed);
    CHECK(one.tell("call_leg/b", keyed("b", "*6")) == Refusal::not_allowed);
    REQUIRE(one.tell("user/alice", mute(2, false)) == Refusal::none);
    CHECK(std::string{prompt(one)} == "you_are_not_muted");
    CHECK(heard(one) == std::vector<actors::RoomSeat>{{"b", true, true}});
    REQUIRE(one.tell("user/bob", mute(2)) == Refusal::none);
    CHECK(one.tell("user/bob", mute(2, false)) == Refusal::none);
    CHECK_FALSE(seat(one, 2).muted);
}

TEST_CASE("everybody is muted but hosts and whom a host gives the floor") {
    auto one = room_with_guest();
    REQUIRE(one.tell("call_leg/b", pin("b", guest_pin, "bob")) == Refusal::none);
    REQUIRE(one.tell("call_leg/a", pin("a", host_pin, "alice")) == Refusal::none);
    REQUIRE(one.tell("call_leg/g", of_leg<schema::LegTalkingT>("g")) == Refusal::none);
    CHECK(one.tell("user/bob", mute_all()) == Refusal::not_allowed);
    REQUIRE(one.tell("user/alice", mute_all()) == Refusal::none);
    CHECK(one.only<schema::AllMutedT>()->muted);
    CHECK(heard(one) ==
          std::vector<actors::RoomSeat>{{"a", true, true}, {"b", false, true}, {"g", false, true}});
    CHECK_FALSE(seat(one, 3).talking);
    CHECK(one.tell("user/alice", mute_all()) == Refusal::none);
    CHECK(one.events.empty());
    CHECK(one.tell("user/bob", mute(2, false)) == Refusal::not_allowed);
    REQUIRE(one.tell("user/alice", mute(2, false)) == Refusal::none);
    CHECK(seat(one, 2).exempt);
    REQUIRE(one.tell("user/bob", mute(2)) == Refusal::none);
    REQUIRE(one.tell("user/bob", mute(2, false)) == Refusal::none);  // the floor is still theirs
    CHECK(heard(one)[1].speaks);
    REQUIRE(one.tell("user/alice", mute_all()) == Refusal::none);  // takes it back
    CHECK_FALSE(heard(one)[1].speaks);
    REQUIRE(one.tell("user/alice", mute_all(false)) == Refusal::none);
    CHECK(heard(one)[1].speaks);
    CHECK(heard(one)[2].speaks);
}

TEST_CASE("talking is shown only where it is heard, and lowers a raised hand") {
    auto one = room_with_guest();
    REQUIRE(one.tell("call_leg/g", keyed("g", "*5")) == Refusal::none);
    CHECK(one.only<schema::HandRaisedT>()->raised);
    CHECK(std::string{prompt(one)} == "hand_raised");
    REQUIRE(one.tell("server", of_leg<schema::LegTalkingT>("g")) == Refusal::none);
    CHECK(one.events.size() == 2);
    CHECK(seat(one, 3).talking);
    CHECK(seat(one, 3).hand_at == 0);
    CHECK(one.tell("server", of_leg<schema::LegTalkingT>("g")) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("call_leg/g", of_leg<schema::LegHeldT>("g")) == Refusal::none);
    CHECK(one.only<schema::SeatHeldT>()->on);
    CHECK_FALSE(seat(one, 3).talking);
    CHECK(heard(one) == std::vector<actors::RoomSeat>{{"g", false, false}});
    CHECK(one.tell("server", of_leg<schema::LegTalkingT>("g")) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("call_leg/g", of_leg<schema::LegHeldT>("g", false)) == Refusal::none);
    REQUIRE(one.tell("call_leg/g", keyed("g", "*6")) == Refusal::none);
    CHECK(one.only<schema::SeatMutedT>()->muted);
    CHECK(one.tell("server", of_leg<schema::LegTalkingT>("g")) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("call_leg/g", keyed("g", "*6")) == Refusal::none);
    CHECK_FALSE(one.only<schema::SeatMutedT>()->muted);
    REQUIRE(one.tell("server", of_leg<schema::LegSilentT>("g")) == Refusal::none);
    CHECK(one.only<schema::SeatSilentT>()->on);
    CHECK(one.tell("call_leg/g", keyed("g", "*9")) == Refusal::none);
    CHECK(one.events.empty());
}

TEST_CASE("a leg is not spoken for by others") {
    const Conference::Command wishes[] = {pin("g", guest_pin),
                                          changed("g", SeatPhase::left),
                                          of_leg<schema::LegHeldT>("g"),
                                          of_leg<schema::LegTalkingT>("g"),
                                          of_leg<schema::LegSilentT>("g"),
                                          keyed("g", "*6")};
    for (const auto& wish : wishes) {
        CAPTURE(wish.index());
        auto one = room_with_guest();
        CHECK(one.tell("call_leg/other", wish) == Refusal::not_allowed);
        CHECK(one.tell("user/alice", wish) == Refusal::not_allowed);
    }
    auto one = room();
    for (const auto& wish : wishes) {
        if (wish.index() == Conference::Command{schema::TryPinT{}}.index()) continue;
        CHECK(one.tell("call_leg/g", wish) == Refusal::none);
        CHECK(one.events.empty());  // nobody sits there
    }
}

TEST_CASE("a hand is raised by its owner and lowered by a host, too") {
    auto one = room();
    CHECK(one.tell("user/mallory", hand(0)) == Refusal::no_such_seat);
    CHECK(one.tell("user/alice", hand(9)) == Refusal::no_such_seat);
    CHECK(one.tell("user/alice", hand(2)) == Refusal::not_allowed);
    REQUIRE(one.tell("user/bob", hand(0)) == Refusal::none);
    CHECK(seat(one, 2).hand_at == one.now.us);
    CHECK(one.tell("user/bob", hand(2)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("user/alice", hand(2, false)) == Refusal::none);
    CHECK(seat(one, 2).hand_at == 0);
    REQUIRE(one.tell("user/alice", removal(2)) == Refusal::none);
    CHECK(one.tell("user/bob", hand(0)) == Refusal::no_such_seat);
    CHECK(one.tell("user/bob", hand(2)) == Refusal::not_connected);
}

TEST_CASE("a host puts people out, but never the maker") {
    auto one = room_with_guest();
    CHECK(one.tell("user/bob", removal(3)) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", removal(9)) == Refusal::no_such_seat);
    CHECK(one.tell("user/alice", removal(1)) == Refusal::not_allowed);
    REQUIRE(one.tell("user/alice", removal(3)) == Refusal::none);
    CHECK(one.only<schema::SeatRemovedT>()->leg == "g");
    CHECK(one.told<schema::HangUpT>("call_leg/g")->cause == Cause::removed);
    CHECK(one.tell("user/alice", removal(3)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("call_leg/g", changed("g", SeatPhase::left, Cause::hung_up)) == Refusal::none);
    CHECK(seat(one, 3).cause == Cause::removed);  // not the BYE that followed from it
    CHECK(seat(one, 3).leg.empty());
    CHECK(one.effects_of<actors::AnnounceRoom>().empty());
    REQUIRE(one.tell("user/alice", removal(2)) == Refusal::none);
    CHECK(one.told<schema::LeaveConferenceT>("user/bob"));
    CHECK_FALSE(actors::takes_part(one.entity.state, "bob"));
}

TEST_CASE("only hosts lock and end") {
    auto one = room_with_guest();
    CHECK(one.tell("user/bob", lock()) == Refusal::not_allowed);
    CHECK(one.tell("user/bob", schema::EndConferenceT{}) == Refusal::not_allowed);
    REQUIRE(one.tell("user/alice", schema::EndConferenceT{}) == Refusal::none);
    CHECK(one.only<schema::ConferenceEndedT>()->by == "user/alice");
    CHECK(one.told<schema::HangUpT>("call_leg/g")->cause == Cause::conference_ended);
    CHECK(one.told<schema::LeaveConferenceT>("user/bob"));
    CHECK(one.told<schema::UnlinkConferenceT>("conversation/team"));
    CHECK(one.told<schema::ReleaseNumberT>("number/471100")->owner == "conference/471100");
    CHECK(heard(one).empty());
    const Conference::Command late[] = {invite("zoe"),
                                        dial("zoe"),
                                        cancel(2),
                                        of_leg<schema::LegHeldT>("g"),
                                        of_leg<schema::LegTalkingT>("g"),
                                        of_leg<schema::LegSilentT>("g"),
                                        keyed("g", "*6"),
                                        mute(3),
                                        mute_all(),
                                        hand(0),
                                        removal(2),
                                        lock(),
                                        schema::EndConferenceT{}};
    for (const auto& wish : late) {
        CAPTURE(wish.index());
        CHECK(one.tell("server", wish) == Refusal::ended);
    }
    REQUIRE(one.tell("call_leg/g", changed("g", SeatPhase::left, Cause::hung_up)) == Refusal::none);
    CHECK(seat(one, 3).cause == Cause::conference_ended);
    CHECK(one.entity.agenda().empty());
}

TEST_CASE("a restart loses the telephones and nothing else") {
    auto one = room_with_guest();
    one.tell("user/alice", mute(3));
    one.tell("user/bob", hand(0));
    one.tell("user/alice", dial("bob"));
    REQUIRE(one.tell("server", with<schema::RestartedT>([](auto& w) { w.epoch = 2; })) ==
            Refusal::none);
    CHECK(one.only<schema::PhonesLostT>()->epoch == 2);
    CHECK(seat(one, 3).cause == Cause::lost);
    CHECK(seat(one, 3).muted);
    CHECK(seat(one, 2).cause == Cause::lost);
    CHECK(seat(one, 2).hand_at != 0);
    CHECK(heard(one).empty());
    CHECK(one.entity.agenda().empty());
    CHECK(one.tell("server", schema::RestartedT{}) == Refusal::none);
    CHECK(one.events.empty());
}
