// Calls that the server places: to the telephone of a registered user, or to a number by the trunk;
// as edges/sip/dialling.cpp. What the called person does is drawn here.
#include "sim/world/rooms.hpp"
#include "sim/world/telephony.hpp"

namespace sim {

using schema::Cause;

namespace {

constexpr const char* server = "server";

/// As edges/sip/causes.cpp has it.
Cause cause_of(int status) {
    switch (status) {
        case 486: return Cause::busy;
        case 408:
        case 480: return Cause::no_answer;
        case 404: return Cause::unknown_number;
        case 403:
        case 603: return Cause::refused;
    }
    return status >= 300 && status < 500 ? Cause::refused : Cause::failed;
}

}  // namespace

void Telephony::not_dialled(const std::string& leg, Cause cause, int status) {
    schema::CallEndedT ended;
    ended.cause = cause;
    ended.sip_status = static_cast<std::uint16_t>(status);
    dialled_came_to(Metric::dialled_failed);
    ground_.send({StreamKind::call_leg, leg}, server, actors::command(ended));
}

void Telephony::dial(const actors::DialCall& effect) {
    const CallId id = leg_id(effect.leg);
    if (id == 0 || find(id) != nullptr) return;
    // Only a leg that is still dialling is dialled.
    ground_.view({StreamKind::call_leg, effect.leg}, [this, effect](const actors::View& view) {
        const auto* leg = actors::peek<schema::CallLegStateT>(view.state);
        if (leg == nullptr || leg->phase != schema::LegPhase::dialling) return;
        switch (effect.kind) {
            case schema::TargetKind::user: return dial_user(effect);
            case schema::TargetKind::number: return ring(effect, true);
            case schema::TargetKind::address:
                return not_dialled(effect.leg, Cause::barred, 403);  // no domain is allowed
        }
    });
}

void Telephony::dial_user(const actors::DialCall& effect) {
    ground_.view({StreamKind::user, effect.target}, [this, effect](const actors::View& view) {
        const auto* user = actors::peek<schema::UserStateT>(view.state);
        bool reachable = false;
        if (user != nullptr && user->exists && !user->disabled) {
            for (const schema::PhoneT& phone : user->phones) {
                for (const schema::BindingT& binding : phone.bindings)
                    reachable = reachable || Instant{binding.expires_at} > ground_.now();
            }
        }
        if (!reachable) return not_dialled(effect.leg, Cause::not_registered, 480);
        ring(effect, false);
    });
}

void Telephony::ring(const actors::DialCall& effect, bool on_trunk) {
    const CallId id = leg_id(effect.leg);
    if (find(id) != nullptr) return;
    if (ports_full()) return not_dialled(effect.leg, Cause::full, 503);
    const bool no_line = on_trunk && lines_.seize() != Lines::Outcome::seized;
    if (no_line) return not_dialled(effect.leg, Cause::failed, 503);
    Call& call = begin_dialled(id);
    open_port(call, Stage::dialling);
    call.lifted = true;
    call.on_trunk = on_trunk;
    call.codec = "PCMA";
    if (callee_of) {
        if (const auto callee = callee_of(effect)) {
            call.party = callee->party;
            call.who = callee->who;
        }
    }
    const bool engaged = !on_trunk && !phones_in_use_.insert(effect.target).second;
    if (!on_trunk && !engaged) call.phone = effect.target;
    const Scenario& scenario = ground_.scenario;
    const double to_ringing_s = on_trunk ? chance_.draw(scenario.trunk.set_up_s) : 0;
    const double rings_s = chance_.draw(scenario.trunk.ring_s);
    const double luck = chance_.uniform();
    const auto& way = scenario.trunk;
    if (engaged || luck < way.busy) {
        call.status = 486;
    } else if (luck < way.busy + way.refused) {
        call.status = 603;
    }
    if (call.status != 0) {
        const bool rings_first = call.status == 603;
        return send_over(id, &Telephony::phone_declines,
                         to_ringing_s + (rings_first ? rings_s / 2 : 0));
    }
    send_over(id, &Telephony::phone_rings, to_ringing_s);
    const bool nobody = luck < way.busy + way.refused + way.no_answer || call.party == nullptr;
    if (!nobody) send_over(id, &Telephony::phone_answers, to_ringing_s + rings_s);
}

/// One of four things becomes of a call that was placed.
void Telephony::dialled_came_to(Metric what) {
    for (const Metric one : {Metric::dialled_answered, Metric::dialled_busy,
                             Metric::dialled_no_answer, Metric::dialled_failed})
        ground_.figures.hit(one, ground_.now(), one == what);
}

void Telephony::phone_rings(CallId id) {
    const Call* call = find(id);
    if (call != nullptr && call->lifted) send_over(id, &Telephony::ringing_heard);
}

void Telephony::ringing_heard(CallId id) {
    const Call* call = find(id);
    if (call != nullptr && call->stage == Stage::dialling)
        tell(*call, actors::command(schema::CallRingingT{}));
}

void Telephony::phone_answers(CallId id) {
    const Call* call = find(id);
    if (call == nullptr || !call->lifted) return;  // it has stopped ringing
    send_over(id, &Telephony::answer_heard);
}

void Telephony::answer_heard(CallId id) {
    Call* call = find(id);
    if (call == nullptr || call->stage != Stage::dialling) return;
    call->stage = Stage::up;
    dialled_came_to(Metric::dialled_answered);
    ground_.figures.sample(Metric::ringing_s, ground_.now(),
                           seconds_in(ground_.now() - call->begun));
    rooms_.leg_up(id, leg_name(id), call->codec);
    schema::CallAnsweredT answered;
    answered.codec = call->codec;
    tell(*call, actors::command(std::move(answered)));
}

void Telephony::phone_declines(CallId id) {
    Call* call = find(id);
    if (call == nullptr || !call->lifted) return;
    const int status = call->status;
    put_down(*call, {.status = status});
    if (Call* edge = find(id)) {
        edge->status = status;
        send_over(id, &Telephony::failure_heard);
    }
}

void Telephony::failure_heard(CallId id) {
    Call* call = find(id);
    if (call == nullptr || call->stage != Stage::dialling) return;
    dialled_came_to(call->status == 486 ? Metric::dialled_busy : Metric::dialled_failed);
    tell_ended(*call, cause_of(call->status), call->status);
    drop_edge(*call);
}

}  // namespace sim
