#include "actors/call_leg.hpp"

#include "actors/limits.hpp"
#include "base/text.hpp"

namespace actors {
namespace {

using schema::Cause;
using schema::LegPhase;
using V = Verdict<CallLeg::Event>;
using S = schema::CallLegStateT;

template <class... Facts>
V happens_here(Facts&&... facts) {
    return happens<CallLeg::Event>(std::forward<Facts>(facts)...);
}

bool is_live(const S& state) {
    return state.phase != LegPhase::none && state.phase != LegPhase::ended;
}
bool is_calling(const S& state) {
    return state.phase == LegPhase::dialling || state.phase == LegPhase::ringing;
}

bool from_conference(const S& state, const Context& at) {
    return is_operator(at.by) || at.by == StreamId{StreamKind::conference, state.conference}.text();
}

schema::LegEndedT ended(Cause cause, std::uint16_t sip_status, bool by_us) {
    schema::LegEndedT fact;
    fact.cause = cause;
    fact.sip_status = sip_status;
    fact.by_us = by_us;
    return fact;
}

schema::PinAskedT ask_pin(const std::string& conference, std::uint32_t attempt) {
    schema::PinAskedT fact;
    fact.conference = conference;
    fact.attempt = attempt;
    return fact;
}

schema::ConferenceAskedT ask_conference(std::uint32_t attempt) {
    schema::ConferenceAskedT fact;
    fact.attempt = attempt;
    return fact;
}

// ---- a call begins

V judge(const S& state, const Context& at, const schema::IncomingCallT& wish) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (state.phase != LegPhase::none) return fail(Refusal::already_exists);
    if (!wish.user.empty() && !base::is_user_name(wish.user)) return fail(Refusal::bad_value);
    const bool routed = wish.route == schema::Route::conference;
    if (routed && !stream_name_allowed(wish.conference)) return fail(Refusal::bad_value);
    schema::CallOfferedT offered;
    offered.caller = shown(wish.caller, address_bytes_max);
    offered.name = shown(wish.name, display_name_bytes_max);
    offered.user = wish.user;
    offered.source = wish.source;
    offered.called = shown(wish.called, address_bytes_max);
    offered.route = wish.route;
    if (routed) offered.conference = wish.conference;
    offered.codec = wish.codec;
    if (wish.unfit != 0)
        return happens_here(std::move(offered), ended(wish.unfit_cause, wish.unfit, true));
    if (wish.route == schema::Route::none) {
        return happens_here(std::move(offered), ended(Cause::unknown_number, 404, true));
    }
    offered.answer = true;
    return happens_here(std::move(offered));
}

V judge(const S& state, const Context& at, const schema::PlaceCallT& wish) {
    const bool own = at.by == StreamId{StreamKind::conference, wish.conference}.text();
    if (!own && !is_operator(at.by)) return fail(Refusal::not_allowed);
    if (state.phase != LegPhase::none) return fail(Refusal::already_exists);
    if (!stream_name_allowed(wish.conference)) return fail(Refusal::bad_value);
    schema::CallPlacedT fact;
    fact.conference = wish.conference;
    fact.seat = wish.seat;
    fact.kind = wish.kind;
    fact.target = wish.target;
    fact.name = wish.name;
    fact.caller = wish.caller;
    fact.deadline = (at.now + ring_patience).us;
    return happens_here(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::CallRingingT&) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (state.phase != LegPhase::dialling) return happens_here();
    return happens_here(schema::LegRingingT{});
}

V judge(const S& state, const Context& at, const schema::CallAnsweredT& wish) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    schema::LegAnsweredT answered;
    answered.codec = wish.codec;
    if (is_calling(state)) {
        schema::LegAdmittedT admitted;
        admitted.seat = state.seat;
        return happens_here(std::move(answered), admitted);
    }
    if (state.phase != LegPhase::offered) return happens_here();
    if (state.route == schema::Route::access)
        return happens_here(std::move(answered), ask_conference(1));
    return happens_here(std::move(answered), ask_pin(state.conference, 1));
}

// ---- who are you, and where to?

V judge(const S& state, const Context& at, const schema::ConferenceKeyedT& wish) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (state.phase != LegPhase::asking_conference) return happens_here();
    // Whether there is such a conference is told with the PIN, in the same words as a wrong one.
    if (base::is_number(wish.digits) && wish.digits.size() <= 12)
        return happens_here(ask_pin(wish.digits, 1));
    if (state.asked < conference_asks_max) return happens_here(ask_conference(state.asked + 1));
    return happens_here(ended(Cause::gave_up, 0, true));
}

V judge(const S& state, const Context& at, const schema::PinKeyedT& wish) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (state.phase != LegPhase::asking_pin) return happens_here();
    schema::PinTriedT fact;
    fact.pin = wish.pin;
    return happens_here(fact);
}

V judge(const S& state, const Context& at, const schema::PinAcceptedT& wish) {
    if (!from_conference(state, at)) return fail(Refusal::not_allowed);
    // The conference seated us without knowing that we are gone: it is told once more.
    if (state.phase == LegPhase::ended)
        return happens_here(ended(state.cause, state.sip_status, false));
    if (state.phase != LegPhase::checking_pin) return happens_here();
    schema::LegAdmittedT fact;
    fact.seat = wish.seat;
    fact.recorded = wish.recorded;
    return happens_here(fact);
}

