#include "actors/call_leg.hpp"

#include <doctest.h>

#include "actors/limits.hpp"
#include "tests/subject.hpp"

using actors::CallLeg;
using actors::Refusal;
using schema::Cause;
using schema::LegPhase;
using tests::Subject;
using tests::with;

namespace {

constexpr char room[] = "conference/471100";

schema::IncomingCallT incoming(schema::Route route = schema::Route::conference) {
    return with<schema::IncomingCallT>([&](auto& w) {
        w.caller = "+49301234";
        w.name = "Bob";
        w.source = "192.0.2.7";
        w.called = "471100";
        w.route = route;
        if (route == schema::Route::conference) w.conference = "471100";
    });
}
schema::PlaceCallT placing() {
    return with<schema::PlaceCallT>([](auto& w) {
        w.conference = "471100";
        w.seat = 3;
        w.kind = schema::TargetKind::number;
        w.target = "+4940555";
        w.name = "Monday";
        w.caller = "471100";
    });
}
schema::PinKeyedT pin() {
    return with<schema::PinKeyedT>([](auto& w) { w.pin = {1, 2, 3, 4}; });
}
schema::PinWrongT wrong(Cause cause = Cause::none) {
    return with<schema::PinWrongT>([&](auto& w) { w.cause = cause; });
}
schema::CallEndedT ended(Cause cause, std::uint16_t sip_status = 0) {
    return with<schema::CallEndedT>([&](auto& w) {
        w.cause = cause;
        w.sip_status = sip_status;
    });
}
schema::HangUpT hang_up(Cause cause) {
    return with<schema::HangUpT>([&](auto& w) { w.cause = cause; });
}
schema::CallHeldT held(bool on) {
    return with<schema::CallHeldT>([&](auto& w) { w.on = on; });
}
schema::ConferenceKeyedT keyed(std::string digits) {
    return with<schema::ConferenceKeyedT>([&](auto& w) { w.digits = std::move(digits); });
}

Subject<CallLeg> fresh() { return {.self = {StreamKind::call_leg, "00000000000000a1"}}; }

template <class... Wishes>
Subject<CallLeg> leg_after(Wishes... wishes) {
    auto leg = fresh();
    for (const CallLeg::Command& wish : {CallLeg::Command{wishes}...}) {
        REQUIRE(leg.tell("server", wish) == Refusal::none);
    }
    return leg;
}

Subject<CallLeg> asked_for_pin() { return leg_after(incoming(), schema::CallAnsweredT{}); }
Subject<CallLeg> checking() { return leg_after(incoming(), schema::CallAnsweredT{}, pin()); }
Subject<CallLeg> connected() {
    return leg_after(incoming(), schema::CallAnsweredT{}, pin(),
                     with<schema::PinAcceptedT>([](auto& w) { w.seat = 7; }));
}
Subject<CallLeg> dialling() { return leg_after(placing()); }

std::vector<std::string> prompts(const Subject<CallLeg>& leg) {
    const auto played = leg.effects_of<actors::PlayPrompts>();
    return played.empty() ? std::vector<std::string>{} : played.back().prompts;
}

}  // namespace

TEST_CASE("a caller is answered, asked for the PIN and admitted") {
    auto leg = fresh();
    REQUIRE(leg.tell("server", incoming()) == Refusal::none);
    CHECK(leg.only<schema::CallOfferedT>()->answer);
    CHECK(leg.effects_of<actors::AnswerCall>().size() == 1);
    CHECK(leg.entity.agenda().wake_at == leg.now + actors::answer_patience);
    CHECK(leg.entity.agenda().on_restart);
    REQUIRE(leg.tell("server", schema::CallAnsweredT{}) == Refusal::none);
    CHECK(leg.events.size() == 2);  // LegAnswered, PinAsked
    CHECK(prompts(leg) == std::vector<std::string>{"welcome", "enter_pin"});
    CHECK(leg.effects_of<actors::CollectKeys>()[0].keys == actors::Keys::pin);
    CHECK(leg.effects_of<actors::CollectKeys>()[0].conference == "471100");
    REQUIRE(leg.tell("server", pin()) == Refusal::none);
    CHECK(leg.only<schema::PinTriedT>());
    const auto* tried = leg.told<schema::TryPinT>(room);
    REQUIRE(tried);
    CHECK(tried->caller == "+49301234");
    CHECK(tried->leg == leg.self.name);
    CHECK(leg.effects_of<actors::CollectKeys>()[0].keys == actors::Keys::nothing);
    REQUIRE(leg.tell(room, with<schema::PinAcceptedT>([](auto& w) { w.seat = 7; })) ==
            Refusal::none);
    CHECK(leg.only<schema::LegAdmittedT>()->seat == 7);
    CHECK(prompts(leg) == std::vector<std::string>{"joined"});
    CHECK(leg.effects_of<actors::CollectKeys>()[0].keys == actors::Keys::codes);
    CHECK(leg.told<schema::LegChangedT>(room) == nullptr);  // the conference seated us itself
    CHECK(leg.entity.state.phase == LegPhase::connected);
    CHECK(leg.entity.agenda() == journal::Agenda{.wake_at = {}, .on_restart = true});
}

