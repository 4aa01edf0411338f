// Each invariant against a journal that is wrong in its one way, and against one that is right.
#include <doctest.h>

#include "actors/limits.hpp"
#include "tests/forged_journal.hpp"

namespace {

using tests::ForgedJournal;
using tests::with;
using Names = std::vector<std::string>;

const schema::Hash host_pin{9, 9, 9, 9}, guest_pin{1, 2, 3, 4}, wrong_pin{5, 5, 5, 5};
const std::string room = "conference/471100";

void create_room(ForgedJournal& journal) {
    journal.put(room, schema::CreateConferenceT{}, with<schema::ConferenceCreatedT>([](auto& fact) {
                    fact.number = "471100";
                    fact.host_pin = host_pin;
                    fact.guest_pin = guest_pin;
                    fact.created_by = "alice";
                }));
}

schema::TryPinT pin_of(const std::string& leg, schema::Hash pin) {
    return with<schema::TryPinT>([&](auto& wish) {
        wish.leg = leg;
        wish.pin = pin;
    });
}
schema::SeatEnteredT entered(std::uint32_t seat, const std::string& leg) {
    return with<schema::SeatEnteredT>([&](auto& fact) {
        fact.seat = seat;
        fact.leg = leg;
    });
}
template <class Fact>
Fact of_seat(std::uint32_t seat) {
    Fact fact;
    fact.seat = seat;
    return fact;
}
schema::CallOfferedT offered() {
    return with<schema::CallOfferedT>([](auto& fact) {
        fact.route = schema::Route::conference;
        fact.conference = "471100";
        fact.answer = true;
    });
}
void ask_pin(ForgedJournal& journal, const std::string& leg) {
    journal.put("call_leg/" + leg, schema::IncomingCallT{}, offered());
    journal.put("call_leg/" + leg, schema::CallAnsweredT{}, schema::LegAnsweredT{},
                with<schema::PinAskedT>([](auto& fact) { fact.conference = "471100"; }));
}
void enter(ForgedJournal& journal, std::uint32_t seat, const std::string& leg,
           schema::Hash pin = guest_pin) {
    journal.put(room, pin_of(leg, pin), entered(seat, leg));
}
void end_leg(ForgedJournal& journal, const std::string& leg) {
    journal.put("call_leg/" + leg, schema::CallEndedT{}, schema::LegEndedT{});
}
schema::MessageSentT message(std::uint64_t number, const std::string& client_id = "") {
    return with<schema::MessageSentT>([&](auto& fact) {
        fact.from = "alice";
        fact.number = number;
        fact.client_id = client_id;
    });
}
ForgedJournal chat() {
    ForgedJournal journal;
    journal.put("conversation/team", schema::CreateConversationT{},
                with<schema::ConversationCreatedT>([](auto& fact) {
                    fact.members = {"alice", "bob"};
                }));
    journal.put("conversation/team", schema::SendMessageT{}, message(1, "a"));
    return journal;
}

}  // namespace

TEST_CASE("a run that writes after the next one, and a command that is decided twice") {
    ForgedJournal journal;
    journal.epoch = 2;
    journal.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    journal.epoch = 1;
    journal.put("guard/b", schema::StrikeT{}, schema::StruckT{});
    CHECK(journal.complaints() == Names{"epochs_rise"});

    ForgedJournal twice;
    twice.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    twice.id = twice.last_id;
    twice.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    CHECK(twice.complaints() == Names{"decided_once"});
}

TEST_CASE("a cause that nobody wrote") {
    ForgedJournal journal;
    journal.by = room;
    journal.cause = {1, 1};
    journal.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    CHECK(journal.complaints() == Names{"causes_exist"});
}

TEST_CASE("a number with two owners, and one whose owner is over") {
    const auto claimed = [](const char* owner) {
        return with<schema::NumberClaimedT>([&](auto& fact) { fact.owner = owner; });
    };
    ForgedJournal journal;
    journal.put("number/200", schema::ClaimNumberT{}, claimed("user/alice"));
    CHECK(journal.complaints(true) == Names{});
    journal.put("number/200", schema::ClaimNumberT{}, claimed("user/bob"));
    CHECK(journal.complaints() == Names{"number_has_one_owner"});

    ForgedJournal kept;
    create_room(kept);
    kept.put("number/471100", schema::ClaimNumberT{}, claimed("conference/471100"));
    kept.put(room, schema::EndConferenceT{}, schema::ConferenceEndedT{});
    CHECK(kept.complaints() == Names{});
    CHECK(kept.complaints(true) == Names{"numbers_serve"});
    kept.time_passes(seconds(40));
    CHECK(kept.complaints() == Names{"numbers_serve"});
}

