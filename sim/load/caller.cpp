#include "sim/load/caller.hpp"

#include <algorithm>

#include "sim/load/sockets.hpp"

namespace sim {
namespace {

constexpr Duration pause_max = seconds(4);  // T2

}  // namespace

std::string Caller::request(const std::string& method, const std::string& target,
                            std::uint32_t cseq, const std::string& branch) const {
    const std::string ours = text_of(wish_.ours);
    std::string text =
        method + " " + target + " SIP/2.0\r\nVia: SIP/2.0/UDP " + ours + ";branch=z9hG4bK" +
        branch + wish_.call_id + ";rport\r\nMax-Forwards: 70\r\n" + routes_ +
        "From: <sip:" + wish_.caller + "@" + ours + ">;tag=t" + wish_.call_id + "\r\nTo: " + to_ +
        "\r\nCall-ID: " + wish_.call_id + "\r\nCSeq: " + std::to_string(cseq) + " " + method +
        "\r\nContact: <sip:" + wish_.caller + "@" + ours + ">\r\nUser-Agent: partyline-load\r\n";
    if (method == "INVITE" && stage_ == Stage::calling) text += authorization_;
    const std::string& body = method == "INVITE" ? wish_.offer : std::string{};
    if (!body.empty()) text += "Content-Type: application/sdp\r\n";
    return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void Caller::wait(Instant now, std::string text) {
    waiting_ = std::move(text);
    since_ = now;
    pause_ = sip_t1;
    wake_at_ = now + pause_;
}

void Caller::stop_waiting(Stage stage) {
    stage_ = stage;
    waiting_.clear();
    wake_at_.reset();
}

Caller::Texts Caller::call(Instant now) {
    target_ = "sip:" + wish_.number + "@" + text_of(wish_.server);
    to_ = "<" + target_ + ">";
    stage_ = Stage::calling;
    asked_at_ = now;
    wait(now, request("INVITE", target_, cseq_, "i"));
    return {waiting_};
}

Caller::Texts Caller::hang_up(Instant now) {
    if (stage_ != Stage::up) return {};
    stage_ = Stage::leaving;
    wait(now, request("BYE", target_, ++cseq_, "b"));
    return {waiting_};
}

Caller::Texts Caller::hold(bool on, Instant now) {
    if (stage_ != Stage::up) return {};
    wish_.offer = with_direction(wish_.offer, on ? "sendonly" : "sendrecv", ++sdp_version_);
    ++cseq_;
    wait(now, request("INVITE", target_, cseq_, "h" + std::to_string(cseq_)));
    return {waiting_};
}

// Our ACK of a 200 is a transaction of its own, that of a refusal is not (RFC 3261, 17.1.1.3).
Caller::Texts Caller::on_hold_answered(const SipMessage& message) {
    stop_waiting(Stage::up);
    return {ack_ = request("ACK", target_, cseq_,
                           (message.status < 300 ? "k" : "h") + std::to_string(cseq_))};
}

Caller::Texts Caller::on_wake(Instant now) {
    if (!wake_at_ || now < *wake_at_) return {};
    if (now - since_ >= sip_patience) {
        const bool begun = stage_ == Stage::up;
        stop_waiting(stage_ == Stage::leaving ? Stage::gone : begun ? Stage::up : Stage::failed);
        return {};
    }
    const bool repeats = !(stage_ == Stage::calling && ringing_);
    pause_ = repeats ? std::min(pause_ * 2, pause_max) : pause_max;
    wake_at_ = now + pause_;
    if (!repeats) return {};
    ++resent_;
    return {waiting_};
}

Caller::Texts Caller::on_message(const SipMessage& message, Instant now) {
    if (message.status == 0) return on_request(message);
    if (message.status < 200) {
        ringing_ = ringing_ || message.method == "INVITE";
        return {};
    }
    if (message.method == "BYE" && stage_ == Stage::leaving) {
        stop_waiting(Stage::gone);
        return {};
    }
    if (message.method != "INVITE") return {};
    if (stage_ == Stage::calling) return on_final(message, now);
    if (stage_ == Stage::up && !waiting_.empty() && message.cseq == cseq_)
        return on_hold_answered(message);
    return ack_.empty() ? Texts{} : Texts{ack_};  // it did not get our ACK
}

// Who they are was asked (RFC 3261, 22.2): the same again, with the answer.
Caller::Texts Caller::on_challenge(const SipMessage& message, Instant now) {
    const std::string fresh_to = to_;
    to_ = message.to;
    Texts texts{request("ACK", target_, cseq_, "i")};
    to_ = fresh_to;
    const bool proxy = message.status == 407;
    authorization_ = std::string{proxy ? "Proxy-" : ""} + "Authorization: " +
                     answer_challenge(message.challenge, *wish_.account, "INVITE", target_, 1) +
                     "\r\n";
    ringing_ = false;
    wait(now, request("INVITE", target_, ++cseq_, "j"));
    texts.push_back(waiting_);
    return texts;
}

Caller::Texts Caller::on_final(const SipMessage& message, Instant now) {
    const bool asked = message.status == 401 || message.status == 407;
    if (asked && message.cseq != cseq_) return {};  // the challenge came twice
    if (asked && wish_.account && authorization_.empty()) return on_challenge(message, now);
    status_ = message.status;
    setup_ = now - asked_at_;
    to_ = message.to;
    if (message.status >= 300) {  // the ACK belongs to the INVITE: same target, same branch
        stop_waiting(Stage::failed);
        return {ack_ = request("ACK", target_, cseq_, authorization_.empty() ? "i" : "j")};
    }
    for (auto route = message.record_routes.rbegin(); route != message.record_routes.rend();
         ++route)
        routes_ += "Route: " + std::string{*route} + "\r\n";
    if (const std::string_view contact = uri_of(message.contact); !contact.empty())
        target_ = contact;
    ack_ = request("ACK", target_, cseq_, "a");
    const auto answer = parse_sdp_answer(message.body);
    stop_waiting(Stage::up);
    if (answer) {
        answer_ = *answer;
        return {ack_};
    }
    status_ = 488;  // its answer is of no use: say so and leave
    Texts texts{ack_, request("BYE", target_, ++cseq_, "b")};
    stage_ = Stage::failed;
    return texts;
}

Caller::Texts Caller::on_request(const SipMessage& message) {
    if (message.method == "ACK") return {};
    if (tag_of(message.to) != "t" + wish_.call_id)
        return {plain_response(message, "481 No Such Call")};
    if (message.method == "BYE") {
        hung_up_by_server_ = hung_up_by_server_ || stage_ == Stage::up;
        stop_waiting(Stage::gone);
        return {plain_response(message, "200 OK")};
    }
    const std::string contact = "<sip:" + wish_.caller + "@" + text_of(wish_.ours) + ">";
    return {plain_response(message, "200 OK", contact,
                           message.method == "INVITE" ? wish_.offer : std::string{})};
}

}  // namespace sim
