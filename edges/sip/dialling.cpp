// Calls that we place: to every registered phone of a user at once, to a number by a trunk, or to a
// SIP address of an allowed domain. The first phone that answers wins; the others are cancelled.
#include <algorithm>

#include "edges/sip/calls.hpp"
#include "edges/sip/causes.hpp"

namespace sip {

using schema::Cause;
using Stage = Call::Stage;

namespace {

/// What may stand between quotes in a header.
std::string display_text(const std::string& name) {
    std::string out;
    for (const char c : name) {
        if (static_cast<unsigned char>(c) >= ' ' && c != 127 && c != '"' && c != '\\') out += c;
    }
    return out.substr(0, 100);
}

/// Which of two failures tells more: who declined beats who was busy, and that beats who was not
/// there.
int rank_of(int status) {
    if (status >= 600 && status < 700) return 5;
    if (status == 486) return 4;
    if (status == 480 || status == 408) return 2;
    return status >= 400 && status < 500 ? 3 : 1;
}

/// A registered phone whose Contact is not where its REGISTER came from.
bool behind_nat(const Outgoing& target) {
    const auto said = parse_uri(target.target), seen = parse_uri(target.proxy);
    return seen && said && said->host != seen->host;
}

}  // namespace

void Calls::not_dialled(const std::string& leg, Cause cause, int status) {
    schema::CallEndedT ended;
    ended.cause = cause;
    ended.sip_status = static_cast<std::uint16_t>(status);
    desk_.report({StreamKind::call_leg, leg}, actors::command(ended));
}

void Calls::dial(const actors::DialCall& effect) {
    if (!leg_id(effect.leg) || desk_.stopping || find(effect.leg) != nullptr) return;
    // A restart releases effects again whose calls have ended since: only a leg that is still
    // dialling is dialled.
    desk_.view({StreamKind::call_leg, effect.leg}, [this, effect](const actors::View& view) {
        const auto* leg = actors::peek<schema::CallLegStateT>(view.state);
        if (leg == nullptr || leg->phase != schema::LegPhase::dialling) return;
        switch (effect.kind) {
            case schema::TargetKind::user: return dial_user(effect);
            case schema::TargetKind::number: return dial_number(effect);
            case schema::TargetKind::address: return dial_address(effect);
        }
    });
}

void Calls::dial_user(const actors::DialCall& effect) {
    if (!stream_name_allowed(effect.target))
        return not_dialled(effect.leg, Cause::not_registered, 480);
    desk_.view({StreamKind::user, effect.target}, [this, effect](const actors::View& view) {
        const auto* user = actors::peek<schema::UserStateT>(view.state);
        const Instant now = desk_.house->now();
        std::vector<Outgoing> targets;
        if (user != nullptr && user->exists && !user->disabled) {
            for (const schema::PhoneT& phone : user->phones) {
                for (const schema::BindingT& binding : phone.bindings) {
                    if (Instant{binding.expires_at} <= now) continue;
                    Outgoing one;
                    one.target = binding.contact;
                    one.proxy = uri_of_source(binding.source);
                    one.to_uri = "sip:" + user->name + "-" + phone.label + "@" + desk_.domain();
                    targets.push_back(std::move(one));
                }
            }
        }
        if (targets.empty()) return not_dialled(effect.leg, Cause::not_registered, 480);
        ring(effect, std::move(targets), desk_.options.sound.srtp);
    });
}

void Calls::dial_number(const actors::DialCall& effect) {
    const auto number = normalised_number(effect.target);
    if (!number) return not_dialled(effect.leg, Cause::unknown_number, 484);
    const Trunk* trunk = trunk_for(desk_.options.trunks, *number);
    if (trunk == nullptr) return not_dialled(effect.leg, Cause::barred, 403);
    Outgoing one;
    one.target = print_uri({*number, trunk->host, trunk->port, trunk->tcp});
    one.user = trunk->user;
    one.password = trunk->password;
    if (!trunk->caller.empty()) one.from_uri = "sip:" + trunk->caller + "@" + desk_.domain();
    ring(effect, {std::move(one)}, trunk->srtp.value_or(desk_.options.sound.srtp));
}

void Calls::dial_address(const actors::DialCall& effect) {
    const auto uri = parse_uri(effect.target);
    if (!uri || uri->user.empty() || !domain_allowed(desk_.options.allowed_domains, uri->host)) {
        return not_dialled(effect.leg, Cause::barred, 403);
    }
    Outgoing one;
    one.target = print_uri(*uri);
    ring(effect, {std::move(one)}, desk_.options.sound.srtp);
}

void Calls::ring(const actors::DialCall& effect, std::vector<Outgoing> targets, SrtpRule srtp) {
    const media::LegId id = *leg_id(effect.leg);
    if (desk_.stopping || calls_.contains(id)) return;
    if (!desk_.admission.call_begins("outbound", true, desk_.loop.now()))
        return not_dialled(effect.leg, Cause::full, 503);
    desk_.counters.calls_out.add();
    Call& call = begin(false, "outbound");
    auto node = calls_.extract(call.id);  // the house has named this leg
    node.key() = id;
    calls_.insert(std::move(node));
    call.id = id;
    call.name = effect.leg;
    call.told = true;
    call.local.session = id >> 1;
    call.srtp = srtp;
    call.behind_nat = std::ranges::any_of(targets, behind_nat);
    if (!open_sound(call)) {
        tell_ended(call, Cause::full, 503);
        return remove(call);
    }
    const std::string caller = plain_user_part(effect.caller) ? effect.caller : "conference";
    for (Outgoing& target : targets) {
        target.from_display = display_text(effect.name);
        if (target.from_uri.empty()) target.from_uri = "sip:" + caller + "@" + desk_.domain();
        target.body = print_offer(call.local, policy_of(call));
        const PeerId peer = desk_.agent.invite(target);
        if (peer == 0) continue;
        call.branches.push_back(peer);
        peers_[peer] = id;
    }
    if (!call.branches.empty()) return;
    tell_ended(call, Cause::failed, 500);
    remove(call);
}

void Calls::on_progress(PeerId peer, int status) {
    Call* call = find(peer);
    if (call == nullptr || call->stage != Stage::dialling || call->rang || status <= 100) return;
    call->rang = true;
    tell(*call, actors::command(schema::CallRingingT{}));
}

void Calls::on_answered(PeerId peer, const std::string& sdp) {
    Call* call = find(peer);
    if (call == nullptr) return;
    // A refresh of a call that came in has no offer of ours: their 200 brings one.
    const auto theirs =
        parse_sdp(sdp, policy_of(*call), call->inbound ? Kind::offer : Kind::answer);
    if (call->stage != Stage::dialling) {  // the library refreshed the session (RFC 4028)
        const bool asked = call->inbound && theirs.ok();
        if (asked) ++call->local.version;
        if (theirs.ok()) use(*call, theirs.value());
        return desk_.agent.acknowledge(
            peer, asked ? print_answer(call->local, theirs.value()) : std::string{});
    }
    desk_.agent.acknowledge(peer, {});
    if (!theirs.ok()) {
        call->lacked_keys = cause_of(theirs.error()) == Cause::not_encrypted;
        desk_.agent.end(peer);
        return drop_branch(*call, peer, 488);
    }
    for (const PeerId other : std::exchange(call->branches, {})) {
        if (other == peer) continue;
        peers_.erase(other);
        desk_.agent.end(other);
    }
    call->peer = peer;
    set_stage(*call, Stage::up);
    use(*call, theirs.value());
    call->held = theirs.value().on_hold();
    schema::CallAnsweredT answered;
    answered.codec = name_of(theirs.value().format);
    tell(*call, actors::command(std::move(answered)));
}

/// One phone will not answer any more; the last one decides.
void Calls::drop_branch(Call& call, PeerId peer, int status) {
    peers_.erase(peer);
    std::erase(call.branches, peer);
    if (call.failure == 0 || rank_of(status) > rank_of(call.failure)) call.failure = status;
    if (status >= 600 &&
        status < 700) {  // "nowhere": the person declined, on whichever phone (RFC 3261, 21.6)
        for (const PeerId other : std::exchange(call.branches, {})) {
            peers_.erase(other);
            desk_.agent.end(other);
        }
    }
    if (!call.branches.empty()) return;
    const Cause cause =
        call.failure == 488 && call.lacked_keys ? Cause::not_encrypted : cause_of(call.failure);
    tell_ended(call, cause, call.failure > 699 ? 0 : call.failure);
    remove(call);
}

void Calls::on_failed(PeerId peer, int status) {
    if (Call* call = find(peer)) drop_branch(*call, peer, status);
}

}  // namespace sip
