// What a conference's facts change in its state. Nothing here judges.
#include <algorithm>

#include "actors/conference.hpp"
#include "actors/limits.hpp"
#include "base/planted.hpp"

namespace actors {
namespace {

using schema::Cause;
using schema::SeatPhase;
using S = schema::ConferenceStateT;

schema::SeatT& seat(S& state, std::uint32_t id) {
    const auto found = std::ranges::find(state.seats, id, &schema::SeatT::id);
    ASSERT(found != state.seats.end());
    return *found;
}

schema::SeatT& seat_or_new(S& state, std::uint32_t id) {
    const auto found = std::ranges::find(state.seats, id, &schema::SeatT::id);
    if (found != state.seats.end()) return *found;
    auto& fresh = state.seats.emplace_back();
    fresh.id = id;
    state.next_seat = std::max(state.next_seat, id);
    return fresh;
}

void enter_phase(schema::SeatT& seat, const Context& at, SeatPhase phase) {
    seat.phase = phase;
    seat.since = at.now.us;
    if (phase != SeatPhase::left) {
        seat.cause = Cause::none;
        seat.sip_status = 0;
    }
    if (phase != SeatPhase::connected) {
        seat.talking = false;
        seat.silent = false;
        seat.on_hold = false;
    }
}

void leave(schema::SeatT& seat, const Context& at, Cause cause, std::uint16_t sip_status) {
    enter_phase(seat, at, SeatPhase::left);
    seat.cause = cause;
    seat.sip_status = sip_status;
}

void fold(S& state, const Context& at, const schema::ConferenceCreatedT& fact) {
    state.exists = true;
    state.title = fact.title;
    state.conversation = fact.conversation;
    state.number = fact.number;
    state.host_pin = fact.host_pin;
    state.guest_pin = fact.guest_pin;
    state.sealed_pins = fact.sealed_pins;
    state.created_by = fact.created_by;
    state.dial_policy = fact.dial_policy;
    state.created_at = at.now.us;
    state.capture = fact.capture;
    state.level_voices = fact.level_voices;
    state.gate_noise = fact.gate_noise;
    state.loudest = fact.loudest;
}
void fold(S& state, const Context& at, const schema::PersonInvitedT& fact) {
    auto& invited = seat_or_new(state, fact.seat);
    invited.user = fact.user;
    invited.name = fact.name;
    invited.role = fact.role;
    enter_phase(invited, at, SeatPhase::invited);
}
void fold(S& state, const Context& at, const schema::SeatDialledT& fact) {
    auto& dialled = seat_or_new(state, fact.seat);
    dialled.user = fact.user;
    if (dialled.name.empty() || fact.user.empty()) dialled.name = fact.name;
    dialled.address = fact.user.empty() ? fact.target : std::string{};
    dialled.leg = fact.leg;
    dialled.dialled_by = fact.by;
    enter_phase(dialled, at, SeatPhase::dialling);
}
void fold(S& state, const Context& at, const schema::SeatEnteredT& fact) {
    auto& entered = seat_or_new(state, fact.seat);
    entered.user = fact.user;
    entered.name = fact.name;
    entered.address = fact.address;
    entered.leg = fact.leg;
    entered.role = fact.role;
    entered.dialled_by.clear();
    enter_phase(entered, at, SeatPhase::connected);
}
void fold(S& state, const Context& at, const schema::SeatRingingT& fact) {
    enter_phase(seat(state, fact.seat), at, SeatPhase::ringing);
}
void fold(S& state, const Context& at, const schema::SeatConnectedT& fact) {
    enter_phase(seat(state, fact.seat), at, SeatPhase::connected);
}
void fold(S& state, const Context& at, const schema::SeatLeftT& fact) {
    auto& left = seat(state, fact.seat);
    leave(left, at, fact.cause, fact.sip_status);
    left.leg.clear();
    if (planted::is("pin_counter_reset_by_hang_up")) state.pin_failures.clear();
}
void fold(S&, const Context&, const schema::DialCancelledT&) {}  // the leg's end will follow
void fold(S& state, const Context& at, const schema::PinRefusedT& fact) {
    if (fact.blocked || fact.cause != Cause::none) return;
    std::erase_if(state.pin_failures, [&](const auto& failure) {
        return Instant{failure.at} <= at.now - pin_failure_window;
    });
    if (state.pin_failures.size() >= pin_failures_max)
        state.pin_failures.erase(state.pin_failures.begin());
    auto& failure = state.pin_failures.emplace_back();
    failure.at = at.now.us;
    failure.caller = fact.caller;
    failure.source = fact.source;
}
void fold(S& state, const Context&, const schema::SeatHeldT& fact) {
    auto& held = seat(state, fact.seat);
    held.on_hold = fact.on;
    if (fact.on) held.talking = false;
}
void fold(S& state, const Context&, const schema::SeatTalkingT& fact) {
    seat(state, fact.seat).talking = fact.on;
}
void fold(S& state, const Context&, const schema::SeatSilentT& fact) {
    seat(state, fact.seat).silent = fact.on;
}
void fold(S& state, const Context&, const schema::SeatMutedT& fact) {
    auto& one = seat(state, fact.seat);
    one.muted = fact.muted;
    one.muted_by_host = fact.muted && fact.by_host;
    if (fact.by_host) one.exempt = !fact.muted && state.all_muted;
    if (fact.muted) one.talking = false;
}
void fold(S& state, const Context&, const schema::AllMutedT& fact) {
    state.all_muted = fact.muted;
    for (auto& one : state.seats) {
        one.exempt = false;
        if (is_muted(state, one)) one.talking = false;
    }
}
void fold(S& state, const Context& at, const schema::HandRaisedT& fact) {
    seat(state, fact.seat).hand_at = fact.raised ? at.now.us : 0;
}
void fold(S& state, const Context& at, const schema::SeatRemovedT& fact) {
    auto& removed = seat(state, fact.seat);
    leave(removed, at, Cause::removed, 0);
    removed.hand_at = 0;
}
void fold(S& state, const Context&, const schema::LockSetT& fact) { state.locked = fact.locked; }
void fold(S& state, const Context& at, const schema::ConferenceEndedT&) {
    state.ended = true;
    state.ended_at = at.now.us;
    state.recording = schema::Recording::off;
    for (auto& one : state.seats) {
        if (is_live(one)) leave(one, at, Cause::conference_ended, 0);
        one.hand_at = 0;
    }
}
void fold(S& state, const Context&, const schema::RecordingSetT& fact) {
    state.recording = fact.what;
}
void fold(S& state, const Context&, const schema::SeatGainSetT& fact) {
    auto& one = seat(state, fact.seat);
    one.gain_in_db = fact.in_db;
    one.gain_out_db = fact.out_db;
}
void fold(S& state, const Context&, const schema::SeatDeafSetT& fact) {
    seat(state, fact.seat).deaf = fact.deaf;
}
void fold(S& state, const Context&, const schema::WhisperSetT& fact) {
    seat(state, fact.seat).whispers_to = fact.to;
}
// Recording goes on after a restart: nobody may find out later that half of it is missing.
void fold(S& state, const Context& at, const schema::PhonesLostT&) {
    for (auto& one : state.seats) {
        if (is_live(one)) leave(one, at, Cause::lost, 0);
        one.leg.clear();
        if (planted::is("mute_lost_at_restart")) one.muted = false;
    }
}

}  // namespace

void Conference::apply(const Context& at, OneOf<Event> fact) {
    fact.visit([&](const auto& one) { fold(state, at, one); });
}

journal::Agenda Conference::agenda() const {
    const bool telephones =
        std::ranges::any_of(state.seats, [](const auto& one) { return !one.leg.empty(); });
    return {.wake_at = {}, .on_restart = telephones};
}

}  // namespace actors
