// What follows from a conference's facts: calls, rooms, prompts, and word to the people and their
// chat.
#include <algorithm>

#include "actors/conference.hpp"
#include "base/planted.hpp"

namespace actors {
namespace {

using schema::Cause;
using schema::SeatPhase;
using S = schema::ConferenceStateT;

const schema::SeatT& seat(const S& state, std::uint32_t id) {
    const auto found = std::ranges::find(state.seats, id, &schema::SeatT::id);
    ASSERT(found != state.seats.end());
    return *found;
}

RoomSeat room_seat(const S& state, const schema::SeatT& one) {
    RoomSeat in_room{
        .leg = one.leg,
        .speaks = !is_muted(state, one) && (!one.on_hold || planted::is("held_leg_heard")),
        .hears = !one.on_hold && !one.deaf,
        .gain_in_db = one.gain_in_db,
        .gain_out_db = one.gain_out_db,
        .only_to = {}};
    if (one.whispers_to == 0) return in_room;
    // Who whispers to somebody that is not there is heard by nobody, least of all by everybody.
    const auto& pupil = seat(state, one.whispers_to);
    if (pupil.phase == SeatPhase::connected) {
        in_room.only_to = pupil.leg;
    } else {
        in_room.speaks = false;
    }
    return in_room;
}

void update_room(const S& state, const Context& at, Effects& effects) {
    UpdateRoom room{.conference = at.self.name,
                    .seats = {},
                    .sound = {state.capture, state.level_voices, state.gate_noise, state.loudest},
                    .recording = state.recording};
    for (const auto& one : state.seats) {
        const bool stays = planted::is("removed_leg_stays_in_mix") && !one.leg.empty();
        if (one.phase == SeatPhase::connected || stays) room.seats.push_back(room_seat(state, one));
    }
    effects.emplace_back(std::move(room));
}

void announce(const Context& at, const char* prompt, Effects& effects) {
    effects.emplace_back(AnnounceRoom{at.self.name, prompt});
}

void tell_leg(const std::string& leg, schema::CommandUnion wish, Effects& effects) {
    if (!leg.empty()) effects.emplace_back(Tell{{StreamKind::call_leg, leg}, std::move(wish)});
}

void hang_up(const std::string& leg, Cause cause, Effects& effects) {
    schema::HangUpT wish;
    wish.cause = cause;
    tell_leg(leg, command(wish), effects);
}

template <class Told>
void tell_user(const Context& at, const std::string& user, Effects& effects) {
    if (user.empty()) return;
    Told told;
    told.conference = at.self.name;
    effects.emplace_back(Tell{{StreamKind::user, user}, command(std::move(told))});
}

template <class Told>
void tell_chat(const S& state, const Context& at, Effects& effects) {
    if (state.conversation.empty()) return;
    Told told;
    told.conference = at.self.name;
    effects.emplace_back(
        Tell{{StreamKind::conversation, state.conversation}, command(std::move(told))});
}

void say_to(const schema::SeatT& one, const char* prompt, Effects& effects) {
    if (one.phase == SeatPhase::connected)
        effects.emplace_back(PlayPrompts{one.leg, {prompt}, false});
}

void strike(const std::string& guard, Effects& effects) {
    schema::StrikeT wish;
    wish.reason = "wrong PIN";
    effects.emplace_back(Tell{{StreamKind::guard, guard}, command(std::move(wish))});
}

void follow(const S& state, const Context& at, const schema::ConferenceCreatedT&,
            Effects& effects) {
    tell_chat<schema::LinkConferenceT>(state, at, effects);
}
void follow(const S&, const Context& at, const schema::PersonInvitedT& fact, Effects& effects) {
    tell_user<schema::EnterConferenceT>(at, fact.user, effects);
}
void follow(const S& state, const Context& at, const schema::SeatDialledT& fact, Effects& effects) {
    tell_user<schema::EnterConferenceT>(at, fact.user, effects);
    schema::PlaceCallT call;
    call.conference = at.self.name;
    call.seat = fact.seat;
    call.kind = fact.kind;
    call.target = fact.target;
    call.name = state.title.empty() ? "Conference " + state.number : state.title;
    call.caller = state.number;
    tell_leg(fact.leg, command(std::move(call)), effects);
}
void follow(const S& state, const Context& at, const schema::SeatEnteredT& fact, Effects& effects) {
    schema::PinAcceptedT accepted;
    accepted.seat = fact.seat;
    accepted.recorded = state.recording == schema::Recording::on;
    tell_leg(fact.leg, command(accepted), effects);
    tell_user<schema::EnterConferenceT>(at, fact.user, effects);
    announce(at, "someone_joined",
             effects);  // before the newcomer is in the room: they hear "joined"
    update_room(state, at, effects);
}
void follow(const S& state, const Context& at, const schema::SeatConnectedT& fact,
            Effects& effects) {
    announce(at, "someone_joined", effects);
    update_room(state, at, effects);
    // Who comes in while it is recorded has to know; who dials in hears it with "joined".
    if (state.recording == schema::Recording::on)
        say_to(seat(state, fact.seat), "recording_on", effects);
}
void follow(const S& state, const Context& at, const schema::SeatLeftT& fact, Effects& effects) {
    if (!fact.was_connected) return;
    update_room(state, at, effects);
    announce(at, "someone_left", effects);
}
void follow(const S&, const Context&, const schema::DialCancelledT& fact, Effects& effects) {
    if (!planted::is("cancel_not_passed_on")) hang_up(fact.leg, Cause::cancelled, effects);
}
void follow(const S&, const Context&, const schema::PinRefusedT& fact, Effects& effects) {
    schema::PinWrongT wrong;
    wrong.blocked = fact.blocked;
    wrong.cause = fact.cause;
    tell_leg(fact.leg, command(wrong), effects);
    if (fact.blocked || fact.cause != Cause::none || planted::is("strike_lost")) return;
    if (stream_name_allowed("caller:" + fact.caller)) strike("caller:" + fact.caller, effects);
    // A trunk carries a whole country's callers: it is not to blame for one of them.
    const bool own_address = !fact.source.empty() && !fact.source.starts_with("trunk:");
    if (own_address && stream_name_allowed("source:" + fact.source))
        strike("source:" + fact.source, effects);
}
void follow(const S& state, const Context& at, const schema::SeatHeldT&, Effects& effects) {
    update_room(state, at, effects);
}
void follow(const S& state, const Context& at, const schema::SeatMutedT& fact, Effects& effects) {
    update_room(state, at, effects);
    const auto& one = seat(state, fact.seat);
    say_to(one, is_muted(state, one) ? "you_are_muted" : "you_are_not_muted", effects);
}
void follow(const S& state, const Context& at, const schema::AllMutedT&, Effects& effects) {
    update_room(state, at, effects);
}
void follow(const S& state, const Context&, const schema::HandRaisedT& fact, Effects& effects) {
    if (fact.raised) say_to(seat(state, fact.seat), "hand_raised", effects);
}
void follow(const S& state, const Context& at, const schema::SeatRemovedT& fact, Effects& effects) {
    update_room(state, at, effects);
    hang_up(fact.leg, Cause::removed, effects);
    tell_user<schema::LeaveConferenceT>(at, seat(state, fact.seat).user, effects);
}
void follow(const S& state, const Context& at, const schema::ConferenceEndedT&, Effects& effects) {
    update_room(state, at, effects);
    for (const auto& one : state.seats) {
        if (!planted::is("calls_go_on_after_the_end"))
            hang_up(one.leg, Cause::conference_ended, effects);
        tell_user<schema::LeaveConferenceT>(at, one.user, effects);
    }
    tell_chat<schema::UnlinkConferenceT>(state, at, effects);
    schema::ReleaseNumberT release;
    release.owner = at.self.text();
    if (planted::is("number_kept_after_the_end")) return;
    effects.emplace_back(Tell{{StreamKind::number, state.number}, command(std::move(release))});
}
void follow(const S& state, const Context& at, const schema::PhonesLostT&, Effects& effects) {
    update_room(state, at, effects);
}
void follow(const S& state, const Context& at, const schema::RecordingSetT& fact,
            Effects& effects) {
    update_room(state, at, effects);
    const bool on = fact.what == schema::Recording::on;
    announce(at, on ? "recording_on" : "recording_off", effects);
}
void follow(const S& state, const Context& at, const schema::SeatGainSetT&, Effects& effects) {
    update_room(state, at, effects);
}
void follow(const S& state, const Context& at, const schema::SeatDeafSetT&, Effects& effects) {
    update_room(state, at, effects);
}
void follow(const S& state, const Context& at, const schema::WhisperSetT&, Effects& effects) {
    update_room(state, at, effects);
}
void follow(const S&, const Context&, const schema::SeatRingingT&, Effects&) {}
void follow(const S&, const Context&, const schema::SeatTalkingT&, Effects&) {}
void follow(const S&, const Context&, const schema::SeatSilentT&, Effects&) {}
void follow(const S&, const Context&, const schema::LockSetT&, Effects&) {}

}  // namespace

void Conference::react(const Context& at, OneOf<Event> fact, Effects& effects) const {
    fact.visit([&](const auto& one) { follow(state, at, one, effects); });
}

}  // namespace actors