TEST_CASE("the shared number asks which conference, three times at most") {
    auto leg = leg_after(incoming(schema::Route::access), schema::CallAnsweredT{});
    CHECK(leg.entity.state.phase == LegPhase::asking_conference);
    CHECK(prompts(leg) == std::vector<std::string>{"welcome", "enter_conference"});
    REQUIRE(leg.tell("server", keyed("")) == Refusal::none);
    CHECK(prompts(leg) == std::vector<std::string>{"unknown_conference", "enter_conference"});
    REQUIRE(leg.tell("server", keyed("1234567890123")) == Refusal::none);
    CHECK(leg.only<schema::ConferenceAskedT>()->attempt == 3);
    SUBCASE("and gives up") {
        REQUIRE(leg.tell("server", keyed("no")) == Refusal::none);
        CHECK(leg.only<schema::LegEndedT>()->cause == Cause::gave_up);
        CHECK(leg.effects_of<actors::EndCall>()[0].farewell == "goodbye");
    }
    SUBCASE("or asks for the PIN") {
        REQUIRE(leg.tell("server", keyed("471100")) == Refusal::none);
        CHECK(leg.only<schema::PinAskedT>()->conference == "471100");
        CHECK(prompts(leg) == std::vector<std::string>{"enter_pin"});
    }
}

TEST_CASE("three wrong PINs end the call, another reason ends it at once") {
    auto leg = checking();
    for (std::uint32_t attempt = 2; attempt <= actors::pin_attempts_max; ++attempt) {
        REQUIRE(leg.tell(room, wrong()) == Refusal::none);
        CHECK(leg.only<schema::PinAskedT>()->attempt == attempt);
        CHECK(prompts(leg) == std::vector<std::string>{"wrong_pin", "enter_pin"});
        REQUIRE(leg.tell("server", pin()) == Refusal::none);
    }
    REQUIRE(leg.tell(room, wrong()) == Refusal::none);
    CHECK(leg.only<schema::LegEndedT>()->cause == Cause::wrong_pin);
    for (const auto& [cause, farewell] :
         {std::pair{Cause::locked, "locked"}, std::pair{Cause::full, "full"},
          std::pair{Cause::barred, "goodbye"}, std::pair{Cause::conference_ended, "ended"}}) {
        auto other = checking();
        REQUIRE(other.tell(room, wrong(cause)) == Refusal::none);
        CHECK(other.only<schema::LegEndedT>()->cause == cause);
        CHECK(other.effects_of<actors::EndCall>()[0].farewell == farewell);
        CHECK(other.told<schema::LegChangedT>(room)->phase == schema::SeatPhase::left);
    }
}

TEST_CASE("what cannot be served is refused in the words of SIP") {
    auto unfit = incoming();
    unfit.unfit = 488;
    unfit.unfit_cause = Cause::codec_mismatch;
    auto leg = fresh();
    REQUIRE(leg.tell("server", unfit) == Refusal::none);
    CHECK(leg.events.size() == 2);
    CHECK(leg.effects_of<actors::RefuseCall>()[0].sip_status == 488);
    CHECK(leg.effects_of<actors::AnswerCall>().empty());
    CHECK(leg.entity.state.cause == Cause::codec_mismatch);
    auto unknown = leg_after(incoming(schema::Route::none));
    CHECK(unknown.effects_of<actors::RefuseCall>()[0].sip_status == 404);
    CHECK(unknown.entity.state.cause == Cause::unknown_number);
    CHECK(unknown.entity.agenda().empty());
}

