#include "sim/load/called.hpp"

#include "sim/load/sockets.hpp"

namespace sim {
std::string Called::contact() const {
    return "<sip:" + wish_.account.user + "@" + text_of(wish_.ours) + ">";
}

void Called::wait(Instant now, std::string text) {
    waiting_ = std::move(text);
    since_ = now;
    next_ = now + sip_t1;
}

std::string Called::registration() const {
    const std::string server = text_of(wish_.server), ours = text_of(wish_.ours);
    const std::string us = "<sip:" + wish_.account.user + "@" + server + ">";
    return "REGISTER sip:" + server + " SIP/2.0\r\nVia: SIP/2.0/UDP " + ours + ";branch=z9hG4bKr" +
           std::to_string(register_cseq_) + wish_.account.user +
           ";rport\r\nMax-Forwards: 70\r\nFrom: " + us + ";tag=r\r\nTo: " + us + "\r\nCall-ID: r-" +
           wish_.account.user + "-" + ours + "\r\nCSeq: " + std::to_string(register_cseq_) +
           " REGISTER\r\nContact: " + contact() + "\r\nExpires: " + (withdraws_ ? "0" : "3600") +
           "\r\n" + authorization_ + "Content-Length: 0\r\n\r\n";
}

Called::Texts Called::ask_registrar(bool withdraws, Instant now) {
    withdraws_ = withdraws;
    authorization_.clear();
    ++register_cseq_;
    wait(now, registration());
    return {waiting_};
}
Called::Texts Called::enrol(Instant now) { return ask_registrar(false, now); }
Called::Texts Called::withdraw(Instant now) { return ask_registrar(true, now); }

Called::Texts Called::on_register(const SipMessage& message, Instant now) {
    if (message.status < 200 || message.cseq != register_cseq_) return {};
    waiting_.clear();
    if (message.status == 401 && authorization_.empty()) {
        authorization_ = "Authorization: " +
                         answer_challenge(message.challenge, wish_.account, "REGISTER",
                                          "sip:" + text_of(wish_.server), 1) +
                         "\r\n";
        ++register_cseq_;
        wait(now, registration());
        return {waiting_};
    }
    enrolled_ = message.status < 300 && !withdraws_;
    return {};
}

std::string Called::respond(const std::string& status, bool with_answer) const {
    std::string text = "SIP/2.0 " + status + "\r\n" + vias_;
    if (with_answer) {  // where the caller's requests are to go by
        std::string_view routes = routes_;
        while (!routes.empty()) {
            const std::size_t end = routes.find("\r\n") + 2;
            text += "Record-" + std::string{routes.substr(0, end)};
            routes.remove_prefix(end);
        }
    }
    text += "From: " + from_ + "\r\nTo: " + to_ + "\r\nCall-ID: " + call_id_ +
            "\r\nCSeq: " + std::to_string(invite_cseq_) + " INVITE\r\nContact: " + contact() +
            "\r\n";
    const std::string& body = with_answer ? wish_.answer : std::string{};
    if (!body.empty()) text += "Content-Type: application/sdp\r\n";
    return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Called::Texts Called::ring() {
    if (stage_ != Stage::ringing) return {};
    return {respond("180 Ringing", false)};
}

Called::Texts Called::answer(Instant now) {
    if (stage_ != Stage::ringing) return {};
    stage_ = Stage::up;
    wait(now, respond("200 OK", true));  // until its ACK comes
    return {waiting_};
}

Called::Texts Called::refuse(const std::string& status) {
    if (stage_ != Stage::ringing) return {};
    stage_ = Stage::gone;
    return {respond(status, false)};
}

std::string Called::in_call(const std::string& method, std::uint32_t cseq,
                            const std::string& branch, const std::string& body) const {
    std::string text = method + " " + target_ + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
                       text_of(wish_.ours) + ";branch=z9hG4bK" + branch + std::to_string(cseq) +
                       call_id_ + ";rport\r\nMax-Forwards: 70\r\n" + routes_ + "From: " + to_ +
                       "\r\nTo: " + from_ + "\r\nCall-ID: " + call_id_ +
                       "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\n";
    if (!body.empty()) text += "Contact: " + contact() + "\r\nContent-Type: application/sdp\r\n";
    return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Called::Texts Called::hang_up(Instant now) {
    if (stage_ != Stage::up) return {};
    stage_ = Stage::leaving;
    wait(now, in_call("BYE", ++cseq_, "b", {}));
    return {waiting_};
}

Called::Texts Called::hold(bool on, Instant now) {
    if (stage_ != Stage::up) return {};
    wish_.answer = with_direction(wish_.answer, on ? "sendonly" : "sendrecv", ++sdp_version_);
    wait(now, in_call("INVITE", ++cseq_, "h", wish_.answer));
    return {waiting_};
}

void Called::forget() {
    if (stage_ != Stage::idle) stage_ = Stage::gone;
    waiting_.clear();
}

bool Called::concerns(const SipMessage& message) const {
    if (message.status != 0)
        return message.method == "REGISTER" || (message.call_id == call_id_ && !call_id_.empty());
    return message.method == "INVITE" ? tag_of(message.to).empty() || message.call_id == call_id_
                                      : message.call_id == call_id_;
}

Called::Texts Called::on_invite(const SipMessage& message) {
    const bool again = message.call_id == call_id_;
    if (again && stage_ == Stage::up && message.cseq == invite_cseq_)
        return {respond("200 OK", true)};
    if (again && stage_ == Stage::up)
        return {plain_response(message, "200 OK", contact(), wish_.answer)};
    if (again) return {};
    if (stage_ == Stage::ringing || stage_ == Stage::up)
        return {plain_response(message, "486 Busy Here")};
    const auto offer = parse_sdp_answer(message.body);
    if (!offer) return {plain_response(message, "488 Not Acceptable Here")};
    offer_ = *offer;
    offer_text_ = message.body;
    cseq_ = 0;
    vias_.clear();
    routes_.clear();
    for (const std::string_view via : message.vias) vias_ += "Via: " + std::string{via} + "\r\n";
    for (const std::string_view route : message.record_routes)
        routes_ += "Route: " + std::string{route} + "\r\n";
    from_ = message.from;
    to_ = std::string{message.to} + ";tag=c" + std::to_string(++calls_);
    call_id_ = message.call_id;
    invite_cseq_ = message.cseq;
    target_ = uri_of(message.contact);
    waiting_.clear();
    hung_up_by_server_ = cancelled_by_server_ = false;
    stage_ = Stage::ringing;
    return {respond("100 Trying", false)};
}

Called::Texts Called::on_response(const SipMessage& message, Instant now) {
    if (message.method == "REGISTER") return on_register(message, now);
    if (message.status < 200) return {};
    if (message.method == "BYE") {
        waiting_.clear();
        stage_ = Stage::gone;
    }
    // Of our hold; an ACK of a 200 is a transaction of its own (RFC 3261, 17.1.1.3).
    if (message.method != "INVITE" || message.cseq != cseq_) return {};
    if (stage_ == Stage::up) waiting_.clear();
    return {in_call("ACK", cseq_, message.status < 300 ? "k" : "h", {})};
}

Called::Texts Called::on_message(const SipMessage& message, Instant now) {
    if (message.status != 0) return on_response(message, now);
    if (message.method == "INVITE") return on_invite(message);
    if (message.method == "ACK") {
        if (stage_ == Stage::up && message.cseq == invite_cseq_) waiting_.clear();
        return {};
    }
    if (message.method == "CANCEL") {
        Texts texts{plain_response(message, "200 OK")};
        if (stage_ == Stage::ringing) texts.push_back(respond("487 Request Terminated", false));
        cancelled_by_server_ = stage_ == Stage::ringing;
        if (stage_ == Stage::ringing) stage_ = Stage::gone;
        return texts;
    }
    if (message.method == "BYE") {
        hung_up_by_server_ = stage_ == Stage::up;
        stage_ = Stage::gone;
        waiting_.clear();
    }
    return {plain_response(message, "200 OK")};
}

Called::Texts Called::on_wake(Instant now) {
    if (waiting_.empty() || now < next_) return {};
    if (now - since_ > sip_patience) {
        waiting_.clear();
        if (stage_ == Stage::leaving) stage_ = Stage::gone;
        return {};
    }
    next_ = now + sip_t1;
    return {waiting_};
}

}  // namespace sim
