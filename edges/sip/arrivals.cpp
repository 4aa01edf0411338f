// An INVITE from outside: who calls, may they, and whereto. Each question may take a turn through
// the house; the caller may give up between any two of them.
#include "edges/sip/calls.hpp"
#include "edges/sip/causes.hpp"

namespace sip {

using schema::Cause;
using schema::Route;
using Stage = Call::Stage;

namespace {

constexpr const char* server = "server";
constexpr Duration house_patience =
    seconds(32);  // then the caller's own timers have ended it anyway

}  // namespace

struct Calls::Arrival {
    RequestId request = 0;
    media::LegId leg = 0;
    SharedRequest message;
    const Trunk* trunk = nullptr;
    std::string caller, name, user;  // as the journal will have them
    std::string key;                 // digits of the called number
    Route route = Route::none;
    std::string conference;
};

Call* Calls::still_there(const Arrival& arrival) {
    const auto found = calls_.find(arrival.leg);
    return found == calls_.end() || found->second->invite == 0 ? nullptr : found->second.get();
}

/// Refuses before the house has heard of the call.
void Calls::give_up(const Arrival& arrival, int status) {
    Call* call = still_there(arrival);
    if (call == nullptr) return;
    call->invite = 0;
    remove(*call);
    desk_.respond(arrival.request, Method::invite, status);
}

void Calls::on_invite(RequestId request, PeerId peer, const Request& message) {
    if (Call* known = find(peer)) {
        if (known->stage == Stage::up) return renegotiate(*known, request, message);
        return desk_.respond(request, Method::invite, 491);
    }
    if (message.in_dialog) return desk_.respond(request, Method::invite, 481);
    const Trunk* trunk = trunk_from(desk_.options.trunks, message.source.ip, message.source.port);
    if (desk_.stopping ||
        !desk_.admission.call_begins(message.source.ip, trunk != nullptr, desk_.loop.now())) {
        desk_.counters.overload_refused.add();
        return desk_.respond(request, Method::invite, Response{.status = 503, .retry_after = "5"});
    }
    desk_.counters.calls_in.add();
    Call& call = begin(true, message.source.ip);
    call.peer = peer;
    call.invite = request;
    call.host = message.source.ip;
    if (trunk != nullptr) call.srtp = trunk->srtp.value_or(call.srtp);
    peers_[peer] = call.id;
    auto arrival = std::make_shared<Arrival>();
    arrival->request = request;
    arrival->leg = call.id;
    arrival->message = std::make_shared<const Request>(message);
    arrival->trunk = trunk;
    if (!message.body.empty() && message.content_type != "application/sdp") {
        call.invite = 0;
        remove(call);
        return desk_.respond(request, Method::invite,
                             Response{.status = 415, .accept = "application/sdp"});
    }
    identify(arrival);
}

// ---- who?

void Calls::identify(const std::shared_ptr<Arrival>& arrival) {
    const Request& message = *arrival->message;
    if (arrival->trunk != nullptr) {
        arrival->caller = normalised_number(message.from_user).value_or(message.from_user);
        arrival->name = message.from_display.empty() ? arrival->caller : message.from_display;
        return check_caller(arrival);
    }
    if (!message.authorizations.empty() || parse_account(message.from_user))
        return identify_phone(arrival);
    identify_guest(arrival);
}

void Calls::identify_phone(const std::shared_ptr<Arrival>& arrival) {
    gate_.authenticate(
        arrival->request, arrival->message,
        [this, arrival](const Account& account, const SharedUser& user) {
            Call* call = still_there(*arrival);
            if (call == nullptr) return;
            arrival->caller = account.user + "-" + account.label;
            arrival->user = account.user;
            arrival->name = user->display_name.empty() ? account.user : user->display_name;
            // Its Contact may be an address behind NAT; a proxy in between would have said so by
            // Record-Route.
            if (!arrival->message->routed) call->proxy = arrival->message->source.uri();
            check_caller(arrival);
        },
        [this, arrival] {  // answered already
            Call* call = still_there(*arrival);
            if (call == nullptr) return;
            call->invite = 0;
            remove(*call);
        });
}

void Calls::identify_guest(const std::shared_ptr<Arrival>& arrival) {
    const Source& source = arrival->message->source;
    if (!desk_.options.allow_guests) {
        desk_.strike(source, "call");
        desk_.log_stranger("refused a call of an unknown caller from " + source.text());
        return give_up(*arrival, 403);
    }
    const std::string& from = arrival->message->from_user;
    arrival->caller = from.empty() ? "anonymous" : normalised_number(from).value_or(from);
    arrival->name =
        arrival->message->from_display.empty() ? arrival->caller : arrival->message->from_display;
    desk_.check_guard(
        "source:" + source.ip, [this, arrival] { check_caller(arrival); },
        [this, arrival] {
            desk_.counters.strangers_refused.add();
            give_up(*arrival, 403);
        });
}

void Calls::check_caller(const std::shared_ptr<Arrival>& arrival) {
    desk_.check_guard(
        "caller:" + arrival->caller, [this, arrival] { find_route(arrival); },
        [this, arrival] {
            desk_.counters.strangers_refused.add();
            desk_.log_stranger("blocked caller " + arrival->caller + " calls again");
            give_up(*arrival, 403);
        });
}

// ---- whereto?

void Calls::find_route(const std::shared_ptr<Arrival>& arrival) {
    const auto key = number_key(arrival->message->called_user);
    if (!key) return offer(arrival);
    arrival->key = *key;
    desk_.view({StreamKind::number, *key}, [this, arrival](const actors::View& view) {
        const auto* number = actors::peek<schema::NumberStateT>(view.state);
        constexpr std::string_view conference = "conference/";
        if (number != nullptr && number->owner.starts_with(conference)) {
            arrival->route = Route::conference;
            arrival->conference = number->owner.substr(conference.size());
        } else if (number != nullptr && number->owner == "access") {
            arrival->route = Route::access;
        }
        offer(arrival);
    });
}

/// Brings the call before the house, which has AnswerCall or RefuseCall done.
void Calls::offer(const std::shared_ptr<Arrival>& arrival) {
    Call* call = still_there(*arrival);
    if (call == nullptr) return;
    const Request& message = *arrival->message;
    schema::IncomingCallT incoming;
    incoming.caller = arrival->caller;
    incoming.name = arrival->name;
    incoming.user = arrival->user;
    incoming.source =
        arrival->trunk != nullptr ? "trunk:" + arrival->trunk->name : message.source.ip;
    incoming.called = arrival->key.empty() ? message.called_user : arrival->key;
    incoming.route = arrival->route;
    incoming.conference = arrival->conference;
    if (!message.body.empty()) {
        const auto theirs = parse_sdp(message.body, policy_of(*call));
        if (theirs.ok()) {
            call->theirs = theirs.value();
            incoming.codec = name_of(theirs.value().format);
        } else {
            incoming.unfit = static_cast<std::uint16_t>(status_of(theirs.error()));
            incoming.unfit_cause = cause_of(theirs.error());
        }
    }
    call->told = true;
    set_stage(*call, Stage::offered);
    call->patience = desk_.loop.after(house_patience, [this, arrival] {
        Call* waiting = still_there(*arrival);
        if (waiting == nullptr) return;
        tell_ended(*waiting, Cause::failed, 500);
        give_up(*arrival, 500);
    });
    desk_.send({StreamKind::call_leg, call->name}, server, actors::command(std::move(incoming)),
               [this, arrival](const actors::Answer& answer) {
                   if (!answer.ok()) give_up(*arrival, status_of(answer.refusal));
               });
}

}  // namespace sip
