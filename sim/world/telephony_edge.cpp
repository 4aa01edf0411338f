// The server's end of calls that come in, and what the house wants of all calls: as
// edges/sip/arrivals.cpp, calls.cpp and effects.cpp.
#include "actors/statuses.hpp"
#include "journal/stored.hpp"
#include "sim/world/rooms.hpp"
#include "sim/world/telephony.hpp"

namespace sim {

using schema::Cause;

namespace {

constexpr const char* server = "server";
constexpr double prompt_s = 2;  // of one, about; a farewell is one

using actors::status_of;

}  // namespace

// ---- ports and words to the house

void Telephony::open_port(Call& call, Stage stage) {
    call.stage = stage;
    ground_.figures.level(Metric::ports_in_use, ground_.now(), ++ports_);
}

/// The edge forgets the call.
void Telephony::drop_edge(Call& call) {
    if (call.stage == Stage::gone) return;
    rooms_.leg_down(call.id);
    call.stage = Stage::gone;
    ground_.figures.level(Metric::ports_in_use, ground_.now(), --ports_);
    forget_if_done(call);
}

void Telephony::tell(const Call& call, schema::CommandUnion wish) {
    ground_.send({StreamKind::call_leg, leg_name(call.id)}, server, std::move(wish));
}

void Telephony::tell_ended(const Call& call, Cause cause, int status) {
    schema::CallEndedT ended;
    ended.cause = cause;
    ended.sip_status = static_cast<std::uint16_t>(status);
    tell(call, actors::command(ended));
}

// ---- who, and whereto

void Telephony::refuse_at_once(CallId id, int status) {
    Call* call = find(id);
    if (call == nullptr) return;
    call->status = status;
    send_over(id, &Telephony::refusal_reaches_phone);
    drop_edge(*call);
}

void Telephony::invite_arrives(CallId id) {
    Call* call = find(id);
    if (call == nullptr || !call->lifted) return;  // cancelled on the way
    if (ports_full()) return refuse_at_once(id, 503);
    open_port(*call, Stage::arriving);
    // Nobody is asked about a caller who never keyed a wrong PIN: the answer is known.
    if (!strangers_.contains(call->invite.caller)) return find_route(id);
    ground_.send({StreamKind::guard, "caller:" + call->invite.caller}, server,
                 actors::command(schema::CheckGuardT{}), [this, id](const actors::Answer& answer) {
                     if (answer.refusal == actors::Refusal::blocked) return refuse_at_once(id, 403);
                     find_route(id);
                 });
}

void Telephony::find_route(CallId id) {
    const Call* call = find(id);
    if (call == nullptr || call->stage != Stage::arriving) return;
    if (!call->invite.conference.empty()) return offer(id, call->invite.conference);
    ground_.view({StreamKind::number, call->invite.called}, [this, id](const actors::View& view) {
        const auto* number = actors::peek<schema::NumberStateT>(view.state);
        constexpr std::string_view conference = "conference/";
        const bool known = number != nullptr && number->owner.starts_with(conference);
        offer(id, known ? number->owner.substr(conference.size()) : std::string{});
    });
}

void Telephony::offer(CallId id, const std::string& conference) {
    Call* call = find(id);
    if (call == nullptr || call->stage != Stage::arriving) return;
    call->stage = Stage::offered;
    schema::IncomingCallT incoming;
    incoming.caller = call->invite.caller;
    incoming.name = call->invite.caller;
    incoming.user = call->invite.user;
    incoming.source = call->on_trunk ? "trunk:main" : "192.0.2.1";
    incoming.called = call->invite.called;
    incoming.route = conference.empty() ? schema::Route::none : schema::Route::conference;
    incoming.conference = conference;
    incoming.codec = call->codec;
    ground_.send({StreamKind::call_leg, leg_name(id)}, server, actors::command(std::move(incoming)),
                 [this, id](const actors::Answer& answer) {
                     const Call* waiting = find(id);
                     if (answer.ok() || waiting == nullptr || waiting->stage != Stage::offered)
                         return;
                     refuse_at_once(id, status_of(answer.refusal));
                 });
}

// ---- within a call

void Telephony::confirmed(CallId id) {
    Call* call = find(id);
    if (call == nullptr || call->stage != Stage::answering) return;
    call->stage = Stage::up;
    schema::CallAnsweredT answered;
    answered.codec = call->codec;
    tell(*call, actors::command(std::move(answered)));
}

void Telephony::keys_arrive(CallId id) {
    Call* call = find(id);
    if (call == nullptr || call->stage != Stage::up) return;
    const std::string digits = std::exchange(call->keying, {});
    const actors::Keys asked = call->asked_for;
    if (asked == actors::Keys::codes) {
        if (!digits.starts_with('*')) return;
        schema::LegKeyedT code;
        code.leg = leg_name(id);
        code.code = digits;
        return ground_.send({StreamKind::conference, call->keyed_for}, server,
                            actors::command(std::move(code)));
    }
    if (asked != actors::Keys::pin || digits.starts_with('*')) return;
    call->asked_for = actors::Keys::nothing;
    const base::Hash hash = ground_.secrets->keyed_pin(call->keyed_for, digits);
    schema::PinKeyedT pin;
    pin.pin = journal::stored(hash);
    tell(*call, actors::command(pin));
}

void Telephony::keying_stopped(CallId id) {
    const Call* call = find(id);
    if (call == nullptr || call->stage != Stage::up) return;
    if (call->asked_for == actors::Keys::pin)
        tell(*call, actors::command(schema::KeyingStoppedT{}));
}

void Telephony::bye_arrives(CallId id) {
    Call* call = find(id);
    if (call == nullptr) return;
    switch (call->stage) {
        case Stage::gone: return;
        case Stage::arriving: return drop_edge(*call);  // the house never heard of it
        case Stage::offered: tell_ended(*call, Cause::cancelled, 487); break;
        case Stage::dialling: tell_ended(*call, Cause::cancelled, 487); break;
        case Stage::answering:
        case Stage::up:
        case Stage::leaving: tell_ended(*call, Cause::hung_up, 0); break;
    }
    drop_edge(*call);
}

// ---- what the house wants

void Telephony::perform(const actors::Effect& effect, const actors::EffectKey& key) {
    if (ground_.witness != nullptr) ground_.witness->performed(effect, key);
    std::visit([this](const auto& one) { on(one); }, effect);
}

void Telephony::on(const actors::AnswerCall& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr || call->stage != Stage::offered) return;
    call->stage = Stage::answering;
    rooms_.leg_up(call->id, effect.leg, call->codec);
    send_over(call->id, &Telephony::answer_reaches_phone);
}

