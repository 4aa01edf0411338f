// What happens within a call: its beginning and end, its dialog, its keys; see calls.hpp.
#include "edges/sip/calls.hpp"

#include <algorithm>
#include <charconv>

#include "base/hash.hpp"
#include "edges/sip/causes.hpp"
#include "edges/sip/info.hpp"

namespace sip {

using schema::Cause;
using Stage = Call::Stage;

namespace {

constexpr const char* server = "server";

template <class Number>
std::optional<Number> all_of(std::string_view text, int base) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view why(media::Fault fault) noexcept {
    switch (fault) {
        case media::Fault::no_port_free: return "no RTP port is free";
        case media::Fault::no_such_leg: return "the leg is gone";
        case media::Fault::too_many_legs: return "there are as many legs as the engine takes";
        case media::Fault::leg_exists: return "its leg exists already";
        case media::Fault::overloaded: return "one leg more would cost the others their sound";
    }
    return "";
}

/// Sound that comes from another address than the description names comes through a NAT.
media::PeerHint hint_for(const Call& call) {
    media::PeerHint hint;
    if (call.theirs) hint.remote = call.theirs->remote;
    const auto seen = media::parse_address(call.host, 0);
    const bool elsewhere = seen && hint.remote && seen->ip != hint.remote->ip;
    hint.behind_nat = call.behind_nat || elsewhere;
    return hint;
}

}  // namespace

std::string leg_name(media::LegId id) {
    std::string out(16, '0');
    for (std::size_t i = 16; i-- > 0; id >>= 4) out[i] = "0123456789abcdef"[id & 15];
    return out;
}

std::optional<media::LegId> leg_id(const std::string& name) {
    if (name.size() != 16) return std::nullopt;
    return all_of<media::LegId>(name, 16);
}

media::RoomId room_id(const std::string& conference) {
    return all_of<media::RoomId>(conference, 10).value_or(base::blake2b(conference).a);
}

// ---- calls come and go

Call* Calls::find(const std::string& leg) {
    const auto id = leg_id(leg);
    const auto found = id ? calls_.find(*id) : calls_.end();
    return found == calls_.end() ? nullptr : found->second.get();
}

Call* Calls::find(PeerId peer) {
    const auto found = peers_.find(peer);
    const auto call = found == peers_.end() ? calls_.end() : calls_.find(found->second);
    return call == calls_.end() ? nullptr : call->second.get();
}

Counter& Calls::gauge(Stage stage) {
    switch (stage) {
        case Stage::arriving:
        case Stage::offered:
        case Stage::answering: return desk_.counters.calls_arriving;
        case Stage::dialling: return desk_.counters.calls_dialling;
        case Stage::up:
        case Stage::leaving: break;
    }
    return desk_.counters.calls_up;
}

void Calls::set_stage(Call& call, Stage stage) {
    gauge(call.stage).take();
    call.stage = stage;
    gauge(stage).add();
}

Call& Calls::begin(bool inbound, const std::string& source) {
    auto call = std::make_unique<Call>();
    do {
        call->id = base::random_u64();
    } while (calls_.contains(call->id));
    call->name = leg_name(call->id);
    call->inbound = inbound;
    call->source = source;
    call->stage = inbound ? Stage::arriving : Stage::dialling;
    call->local = Local{desk_.advertised_ip(), 0, call->id >> 1, 1, {make_key(), make_key()}};
    call->srtp = desk_.options.sound.srtp;
    gauge(call->stage).add();
    Call& known = *call;
    calls_.emplace(known.id, std::move(call));
    return known;
}

void Calls::remove(Call& call) {
    if (call.sounding) desk_.engine->close(call.id);
    desk_.codecs.erase(call.name);
    desk_.loop.cancel(call.keypad_timer);
    desk_.loop.cancel(call.patience);
    desk_.admission.call_ended(call.source);
    gauge(call.stage).take();
    peers_.erase(call.peer);
    for (const PeerId branch : call.branches) peers_.erase(branch);
    if (const auto room = rooms_.find(call.room); room != rooms_.end())
        std::erase(room->second.legs, call.id);
    calls_.erase(call.id);
}

void Calls::tell(const Call& call, schema::CommandUnion command) {
    desk_.report({StreamKind::call_leg, call.name}, std::move(command));
}

void Calls::tell_ended(const Call& call, Cause cause, int status) {
    if (!call.told) return;
    schema::CallEndedT ended;
    ended.cause = cause;
    ended.sip_status = static_cast<std::uint16_t>(status);
    tell(call, actors::command(ended));
}

bool Calls::open_sound(Call& call) {
    const auto port = desk_.engine->open(call.id, hint_for(call));
    if (!port.ok()) {
        log_warning("call " + call.name + " gets no sound: " + std::string{why(port.error())});
        return false;
    }
    call.sounding = true;
    call.local.port = port.value();
    return true;
}

SoundPolicy Calls::policy_of(const Call& call) const {
    SoundPolicy policy = desk_.options.sound;
    policy.srtp = call.srtp;
    return policy;
}

void Calls::use(Call& call, const Description& theirs) {
    call.theirs = theirs;
    desk_.codecs.set(call.name, name_of(theirs.format));
    desk_.engine->configure(call.id, leg_config(theirs, policy_of(call), call.local));
}

/// The dialog ends now, whatever it was doing, and the call is forgotten.
void Calls::hang_up(Call& call) {
    if (call.invite != 0) desk_.respond(call.invite, Method::invite, 480);
    if (call.peer != 0) desk_.agent.end(call.peer);
    for (const PeerId branch : call.branches) desk_.agent.end(branch);
    remove(call);
}

void Calls::end_all() {
    while (!calls_.empty()) {
        Call& call = *calls_.begin()->second;
        if (call.invite != 0) desk_.respond(call.invite, Method::invite, 503);
        call.invite = 0;
        hang_up(call);
    }
}

// ---- within a dialog

void Calls::on_confirmed(PeerId peer, const std::string& sdp) {
    Call* call = find(peer);
    if (call == nullptr) return;
    if (call->offered_last) {  // the INVITE had no offer: theirs is the answer to ours (RFC 3264,
                               // RFC 3261 13.2.2.4)
        call->offered_last = false;
        const auto answer = parse_sdp(sdp, policy_of(*call), Kind::answer);
        if (answer.ok()) {
            use(*call, answer.value());
        } else if (call->stage == Stage::answering) {
            tell_ended(*call, cause_of(answer.error()), 488);
            return hang_up(*call);
        }
        if (call->stage == Stage::up) set_held(*call);
    }
    if (call->stage != Stage::answering) return;
    set_stage(*call, Stage::up);
    schema::CallAnsweredT answered;
    if (call->theirs) answered.codec = name_of(call->theirs->format);
    tell(*call, actors::command(std::move(answered)));
}

void Calls::on_cancelled(PeerId peer) {
    Call* call = find(peer);
    if (call == nullptr) return;
    tell_ended(*call, Cause::cancelled, 487);
    call->invite = 0;  // the library has answered it
    remove(*call);
}

void Calls::on_ended(PeerId peer, bool timed_out) {
    Call* call = find(peer);
    if (call == nullptr) return;
    if (!call->branches.empty()) return drop_branch(*call, peer, 487);  // BYE to a ringing branch
    if (timed_out) {
        tell_ended(*call, Cause::failed, 408);
    } else {
        tell_ended(*call, call->stage == Stage::offered ? Cause::cancelled : Cause::hung_up, 0);
    }
    remove(*call);
}

void Calls::set_held(Call& call) {
    const bool held = call.theirs && call.theirs->on_hold();
    if (held == call.held) return;
    call.held = held;
    schema::CallHeldT wish;
    wish.on = held;
    tell(call, actors::command(wish));
}

void Calls::renegotiate(Call& call, RequestId request, const Request& message) {
    Response answer{.status = 200};
    ++call.local.version;
    if (message.body.empty()) {
        if (message.method ==
            Method::invite) {  // RFC 3261, 14.2: an INVITE without offer asks for ours
            call.offered_last = true;
            answer.content_type = "application/sdp";
            answer.body =
                print_offer(call.local, policy_of(call), call.theirs ? &*call.theirs : nullptr);
        }
        return desk_.respond(request, message.method, answer);
    }
    if (message.content_type != "application/sdp") {
        return desk_.respond(request, message.method,
                             Response{.status = 415, .accept = "application/sdp"});
    }
    const auto offer = parse_sdp(message.body, policy_of(call));
    // What was agreed before goes on (RFC 3261, 14.2).
    if (!offer.ok()) return desk_.respond(request, message.method, status_of(offer.error()));
    use(call, offer.value());
    answer.content_type = "application/sdp";
    answer.body = print_answer(call.local, offer.value());
    desk_.respond(request, message.method, answer);
    set_held(call);
}

void Calls::on_update(RequestId request, PeerId peer, const Request& message) {
    Call* call = find(peer);
    if (call == nullptr) return desk_.respond(request, Method::update, 481);
    if (call->stage != Stage::up && call->stage != Stage::leaving && !message.body.empty()) {
        return desk_.respond(request, Method::update, Response{.status = 500, .retry_after = "5"});
    }
    renegotiate(*call, request, message);
}

void Calls::on_info(RequestId request, PeerId peer, const Request& message) {
    Call* call = find(peer);
    if (call == nullptr) return desk_.respond(request, Method::info, 481);
    const InfoBody info = read_info(message.content_type, message.body);
    if (!info.understood) {
        return desk_.respond(
            request, Method::info,
            Response{.status = 415, .accept = "application/dtmf-relay, application/dtmf"});
    }
    desk_.respond(request, Method::info, 200);
    if (info.digit != 0) key(*call, info.digit);
}

// ---- keys

void Calls::arm_keypad(Call& call) {
    desk_.loop.cancel(call.keypad_timer);
    call.keypad_timer = 0;
    if (!call.keypad.deadline()) return;
    const Duration left = *call.keypad.deadline() - desk_.loop.now();
    call.keypad_timer = desk_.loop.after(left, [this, leg = call.name] {
        Call* woken = find(leg);
        if (woken == nullptr) return;
        woken->keypad_timer = 0;
        const auto result = woken->keypad.wake(desk_.loop.now());
        arm_keypad(*woken);
        if (result) keyed(*woken, *result);
    });
}

void Calls::key(Call& call, char digit) {
    if (call.stage != Stage::up) return;
    const bool asked = call.keypad.expected() == actors::Keys::conference ||
                       call.keypad.expected() == actors::Keys::pin;
    if (asked) desk_.engine->stop_prompts(call.id);  // who keys has heard enough
    const auto result = call.keypad.press(digit, desk_.loop.now());
    arm_keypad(call);
    if (result) keyed(call, *result);
}

void Calls::keyed(Call& call, const Keypad::Keyed& keyed) {
    if (keyed.kind == Keypad::Kind::stopped)
        return tell(call, actors::command(schema::KeyingStoppedT{}));
    if (keyed.kind == Keypad::Kind::code) {
        schema::LegKeyedT code;
        code.leg = call.name;
        code.code = keyed.digits;
        if (stream_name_allowed(call.keyed_for)) {
            desk_.send({StreamKind::conference, call.keyed_for}, server,
                       actors::command(std::move(code)));
        }
        return;
    }
    if (call.asked_for == actors::Keys::conference) {
        schema::ConferenceKeyedT number;
        number.digits = keyed.digits;
        return tell(call, actors::command(std::move(number)));
    }
    // Whatever else was asked for is taken for a PIN: it never goes out in clear.
    const base::Hash hash = desk_.options.secrets->keyed_pin(call.keyed_for, keyed.digits);
    schema::PinKeyedT pin;
    pin.pin = schema::Hash{hash.a, hash.b, hash.c, hash.d};
    tell(call, actors::command(pin));
}

}  // namespace sip