TEST_CASE("a number that is kept for a conference that nobody makes") {
    const auto claimed =
        with<schema::NumberClaimedT>([](auto& fact) { fact.owner = "conference/471100"; });
    const auto released =
        with<schema::NumberReleasedT>([](auto& fact) { fact.owner = "conference/471100"; });
    ForgedJournal journal;
    journal.put("number/471100", schema::ClaimNumberT{}, claimed);
    CHECK(journal.complaints() == Names{});
    CHECK(journal.complaints(true) == Names{"numbers_serve"});
    journal.time_passes(minutes(1));
    CHECK(journal.complaints() == Names{"numbers_serve"});
    ForgedJournal made = journal;
    create_room(made);
    CHECK(made.complaints(true) == Names{});
    ++journal.epoch;  // the next start finds it
    journal.put("number/471100", schema::ReleaseNumberT{}, released);
    CHECK(journal.complaints(true) == Names{});
    made.put("number/471100", schema::ReleaseNumberT{}, released);
    CHECK(made.complaints() == Names{"numbers_serve"});
}

TEST_CASE("messages that skip a number, come twice or from a stranger") {
    CHECK(chat().complaints() == Names{});
    for (const std::uint64_t number : {1u, 3u}) {
        ForgedJournal journal = chat();
        journal.put("conversation/team", schema::SendMessageT{}, message(number));
        CHECK(journal.complaints() == Names{"messages_once_in_order"});
    }
    ForgedJournal twice = chat();
    twice.put("conversation/team", schema::SendMessageT{}, message(2, "a"));
    CHECK(twice.complaints() == Names{"messages_once_in_order"});

    ForgedJournal stranger = chat();
    auto foreign = message(2);
    foreign.from = "mallory";
    stranger.put("conversation/team", schema::SendMessageT{}, foreign);
    CHECK(stranger.complaints() == Names{"messages_once_in_order"});

    ForgedJournal unread = chat();
    unread.put("conversation/team", schema::MarkReadT{},
               with<schema::ReadMarkedT>([](auto& fact) { fact.user = "bob", fact.sequence = 9; }));
    CHECK(unread.complaints() == Names{"messages_once_in_order"});
}

TEST_CASE("a PIN that does not fit, none at all, and a guest who becomes host") {
    ForgedJournal right;
    create_room(right);
    enter(right, 1, "a1");
    enter(right, 2, "a2", host_pin);
    CHECK(right.complaints() == Names{});

    ForgedJournal wrong;
    create_room(wrong);
    enter(wrong, 1, "a1", wrong_pin);
    CHECK(wrong.complaints() == Names{"wrong_pin_never_admits"});

    ForgedJournal none;
    create_room(none);
    none.put(room, schema::SetLockedT{}, entered(1, "a1"));
    CHECK(none.complaints() == Names{"wrong_pin_never_admits"});

    ForgedJournal host;
    create_room(host);
    auto fact = entered(1, "a1");
    fact.role = schema::Role::host;
    host.put(room, pin_of("a1", guest_pin), fact);
    CHECK(host.complaints() == Names{"wrong_pin_never_admits"});
}

TEST_CASE("a telephone in the call that no conference let in, or that never answered") {
    ForgedJournal journal;
    create_room(journal);
    ask_pin(journal, "a1");
    journal.put("call_leg/a1", schema::PinAcceptedT{}, schema::LegAdmittedT{});
    CHECK(journal.complaints() == Names{"no_sound_before_pin"});

    ForgedJournal silent;
    create_room(silent);
    silent.put(room, schema::DialT{}, with<schema::SeatDialledT>([](auto& fact) {
                   fact.seat = 1;
                   fact.leg = "a1";
               }));
    silent.put("call_leg/a1", schema::PlaceCallT{}, schema::CallPlacedT{});
    silent.put(room, schema::LegChangedT{}, of_seat<schema::SeatConnectedT>(1));
    CHECK(silent.complaints() == Names{"no_sound_before_pin"});
}

TEST_CASE("a fourth attempt, an eleventh failure that is listened to, a strike that got lost") {
    ForgedJournal leg;
    create_room(leg);
    ask_pin(leg, "a1");
    for (std::uint32_t i = 0; i < actors::pin_attempts_max; ++i)
        leg.put("call_leg/a1", schema::PinKeyedT{}, schema::PinTriedT{});
    CHECK(leg.complaints() == Names{});
    leg.put("call_leg/a1", schema::PinKeyedT{}, schema::PinTriedT{});
    CHECK(leg.complaints() == Names{"pin_attempts_counted"});

    ForgedJournal guessed;
    create_room(guessed);
    for (std::size_t i = 0; i < actors::pin_failures_max; ++i)
        guessed.put(room, pin_of("a1", wrong_pin), schema::PinRefusedT{});
    CHECK(guessed.complaints() == Names{});
    CHECK(guessed.complaints(true) == Names{"pin_attempts_counted"});  // no guard was struck
    enter(guessed, 1, "a1");
    CHECK(guessed.complaints() == Names{"pin_attempts_counted"});
}