V judge(const S& state, const Context& at, const schema::PinWrongT& wish) {
    if (!from_conference(state, at)) return fail(Refusal::not_allowed);
    if (state.phase != LegPhase::checking_pin) return happens_here();
    if (wish.cause != Cause::none) return happens_here(ended(wish.cause, 0, true));
    if (state.pin_attempts >= pin_attempts_max)
        return happens_here(ended(Cause::wrong_pin, 0, true));
    return happens_here(ask_pin(state.conference, state.pin_attempts + 1));
}

V judge(const S& state, const Context& at, const schema::KeyingStoppedT&) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    const bool asking =
        state.phase == LegPhase::asking_conference || state.phase == LegPhase::asking_pin;
    return asking ? happens_here(ended(Cause::gave_up, 0, true)) : happens_here();
}

// ---- in the call, and its end

V judge(const S& state, const Context& at, const schema::CallHeldT& wish) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (!is_live(state) || state.on_hold == wish.on) return happens_here();
    schema::LegHoldSetT fact;
    fact.on = wish.on;
    return happens_here(fact);
}

V judge(const S& state, const Context& at, const schema::CallEndedT& wish) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (!is_live(state)) return happens_here();
    return happens_here(ended(wish.cause, wish.sip_status, false));
}

V judge(const S& state, const Context& at, const schema::HangUpT& wish) {
    const bool not_yet_placed = state.phase == LegPhase::none && at.by.starts_with("conference/");
    if (!not_yet_placed && !from_conference(state, at)) return fail(Refusal::not_allowed);
    // Overtook its PlaceCall, which then finds the leg over and rings nobody.
    if (!is_live(state) && !not_yet_placed) return happens_here();
    return happens_here(ended(wish.cause, 0, true));
}

V judge(const S& state, const Context&, const schema::RestartedT&) {
    if (!is_live(state)) return happens_here();
    return happens_here(ended(Cause::lost, 0, true));
}

V judge(const S& state, const Context& at, const schema::WakeT&) {
    if (state.deadline == 0 || at.now < Instant{state.deadline}) return happens_here();
    switch (state.phase) {
        case LegPhase::dialling:
        case LegPhase::ringing: return happens_here(ended(Cause::no_answer, 408, true));
        case LegPhase::asking_conference:
        case LegPhase::asking_pin: return happens_here(ended(Cause::gave_up, 0, true));
        case LegPhase::offered:
        case LegPhase::checking_pin: return happens_here(ended(Cause::failed, 0, true));
        case LegPhase::none:
        case LegPhase::connected:
        case LegPhase::ended: return happens_here();
    }
    return happens_here();
}

// ---- facts

void wait_in(S& state, LegPhase phase, const Context& at, Duration patience) {
    state.phase = phase;
    state.deadline = (at.now + patience).us;
}

void fold(S& state, const Context& at, const schema::CallOfferedT& fact) {
    state.inbound = true;
    state.caller = fact.caller;
    state.name = fact.name;
    state.user = fact.user;
    state.source = fact.source;
    state.called = fact.called;
    state.route = fact.route;
    state.conference = fact.conference;
    state.codec = fact.codec;
    state.started_at = at.now.us;
    wait_in(state, LegPhase::offered, at, answer_patience);
}
void fold(S& state, const Context& at, const schema::CallPlacedT& fact) {
    state.conference = fact.conference;
    state.seat = fact.seat;
    state.target_kind = fact.kind;
    state.called = fact.target;
    state.caller = fact.caller;
    state.name = fact.name;
    state.started_at = at.now.us;
    state.phase = LegPhase::dialling;
    state.deadline = fact.deadline;
}
void fold(S& state, const Context&, const schema::LegRingingT&) { state.phase = LegPhase::ringing; }
void fold(S& state, const Context& at, const schema::LegAnsweredT& fact) {
    state.answered_at = at.now.us;
    if (!fact.codec.empty()) state.codec = fact.codec;
}
void fold(S& state, const Context& at, const schema::ConferenceAskedT& fact) {
    state.asked = fact.attempt;
    wait_in(state, LegPhase::asking_conference, at, keying_patience);
}
void fold(S& state, const Context& at, const schema::PinAskedT& fact) {
    state.conference = fact.conference;
    wait_in(state, LegPhase::asking_pin, at, keying_patience);
}
void fold(S& state, const Context& at, const schema::PinTriedT&) {
    ++state.pin_attempts;
    wait_in(state, LegPhase::checking_pin, at, check_patience);
}
void fold(S& state, const Context&, const schema::LegAdmittedT& fact) {
    state.seat = fact.seat;
    state.phase = LegPhase::connected;
    state.deadline = 0;
}
void fold(S& state, const Context&, const schema::LegHoldSetT& fact) { state.on_hold = fact.on; }
void fold(S& state, const Context& at, const schema::LegEndedT& fact) {
    if (state.phase == LegPhase::none) {
        if (const auto by = parse_stream(at.by); by && by->kind == StreamKind::conference)
            state.conference = by->name;
    }
    state.phase = LegPhase::ended;
    state.deadline = 0;
    if (state.ended_at == 0) state.ended_at = at.now.us;
    state.cause = fact.cause;
    state.sip_status = fact.sip_status;
}

}  // namespace

V CallLeg::decide(const Context& at, OneOf<Command> wish) const {
    return wish.visit([&](const auto& one) { return judge(state, at, one); });
}

void CallLeg::apply(const Context& at, OneOf<Event> fact) {
    fact.visit([&](const auto& one) { fold(state, at, one); });
}

journal::Agenda CallLeg::agenda() const {
    return {.wake_at = {state.deadline}, .on_restart = is_live(state)};
}

}  // namespace actors