TEST_CASE("a placed call rings, is answered and reports each step") {
    auto leg = fresh();
    REQUIRE(leg.tell(room, placing()) == Refusal::none);
    CHECK(leg.only<schema::CallPlacedT>());
    const auto dial = leg.effects_of<actors::DialCall>();
    REQUIRE(dial.size() == 1);
    CHECK(dial[0].target == "+4940555");
    CHECK(dial[0].caller == "471100");
    CHECK(leg.entity.agenda().wake_at == leg.now + actors::ring_patience);
    REQUIRE(leg.tell("server", schema::CallRingingT{}) == Refusal::none);
    CHECK(leg.only<schema::LegRingingT>());
    CHECK(leg.told<schema::LegChangedT>(room)->phase == schema::SeatPhase::ringing);
    CHECK(leg.entity.agenda().wake_at == leg.now + actors::ring_patience);
    REQUIRE(leg.tell("server", schema::CallAnsweredT{}) == Refusal::none);
    CHECK(leg.told<schema::LegChangedT>(room)->phase == schema::SeatPhase::connected);
    CHECK(prompts(leg) == std::vector<std::string>{"invited"});
    CHECK(leg.entity.state.seat == 3);
    REQUIRE(leg.tell("server", ended(Cause::hung_up)) == Refusal::none);
    CHECK_FALSE(leg.only<schema::LegEndedT>()->by_us);
    CHECK(leg.told<schema::LegChangedT>(room)->cause == Cause::hung_up);
    CHECK(leg.effects_of<actors::EndCall>()[0].farewell.empty());
}

TEST_CASE("patience ends in its own way in every phase") {
    struct Case {
        Subject<CallLeg> leg;
        Duration patience;
        Cause cause;
    };
    for (Case& given :
         std::vector<Case>{{leg_after(incoming()), actors::answer_patience, Cause::failed},
                           {leg_after(incoming(schema::Route::access), schema::CallAnsweredT{}),
                            actors::keying_patience, Cause::gave_up},
                           {asked_for_pin(), actors::keying_patience, Cause::gave_up},
                           {checking(), actors::check_patience, Cause::failed},
                           {dialling(), actors::ring_patience, Cause::no_answer},
                           {leg_after(placing(), schema::CallRingingT{}), actors::ring_patience,
                            Cause::no_answer}}) {
        CAPTURE(static_cast<int>(given.leg.entity.state.phase));
        given.leg.now = given.leg.now + given.patience - Duration{1};
        CHECK(given.leg.tell("server", schema::WakeT{}) == Refusal::none);
        CHECK(given.leg.events.empty());
        given.leg.now = given.leg.now + Duration{1};
        CHECK(given.leg.tell("server", schema::WakeT{}) == Refusal::none);
        REQUIRE(given.leg.only<schema::LegEndedT>());
        CHECK(given.leg.only<schema::LegEndedT>()->cause == given.cause);
        CHECK(given.leg.entity.agenda().empty());
    }
    for (Subject<CallLeg> leg : {connected(), fresh()}) {
        leg.now = leg.now + hours(9);
        CHECK(leg.tell("server", schema::WakeT{}) == Refusal::none);
        CHECK(leg.events.empty());
    }
}

TEST_CASE("holding is told to the conference, also when it began before there was a seat") {
    auto leg = connected();
    REQUIRE(leg.tell("server", held(true)) == Refusal::none);
    CHECK(leg.only<schema::LegHoldSetT>()->on);
    CHECK(leg.told<schema::LegHeldT>(room)->on);
    CHECK(leg.tell("server", held(true)) == Refusal::none);
    CHECK(leg.events.empty());
    REQUIRE(leg.tell("server", held(false)) == Refusal::none);
    CHECK_FALSE(leg.told<schema::LegHeldT>(room)->on);

    auto early = checking();
    REQUIRE(early.tell("server", held(true)) == Refusal::none);
    REQUIRE(early.tell(room, with<schema::PinAcceptedT>([](auto& w) { w.seat = 7; })) ==
            Refusal::none);
    CHECK(early.told<schema::LegHeldT>(room)->on);
}

TEST_CASE("a conference hangs up, and a prompt says why") {
    for (const auto& [cause, farewell] :
         {std::pair{Cause::removed, "removed"}, std::pair{Cause::conference_ended, "ended"},
          std::pair{Cause::cancelled, ""}}) {
        auto leg = connected();
        REQUIRE(leg.tell(room, hang_up(cause)) == Refusal::none);
        CHECK(leg.only<schema::LegEndedT>()->by_us);
        CHECK(leg.effects_of<actors::EndCall>()[0].farewell == farewell);
        CHECK(leg.tell(room, hang_up(cause)) == Refusal::none);
        CHECK(leg.events.empty());
    }
    auto ringing = dialling();
    REQUIRE(ringing.tell(room, hang_up(Cause::cancelled)) == Refusal::none);
    CHECK(ringing.effects_of<actors::EndCall>()[0].farewell.empty());
}

