#include "actors/conference.hpp"

#include <algorithm>

#include "actors/conference_rules.hpp"
#include "actors/limits.hpp"
#include "base/hash.hpp"
#include "base/planted.hpp"
#include "base/text.hpp"

namespace actors {

using schema::Cause;
using schema::Role;
using schema::SeatPhase;
using S = schema::ConferenceStateT;

bool is_live(const schema::SeatT& seat) noexcept {
    return seat.phase == SeatPhase::dialling || seat.phase == SeatPhase::ringing ||
           seat.phase == SeatPhase::connected;
}

bool is_muted(const S& state, const schema::SeatT& seat) noexcept {
    return seat.muted || (state.all_muted && seat.role == Role::guest && !seat.exempt);
}

bool is_host(const S& state, std::string_view by) {
    if (is_operator(by)) return true;
    const std::string_view person = person_behind(by);
    if (person.empty()) return false;
    if (planted::is("guests_steer") && takes_part(state, person)) return true;
    return state.created_by == person || std::ranges::any_of(state.seats, [&](const auto& seat) {
               return seat.user == person && seat.role == Role::host &&
                      seat.cause != Cause::removed;
           });
}

bool takes_part(const S& state, std::string_view user) {
    return !user.empty() && std::ranges::any_of(state.seats, [&](const auto& seat) {
        return seat.user == user && seat.cause != Cause::removed;
    });
}

namespace {

using conference_rules::find_seat;
using conference_rules::from_leg;
using conference_rules::happens_here;
using conference_rules::judge;
using conference_rules::seat_by_id;
using conference_rules::seat_by_leg;
using conference_rules::V;

// Somebody who left can have their row back, mutes and all: a person theirs, a telephone the one it
// had.
const schema::SeatT* free_seat(const S& state, const std::string& user,
                               const std::string& address) {
    return find_seat(state, [&](const auto& seat) {
        if (is_live(seat) || !seat.leg.empty()) return false;
        return user.empty() ? seat.user.empty() && !address.empty() && seat.address == address
                            : seat.user == user;
    });
}

std::size_t live_legs(const S& state) {
    return static_cast<std::size_t>(std::ranges::count_if(state.seats, is_live));
}

std::uint32_t seat_for(const S& state, const std::string& user, const std::string& address) {
    const auto* seat = free_seat(state, user, address);
    return seat ? seat->id : state.next_seat + 1;
}

bool has_row_for(const S& state, std::uint32_t seat) {
    return seat_by_id(state, seat) || state.seats.size() < seats_max;
}
bool has_room_for(const S& state, std::uint32_t seat) {
    return live_legs(state) < legs_max && has_row_for(state, seat);
}

// The 16 hexadecimal digits of a leg that this command calls into being.
std::string leg_name(CommandId id) {
    if (planted::is("leg_in_two_rooms")) return "00000000000000" + std::to_string(10 + id.low % 4);
    const std::string text = id.text();
    return text.substr(0, 16) == "0000000000000000" ? text.substr(16) : text.substr(0, 16);
}

// ---- the conference as a whole

bool is_zero(const schema::Hash& hash) { return !hash.a() && !hash.b() && !hash.c() && !hash.d(); }

V judge(const S& state, const Context& at, const schema::CreateConferenceT& wish) {
    const std::string person{person_behind(at.by)};
    if (person.empty() && !is_operator(at.by)) return fail(Refusal::not_allowed);
    if (state.exists) return fail(Refusal::already_exists);
    if (!base::is_number(at.self.name)) return fail(Refusal::bad_name);
    if (!wish.title.empty() && !base::is_text(wish.title, title_bytes_max, false))
        return fail(Refusal::bad_text);
    if (is_zero(wish.host_pin) || is_zero(wish.guest_pin) || wish.host_pin == wish.guest_pin) {
        return fail(Refusal::bad_value);
    }
    if (!wish.number.empty() && !base::is_number(wish.number)) return fail(Refusal::bad_value);
    if (!wish.conversation.empty() && !stream_name_allowed(wish.conversation))
        return fail(Refusal::bad_value);
    if (wish.loudest != loudest_everybody && wish.loudest > legs_max)
        return fail(Refusal::bad_value);
    for (const schema::Choice choice : {wish.capture, wish.level_voices, wish.gate_noise}) {
        if (choice > schema::Choice::MAX) return fail(Refusal::bad_value);
    }
    std::vector<std::string> people;
    if (!person.empty()) people.push_back(person);
    for (const std::string& user : wish.people) {
        if (!base::is_user_name(user)) return fail(Refusal::bad_name);
        if (std::ranges::find(people, user) == people.end()) people.push_back(user);
    }
    if (people.size() > seats_max) return fail(Refusal::full);
    schema::ConferenceCreatedT created;
    created.title = wish.title;
    created.conversation = wish.conversation;
    created.number = wish.number.empty() ? at.self.name : wish.number;
    created.host_pin = wish.host_pin;
    created.guest_pin = wish.guest_pin;
    created.sealed_pins = wish.sealed_pins;
    created.created_by = person;
    created.dial_policy = wish.dial_policy;
    created.capture = wish.capture;
    created.level_voices = wish.level_voices;
    created.gate_noise = wish.gate_noise;
    created.loudest = wish.loudest;
    std::vector<Conference::Event> events{std::move(created)};
    for (const std::string& user : people) {
        schema::PersonInvitedT invited;
        invited.seat = static_cast<std::uint32_t>(events.size());
        invited.user = user;
        invited.name = user;
        invited.role = user == person ? Role::host : Role::guest;
        invited.by = person;
        events.emplace_back(std::move(invited));
    }
    if (wish.record) {
        schema::RecordingSetT recorded;
        recorded.what = schema::Recording::on;
        recorded.by = std::string{at.by};
        events.emplace_back(std::move(recorded));
    }
    return events;
}

V judge(const S& state, const Context& at, const schema::SetLockedT& wish) {
    if (!is_host(state, at.by)) return fail(Refusal::not_allowed);
    if (state.locked == wish.locked) return happens_here();
    schema::LockSetT fact;
    fact.locked = wish.locked;
    return happens_here(fact);
}

V judge(const S& state, const Context& at, const schema::EndConferenceT&) {
    if (!is_host(state, at.by)) return fail(Refusal::not_allowed);
    schema::ConferenceEndedT fact;
    fact.by = std::string{at.by};
    return happens_here(std::move(fact));
}

V judge(const S& state, const Context&, const schema::RestartedT& wish) {
    const bool telephones =
        std::ranges::any_of(state.seats, [](const auto& seat) { return !seat.leg.empty(); });
    if (!telephones) return happens_here();
    schema::PhonesLostT fact;
    fact.epoch = wish.epoch;
    return happens_here(fact);
}

// ---- people and their telephones

bool may_bring_in(const S& state, const Context& at) {
    if (is_host(state, at.by)) return true;
    return state.dial_policy == schema::DialPolicy::everyone &&
           takes_part(state, person_behind(at.by));
}

V judge(const S& state, const Context& at, const schema::InvitePersonT& wish) {
    if (!may_bring_in(state, at)) return fail(Refusal::not_allowed);
    if (!base::is_user_name(wish.user)) return fail(Refusal::bad_name);
    if (state.locked && !is_host(state, at.by)) return fail(Refusal::locked);
    if (takes_part(state, wish.user)) return happens_here();
    const std::uint32_t seat = seat_for(state, wish.user, {});
    if (!has_row_for(state, seat)) return fail(Refusal::full);
    schema::PersonInvitedT fact;
    fact.seat = seat;
    fact.user = wish.user;
    fact.name = shown(wish.name, display_name_bytes_max);
    if (fact.name.empty()) fact.name = wish.user;
    fact.role = Role::guest;
    fact.by = std::string{person_behind(at.by)};
    return happens_here(std::move(fact));
}

bool target_allowed(const schema::DialT& wish) {
    switch (wish.kind) {
        case schema::TargetKind::user: return base::is_user_name(wish.target);
        case schema::TargetKind::number: return base::is_number(wish.target);
        case schema::TargetKind::address:
            return wish.target.starts_with("sip:") && wish.target.find(' ') == std::string::npos &&
                   base::is_text(wish.target, address_bytes_max, false);
    }
    return false;
}

V judge(const S& state, const Context& at, const schema::DialT& wish) {
    const std::string person{person_behind(at.by)};
    const bool to_user = wish.kind == schema::TargetKind::user;
    const bool calls_self = to_user && wish.target == person && takes_part(state, person);
    if (!may_bring_in(state, at) && !calls_self) return fail(Refusal::not_allowed);
    if (!to_user && !wish.numbers_allowed && !is_operator(at.by)) return fail(Refusal::not_allowed);
    if (!target_allowed(wish)) return fail(Refusal::bad_value);
    if (state.locked && !is_host(state, at.by)) return fail(Refusal::locked);
    const std::string user = to_user ? wish.target : std::string{};
    const std::string address = to_user ? std::string{} : wish.target;
    const bool already = std::ranges::any_of(state.seats, [&](const auto& seat) {
        return is_live(seat) && (to_user ? seat.user == user : seat.address == address);
    });
    if (already) return happens_here();  // one person is not rung twice
    const std::uint32_t seat = seat_for(state, user, address);
    if (!has_room_for(state, seat)) return fail(Refusal::full);
    schema::SeatDialledT fact;
    fact.seat = seat;
    fact.leg = leg_name(at.id);
    fact.kind = wish.kind;
    fact.target = wish.target;
    fact.user = user;
    fact.name = shown(wish.name, display_name_bytes_max);
    if (fact.name.empty()) fact.name = wish.target;
    fact.by = person;
    return happens_here(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::CancelDialT& wish) {
    const auto* seat = seat_by_id(state, wish.seat);
    if (!seat) return fail(Refusal::no_such_seat);
    const std::string_view person = person_behind(at.by);
    const bool own = !person.empty() && (seat->dialled_by == person || seat->user == person);
    if (!own && !is_host(state, at.by)) return fail(Refusal::not_allowed);
    if (seat->phase != SeatPhase::dialling && seat->phase != SeatPhase::ringing)
        return fail(Refusal::not_connected);
    schema::DialCancelledT fact;
    fact.seat = seat->id;
    fact.leg = seat->leg;
    fact.by = std::string{person};
    return happens_here(std::move(fact));
}

V refuse_pin(const schema::TryPinT& wish, bool blocked, Cause cause) {
    schema::PinRefusedT fact;
    fact.leg = wish.leg;
    fact.caller = wish.caller;
    fact.source = wish.source;
    fact.blocked = blocked;
    fact.cause = cause;
    return happens_here(std::move(fact));
}

// A conference that does not exist answers like a wrong PIN, so that nobody learns which ones do.
V judge(const S& state, const Context& at, const schema::TryPinT& wish) {
    if (!from_leg(at, wish.leg)) return fail(Refusal::not_allowed);
    if (!stream_name_allowed(wish.leg) || (!wish.user.empty() && !base::is_user_name(wish.user))) {
        return fail(Refusal::bad_value);
    }
    if (seat_by_leg(state, wish.leg)) return happens_here();
    const auto recent = std::ranges::count_if(state.pin_failures, [&](const auto& failure) {
        return Instant{failure.at} > at.now - pin_failure_window;
    });
    if (static_cast<std::size_t>(recent) >= pin_failures_max)
        return refuse_pin(wish, true, Cause::barred);
    if (!state.exists) return refuse_pin(wish, false, Cause::none);
    const bool host = wish.pin == state.host_pin;
    const bool fits = host || wish.pin == state.guest_pin;
    if (!fits && !planted::is("pin_accepted_without_check"))
        return refuse_pin(wish, false, Cause::none);
    if (state.ended) return refuse_pin(wish, false, Cause::conference_ended);
    if (state.locked && !host && !planted::is("locked_door_open"))
        return refuse_pin(wish, false, Cause::locked);
    const std::uint32_t id = seat_for(state, wish.user, wish.caller);
    if (!has_room_for(state, id)) return refuse_pin(wish, false, Cause::full);
    const auto* seat = seat_by_id(state, id);
    schema::SeatEnteredT fact;
    fact.seat = id;
    fact.leg = wish.leg;
    fact.user = wish.user;
    fact.name = !wish.user.empty() && seat ? seat->name : shown(wish.name, display_name_bytes_max);
    if (fact.name.empty()) fact.name = wish.user.empty() ? wish.caller : wish.user;
    fact.address = wish.caller;
    fact.role =
        host || (seat && !wish.user.empty() && seat->role == Role::host) ? Role::host : Role::guest;
    return happens_here(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::LegChangedT& wish) {
    if (!from_leg(at, wish.leg)) return fail(Refusal::not_allowed);
    const auto* seat = seat_by_leg(state, wish.leg);
    if (!seat) return happens_here();
    switch (wish.phase) {
        case SeatPhase::ringing: {
            if (seat->phase != SeatPhase::dialling) return happens_here();
            schema::SeatRingingT fact;
            fact.seat = seat->id;
            return happens_here(fact);
        }
        case SeatPhase::connected: {
            if (seat->phase != SeatPhase::dialling && seat->phase != SeatPhase::ringing)
                return happens_here();
            schema::SeatConnectedT fact;
            fact.seat = seat->id;
            return happens_here(fact);
        }
        case SeatPhase::left: {
            schema::SeatLeftT fact;
            fact.seat = seat->id;
            // What a host or the end of the conference did is the reason, not the BYE that followed
            // from it.
            fact.cause = seat->phase == SeatPhase::left ? seat->cause : wish.cause;
            fact.sip_status = wish.sip_status;
            fact.was_connected = seat->phase == SeatPhase::connected;
            return happens_here(fact);
        }
        case SeatPhase::invited:
        case SeatPhase::dialling: return happens_here();
    }
    return fail(Refusal::bad_value);
}

V judge(const S& state, const Context& at, const schema::RemoveSeatT& wish) {
    if (!is_host(state, at.by)) return fail(Refusal::not_allowed);
    const auto* seat = seat_by_id(state, wish.seat);
    if (!seat) return fail(Refusal::no_such_seat);
    if (!seat->user.empty() && seat->user == state.created_by) return fail(Refusal::not_allowed);
    if (seat->cause == Cause::removed) return happens_here();
    schema::SeatRemovedT fact;
    fact.seat = seat->id;
    fact.leg = seat->leg;
    fact.by = std::string{person_behind(at.by)};
    return happens_here(std::move(fact));
}

// After the end only telephones still report how they end; before the start only a PIN is answered.
bool still_heard(OneOf<Conference::Command> wish) {
    return wish.holds<schema::LegChangedT>() || wish.holds<schema::TryPinT>() ||
           wish.holds<schema::RestartedT>();
}

}  // namespace

V Conference::decide(const Context& at, OneOf<Command> wish) const {
    const bool creates = wish.holds<schema::CreateConferenceT>();
    const bool pin = wish.holds<schema::TryPinT>();
    if (!state.exists && !creates && !pin) return fail(Refusal::no_such_conference);
    if (state.ended && !creates && !still_heard(wish)) return fail(Refusal::ended);
    return wish.visit([&](const auto& one) { return judge(state, at, one); });
}

}  // namespace actors
