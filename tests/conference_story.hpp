// A whole conference, told through simulated edges: people sign on, two dial in (one mistypes the
// PIN), they talk, mute, hold and ask to speak; others are rung and answer, are busy, do not answer
// or are cancelled; one is removed, the room is locked, people leave, and it ends. The golden
// journal is this story, too.
#pragma once

#include "tests/simulated_edges.hpp"

namespace tests {

inline schema::Hash stored(const base::Hash& hash) { return {hash.a, hash.b, hash.c, hash.d}; }

inline schema::CreateUserT new_user() {
    return with<schema::CreateUserT>([](auto& wish) {
        wish.password = "$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
        wish.may_dial_numbers = true;
    });
}

inline schema::CreateConferenceT new_conference(const World& world, const std::string& id) {
    return with<schema::CreateConferenceT>([&](auto& wish) {
        wish.title = "Monday";
        wish.host_pin = stored(world.secrets().keyed_pin(id, "9999"));
        wish.guest_pin = stored(world.secrets().keyed_pin(id, "1234"));
        wish.people = {"bob"};
    });
}

inline schema::IncomingCallT call_to(const std::string& id, const std::string& caller) {
    return with<schema::IncomingCallT>([&](auto& wish) {
        wish.caller = caller;
        wish.source = "192.0.2.7";
        wish.called = id;
        wish.route = schema::Route::conference;
        wish.conference = id;
        wish.codec = "PCMA";
    });
}

template <class T>
T of_leg(const std::string& leg, bool on) {
    T wish;
    wish.leg = leg;
    wish.on = on;
    return wish;
}

inline schema::DialT dial(schema::TargetKind kind, std::string target) {
    return with<schema::DialT>([&](auto& wish) {
        wish.kind = kind;
        wish.target = std::move(target);
        wish.numbers_allowed = true;
    });
}

inline std::uint32_t seat_of(World& world, const StreamId& room, const std::string& name_or_leg) {
    for (const auto& seat : world.state<schema::ConferenceStateT>(room).seats) {
        if (seat.user == name_or_leg || seat.address == name_or_leg || seat.leg == name_or_leg)
            return seat.id;
    }
    return 0;
}

inline constexpr char story_room[] = "471100";
inline constexpr char host_leg[] = "00000000000000a1";
inline constexpr char guest_leg[] = "00000000000000b2";

inline void people_and_numbers(World& world) {
    for (const char* name : {"alice", "bob", "carol"}) world.ask(user(name), "server", new_user());
    world.ask(number("200"), "server",
              with<schema::ClaimNumberT>([](auto& w) { w.owner = "user/alice"; }));
    world.ask(number(story_room), "server",
              with<schema::ClaimNumberT>([](auto& w) { w.owner = "conference/471100"; }));
    world.ask(conversation("direct:alice:bob"), "user/alice",
              with<schema::CreateConversationT>([](auto& w) {
                  w.kind = schema::ConversationKind::direct;
                  w.members = {"alice", "bob"};
              }));
    world.ask(conversation("direct:alice:bob"), "user/bob", with<schema::SendMessageT>([](auto& w) {
                  w.text = "Shall we talk?";
                  w.via = "web";
              }));
    auto wish = new_conference(world, story_room);
    wish.conversation = "direct:alice:bob";
    world.ask(conference(story_room), "user/alice", wish);
}

inline void dial_in_and_talk(World& world) {
    const StreamId room = conference(story_room);
    world.pins[host_leg] = {"9999"};
    world.pins[guest_leg] = {"0000", "1234"};  // one wrong first
    auto from_alice = call_to(story_room, "alice-desk");
    from_alice.user = "alice";
    world.ask(call_leg(host_leg), "server", from_alice);
    world.ask(call_leg(guest_leg), "server", call_to(story_room, "+49301234"));
    world.advance(seconds(3));
    world.ask(room, "server", of_leg<schema::LegTalkingT>(host_leg, true));
    world.ask(room, "server", of_leg<schema::LegTalkingT>(guest_leg, true));
    const std::uint32_t guest = seat_of(world, room, guest_leg);
    world.ask(room, "user/alice",
              with<schema::SetMutedT>([&](auto& w) { w.seat = guest, w.muted = true; }));
    world.ask(room, "server",
              with<schema::LegKeyedT>([](auto& w) { w.leg = guest_leg, w.code = "*5"; }));
    world.ask(room, "user/alice", with<schema::SetMutedT>([&](auto& w) { w.seat = guest; }));
    world.ask(call_leg(guest_leg), "server", with<schema::CallHeldT>([](auto& w) { w.on = true; }));
    world.advance(seconds(5));
    world.ask(call_leg(guest_leg), "server", schema::CallHeldT{});
    world.ask(room, "user/alice", with<schema::SetAllMutedT>([](auto& w) { w.muted = true; }));
    world.ask(room, "user/alice", schema::SetAllMutedT{});
}

inline void dial_out(World& world) {
    const StreamId room = conference(story_room);
    world.manners = {{"bob", Manner::answers},
                     {"carol", Manner::is_busy},
                     {"+4940555", Manner::only_rings},
                     {"+4940666", Manner::stays_silent}};
    world.ask(room, "user/alice", dial(schema::TargetKind::user, "bob"));
    world.ask(room, "user/alice", dial(schema::TargetKind::user, "carol"));
    world.ask(room, "user/alice", dial(schema::TargetKind::number, "+4940555"));
    world.advance(seconds(46));  // nobody answers
    world.ask(room, "user/alice", dial(schema::TargetKind::number, "+4940666"));
    const std::uint32_t silent = seat_of(world, room, "+4940666");
    world.ask(room, "user/alice", with<schema::CancelDialT>([&](auto& w) { w.seat = silent; }));
}

inline void part(World& world) {
    const StreamId room = conference(story_room);
    const std::uint32_t guest = seat_of(world, room, guest_leg);
    world.ask(room, "user/alice", with<schema::RemoveSeatT>([&](auto& w) { w.seat = guest; }));
    world.ask(room, "user/alice", with<schema::SetLockedT>([](auto& w) { w.locked = true; }));
    world.ask(call_leg(world.dialled["bob"]), "server",
              with<schema::CallEndedT>([](auto& w) { w.cause = schema::Cause::hung_up; }));
    world.ask(room, "user/alice", schema::EndConferenceT{});
    world.advance(seconds(1));
}

inline void tell_story(World& world) {
    people_and_numbers(world);
    dial_in_and_talk(world);
    dial_out(world);
    part(world);
}

}  // namespace tests