TEST_CASE("hanging up may overtake the call: then nobody is rung") {
    auto leg = fresh();
    REQUIRE(leg.tell(room, hang_up(Cause::cancelled)) == Refusal::none);
    CHECK(leg.only<schema::LegEndedT>()->cause == Cause::cancelled);
    CHECK(leg.told<schema::LegChangedT>(room)->phase == schema::SeatPhase::left);
    CHECK(leg.tell(room, placing()) == Refusal::already_exists);
}

TEST_CASE("a seat for a caller who has gone is given back") {
    auto leg = checking();
    REQUIRE(leg.tell("server", ended(Cause::hung_up)) == Refusal::none);
    const auto at = leg.entity.state.ended_at;
    leg.now = leg.now + seconds(1);
    REQUIRE(leg.tell(room, with<schema::PinAcceptedT>([](auto& w) { w.seat = 7; })) ==
            Refusal::none);
    CHECK(leg.told<schema::LegChangedT>(room)->phase == schema::SeatPhase::left);
    CHECK(leg.told<schema::LegChangedT>(room)->cause == Cause::hung_up);
    CHECK(leg.entity.state.ended_at == at);
}

TEST_CASE("a restart loses every call that was alive, and no other") {
    for (Subject<CallLeg> leg :
         {leg_after(incoming()), asked_for_pin(), checking(), connected(), dialling()}) {
        REQUIRE(leg.tell("server", schema::RestartedT{}) == Refusal::none);
        CHECK(leg.only<schema::LegEndedT>()->cause == Cause::lost);
        CHECK(leg.tell("server", schema::RestartedT{}) == Refusal::none);
        CHECK(leg.events.empty());
    }
}

TEST_CASE("keying that stops ends the call while it is waited for") {
    auto leg = asked_for_pin();
    REQUIRE(leg.tell("server", schema::KeyingStoppedT{}) == Refusal::none);
    CHECK(leg.only<schema::LegEndedT>()->cause == Cause::gave_up);
    auto talking = connected();
    CHECK(talking.tell("server", schema::KeyingStoppedT{}) == Refusal::none);
    CHECK(talking.events.empty());
}

TEST_CASE("what comes at the wrong time changes nothing") {
    for (Subject<CallLeg> leg :
         {fresh(), connected(), leg_after(incoming(), ended(Cause::hung_up))}) {
        CAPTURE(static_cast<int>(leg.entity.state.phase));
        for (const CallLeg::Command& wish :
             {CallLeg::Command{schema::CallRingingT{}}, CallLeg::Command{schema::CallAnsweredT{}},
              CallLeg::Command{pin()}, CallLeg::Command{keyed("471100")}, CallLeg::Command{wrong()},
              CallLeg::Command{schema::KeyingStoppedT{}}}) {
            CHECK(leg.tell("server", wish) == Refusal::none);
            CHECK(leg.events.empty());
        }
    }
}

TEST_CASE("only the server and the own conference are listened to") {
    const CallLeg::Command from_server[] = {incoming(),
                                            schema::CallRingingT{},
                                            schema::CallAnsweredT{},
                                            keyed("1"),
                                            pin(),
                                            schema::KeyingStoppedT{},
                                            held(true),
                                            ended(Cause::hung_up)};
    for (const auto& wish : from_server) {
        CAPTURE(wish.index());
        auto leg = checking();
        CHECK(leg.tell("user/alice", wish) == Refusal::not_allowed);
        CHECK(leg.tell(room, wish) == Refusal::not_allowed);
    }
    const CallLeg::Command from_conference[] = {schema::PinAcceptedT{}, wrong(),
                                                hang_up(Cause::removed)};
    for (const auto& wish : from_conference) {
        CAPTURE(wish.index());
        auto leg = checking();
        CHECK(leg.tell("conference/2", wish) == Refusal::not_allowed);
        CHECK(leg.tell("user/alice", wish) == Refusal::not_allowed);
    }
    auto leg = fresh();
    CHECK(leg.tell("conference/2", placing()) == Refusal::not_allowed);
    CHECK(leg.tell("user/alice", placing()) == Refusal::not_allowed);
    CHECK(leg.tell("user/alice", hang_up(Cause::removed)) == Refusal::not_allowed);
    for (const auto& tamper : {+[](schema::IncomingCallT& w) { w.user = "No Name"; },
                               +[](schema::IncomingCallT& w) { w.conference = ""; }}) {
        auto odd = incoming();
        tamper(odd);
        CHECK(fresh().tell("server", odd) == Refusal::bad_value);
    }
    auto nowhere = placing();
    nowhere.conference = "";
    CHECK(fresh().tell("server", nowhere) == Refusal::bad_value);
    auto twice = connected();
    CHECK(twice.tell("server", incoming()) == Refusal::already_exists);
    CHECK(twice.tell("server", placing()) == Refusal::already_exists);
}