void Telephony::on(const actors::RefuseCall& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr || call->stage == Stage::gone) return;
    if (call->stage == Stage::offered) {
        const bool fits = effect.sip_status >= 300 && effect.sip_status < 700;
        return refuse_at_once(call->id, fits ? effect.sip_status : 480);
    }
    say_bye(call->id);
}

void Telephony::on(const actors::EndCall& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr || call->stage == Stage::gone || call->stage == Stage::leaving) return;
    if (call->stage == Stage::offered) return refuse_at_once(call->id, status_of(effect.cause));
    const bool unanswered = call->stage == Stage::dialling && effect.cause == Cause::no_answer;
    if (unanswered) dialled_came_to(Metric::dialled_no_answer);
    if (call->stage != Stage::up || effect.farewell.empty()) return say_bye(call->id);
    call->stage = Stage::leaving;
    ground_.after(prompt_s, [this, id = call->id] { say_bye(id); });
}

/// BYE, or CANCEL to a telephone that rings.
void Telephony::say_bye(CallId id) {
    Call* call = find(id);
    if (call == nullptr || call->stage == Stage::gone) return;
    send_over(id, &Telephony::bye_reaches_phone);
    drop_edge(*call);
}

void Telephony::on(const actors::PlayPrompts& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr || call->stage != Stage::up || effect.prompts.empty()) return;
    const std::string& first = effect.prompts.front();
    if (effect.prompts.back() == "enter_pin") {
        call->again = first == "wrong_pin";
        if (call->again) strangers_.insert(call->invite.caller);
        send_over(call->id, &Telephony::question_reaches_phone);
    } else if (first == "joined" || first == "invited") {
        send_over(call->id, &Telephony::welcome_reaches_phone);
    }
}

void Telephony::on(const actors::CollectKeys& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr || call->stage != Stage::up) return;
    call->asked_for = effect.keys;
    call->keyed_for = effect.conference;
}

void Telephony::on(const actors::UpdateRoom& effect) {
    known_.clear();
    for (const actors::RoomSeat& seat : effect.seats) {
        const Call* call = find(seat.leg);
        // It ended a moment ago, or before a restart.
        if (call != nullptr && call->stage != Stage::gone) known_.push_back(call->id);
    }
    rooms_.update(effect, known_);
}

}  // namespace sim