TEST_CASE("a guard that does not block, or forgets because a stranger says so") {
    ForgedJournal journal;
    const auto strike = [&] {
        journal.put("guard/caller:+49", schema::StrikeT{}, schema::StruckT{});
    };
    for (int i = 0; i < 5; ++i) strike();
    CHECK(journal.complaints() == Names{});
    ForgedJournal cleared = journal;
    strike();
    CHECK(journal.complaints() == Names{"guard_blocks"});
    cleared.by = "user/mallory";
    cleared.put("guard/caller:+49", schema::ClearStrikesT{}, schema::StrikesClearedT{});
    CHECK(cleared.complaints() == Names{"guard_blocks"});
}

TEST_CASE("a conference that goes on after its end, and a guest in a locked one") {
    ForgedJournal ended;
    create_room(ended);
    ended.put(room, schema::EndConferenceT{}, schema::ConferenceEndedT{});
    enter(ended, 1, "a1");
    CHECK(ended.complaints() == Names{"ended_admits_nobody"});

    ForgedJournal locked;
    create_room(locked);
    locked.put(room, schema::SetLockedT{},
               with<schema::LockSetT>([](auto& fact) { fact.locked = true; }));
    enter(locked, 1, "a1", host_pin);
    CHECK(locked.complaints() == Names{});
    enter(locked, 2, "a2");
    CHECK(locked.complaints() == Names{"ended_admits_nobody"});
}

TEST_CASE("a guest who steers") {
    for (const char* by : {"user/alice", "admin/root", "server"}) {
        ForgedJournal journal;
        create_room(journal);
        journal.by = by;
        journal.put(room, schema::SetLockedT{}, schema::LockSetT{});
        CHECK(journal.complaints() == Names{});
    }
    for (const char* by : {"user/bob", "phone/bob-desk", "call_leg/a1"}) {
        ForgedJournal journal;
        create_room(journal);
        journal.by = by;
        journal.put(room, schema::SetLockedT{}, schema::LockSetT{});
        CHECK(journal.complaints() == Names{"hosts_decide"});
    }
}

TEST_CASE("a telephone on two seats") {
    ForgedJournal journal;
    create_room(journal);
    enter(journal, 1, "a1");
    enter(journal, 2, "a1");
    CHECK(journal.complaints().back() == "leg_in_one_room");
}

TEST_CASE("a telephone that never ends, lives on in the next run, or moves after its end") {
    ForgedJournal journal;
    journal.put("call_leg/a1", schema::IncomingCallT{}, offered());
    CHECK(journal.complaints() == Names{});
    CHECK(journal.complaints(true) == Names{"every_leg_ends"});
    ForgedJournal next = journal;
    next.epoch = 2;
    next.time_passes(seconds(35));
    CHECK(next.complaints() == Names{"every_leg_ends"});

    end_leg(journal, "a1");
    CHECK(journal.complaints(true) == Names{});
    journal.put("call_leg/a1", schema::CallAnsweredT{}, schema::LegAnsweredT{});
    CHECK(journal.complaints() == Names{"chain"});
}

TEST_CASE("a seat whose telephone is gone, and a telephone whose seat is gone") {
    ForgedJournal journal;
    create_room(journal);
    ask_pin(journal, "a1");
    enter(journal, 1, "a1");
    ForgedJournal removed = journal;
    end_leg(journal, "a1");
    CHECK(journal.complaints() == Names{});
    CHECK(journal.complaints(true) == Names{"seats_match_legs"});
    ForgedJournal left = journal;
    auto goodbye = of_seat<schema::SeatLeftT>(1);
    goodbye.was_connected = true;
    left.put(room, schema::LegChangedT{}, goodbye);
    CHECK(left.complaints(true) == Names{});
    journal.time_passes(seconds(35));
    CHECK(journal.complaints() == Names{"seats_match_legs"});

    removed.put(room, schema::RemoveSeatT{}, of_seat<schema::SeatRemovedT>(1));
    CHECK(removed.complaints() == Names{});
    CHECK(removed.complaints(true) == Names{"every_leg_ends", "seats_match_legs"});
}

TEST_CASE("more telephones in one conference than there may be") {
    ForgedJournal journal;
    create_room(journal);
    for (std::uint32_t i = 1; i <= actors::legs_max; ++i)
        journal.put(room, schema::DialT{}, with<schema::SeatDialledT>([&](auto& fact) {
                        fact.seat = i;
                        fact.leg = std::to_string(i);
                    }));
    CHECK(journal.complaints() == Names{});
    journal.put(room, schema::DialT{}, with<schema::SeatDialledT>([&](auto& fact) {
                    fact.seat = actors::legs_max + 1;
                    fact.leg = "more";
                }));
    CHECK(journal.complaints() == Names{"ports_within_allowance"});
}

TEST_CASE("a deadline that passes while the server works; none while it is down") {
    ForgedJournal journal;
    journal.put("call_leg/a1", schema::IncomingCallT{}, offered());  // waits for 40 s
    ForgedJournal down = journal;
    down.later(hours(1));
    down.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    end_leg(down, "a1");
    CHECK(down.complaints(true) == Names{});
    journal.time_passes(seconds(75));
    CHECK(journal.complaints().back() == "no_lost_timer");
}
