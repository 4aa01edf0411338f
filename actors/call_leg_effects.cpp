// What follows from a leg's facts: responses and requests on the telephone side, and word to its
// conference.
#include "actors/call_leg.hpp"
#include "base/planted.hpp"

namespace actors {
namespace {

using schema::Cause;
using schema::SeatPhase;
using S = schema::CallLegStateT;

void tell_conference(const S& state, schema::CommandUnion wish, Effects& effects) {
    if (state.conference.empty()) return;
    effects.emplace_back(Tell{{StreamKind::conference, state.conference}, std::move(wish)});
}

void report(const S& state, const Context& at, SeatPhase phase, Effects& effects) {
    schema::LegChangedT change;
    change.leg = at.self.name;
    change.seat = state.seat;
    change.phase = phase;
    change.cause = state.cause;
    change.sip_status = state.sip_status;
    tell_conference(state, command(std::move(change)), effects);
}

void report_hold(const S& state, const Context& at, Effects& effects) {
    schema::LegHeldT held;
    held.leg = at.self.name;
    held.on = state.on_hold;
    tell_conference(state, command(std::move(held)), effects);
}

// What a caller hears last. Empty: nothing is left to say.
const char* farewell(Cause cause) {
    switch (cause) {
        case Cause::conference_ended: return "ended";
        case Cause::removed: return "removed";
        case Cause::locked: return "locked";
        case Cause::full: return "full";
        case Cause::wrong_pin:
        case Cause::barred:
        case Cause::gave_up: return "goodbye";
        case Cause::none:
        case Cause::hung_up:
        case Cause::busy:
        case Cause::no_answer:
        case Cause::cancelled:
        case Cause::refused:
        case Cause::failed:
        case Cause::unknown_number:
        case Cause::codec_mismatch:
        case Cause::lost:
        case Cause::not_registered:
        case Cause::not_encrypted:
        case Cause::media_timeout: return "";
    }
    return "";
}

void follow(const S&, const Context& at, const schema::CallOfferedT& fact, Effects& effects) {
    if (fact.answer) effects.emplace_back(AnswerCall{at.self.name});
}
void follow(const S& state, const Context& at, const schema::CallPlacedT& fact, Effects& effects) {
    effects.emplace_back(DialCall{at.self.name, fact.kind, fact.target, state.name, state.caller});
}
void follow(const S& state, const Context& at, const schema::LegRingingT&, Effects& effects) {
    report(state, at, SeatPhase::ringing, effects);
}
void follow(const S& state, const Context& at, const schema::ConferenceAskedT& fact,
            Effects& effects) {
    const char* first = fact.attempt == 1 ? "welcome" : "unknown_conference";
    effects.emplace_back(PlayPrompts{at.self.name, {first, "enter_conference"}, true});
    effects.emplace_back(CollectKeys{at.self.name, Keys::conference, state.conference});
}
void follow(const S& state, const Context& at, const schema::PinAskedT& fact, Effects& effects) {
    std::vector<std::string> prompts{"enter_pin"};
    if (fact.attempt > 1) prompts.insert(prompts.begin(), "wrong_pin");
    if (fact.attempt == 1 && state.route == schema::Route::conference)
        prompts.insert(prompts.begin(), "welcome");
    effects.emplace_back(PlayPrompts{at.self.name, std::move(prompts), true});
    effects.emplace_back(CollectKeys{at.self.name, Keys::pin, fact.conference});
}
void follow(const S& state, const Context& at, const schema::PinTriedT& fact, Effects& effects) {
    schema::TryPinT wish;
    wish.leg = at.self.name;
    wish.pin = fact.pin;
    wish.caller = state.caller;
    wish.name = state.name;
    wish.user = state.user;
    wish.source = state.source;
    effects.emplace_back(CollectKeys{at.self.name, Keys::nothing, state.conference});
    tell_conference(state, command(std::move(wish)), effects);
}
void follow(const S& state, const Context& at, const schema::LegAdmittedT& fact, Effects& effects) {
    std::vector<std::string> prompts{state.inbound ? "joined" : "invited"};
    if (fact.recorded) prompts.emplace_back("recording_on");
    effects.emplace_back(PlayPrompts{at.self.name, std::move(prompts), true});
    effects.emplace_back(CollectKeys{at.self.name, Keys::codes, state.conference});
    if (!state.inbound) report(state, at, SeatPhase::connected, effects);
    if (state.on_hold)
        report_hold(state, at, effects);  // it could not know before it had a seat for us
}
void follow(const S& state, const Context& at, const schema::LegHoldSetT&, Effects& effects) {
    report_hold(state, at, effects);
}
void follow(const S& state, const Context& at, const schema::LegEndedT& fact, Effects& effects) {
    const bool never_answered = state.inbound && state.answered_at == 0;
    if (never_answered && fact.by_us && fact.sip_status != 0) {
        effects.emplace_back(RefuseCall{at.self.name, fact.sip_status});
    } else {
        const bool hears = fact.by_us && state.answered_at != 0;
        effects.emplace_back(EndCall{at.self.name, fact.cause, hears ? farewell(fact.cause) : ""});
    }
    if (planted::is("port_leaked_on_cancelled_dial") && fact.cause == Cause::cancelled) return;
    if (state.route != schema::Route::none || !state.inbound)
        report(state, at, SeatPhase::left, effects);
}
void follow(const S&, const Context&, const schema::LegAnsweredT&, Effects&) {}

}  // namespace

void CallLeg::react(const Context& at, OneOf<Event> fact, Effects& effects) const {
    fact.visit([&](const auto& one) { follow(state, at, one, effects); });
}

}  // namespace actors
