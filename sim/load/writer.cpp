#include "sim/load/writer.hpp"

#include "sim/load/sockets.hpp"

namespace sim {
namespace {

constexpr Duration pause = milliseconds(500), patience = seconds(32);

}  // namespace

std::string Writer::request() const {
    const std::string server = text_of(wish_.server), ours = text_of(wish_.ours);
    const std::string target = "sip:" + wish_.to + "@" + server;
    return "MESSAGE " + target + " SIP/2.0\r\nVia: SIP/2.0/UDP " + ours + ";branch=z9hG4bKm" +
           std::to_string(cseq_) + wish_.call_id +
           ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:" + wish_.account.user + "@" + server +
           ">;tag=m" + wish_.call_id + "\r\nTo: <" + target + ">\r\nCall-ID: " + wish_.call_id +
           "\r\nCSeq: " + std::to_string(cseq_) + " MESSAGE\r\n" + authorization_ +
           "Content-Type: text/plain\r\nContent-Length: " + std::to_string(wish_.text.size()) +
           "\r\n\r\n" + wish_.text;
}

Writer::Texts Writer::send(Instant now) {
    since_ = now;
    next_ = now + pause;
    waiting_ = request();
    return {waiting_};
}

Writer::Texts Writer::on_message(const SipMessage& message, Instant now) {
    if (message.status < 200 || message.cseq != cseq_ || status_ != 0) return {};
    const bool asked = message.status == 401 || message.status == 407;
    if (asked && authorization_.empty()) {
        authorization_ = (message.status == 407 ? "Proxy-Authorization: " : "Authorization: ") +
                         answer_challenge(message.challenge, wish_.account, "MESSAGE",
                                          "sip:" + wish_.to + "@" + text_of(wish_.server), 1) +
                         "\r\n";
        ++cseq_;
        return send(now);
    }
    status_ = message.status;
    waiting_.clear();
    return {};
}

Writer::Texts Writer::on_wake(Instant now) {
    if (waiting_.empty() || now < next_) return {};
    if (now - since_ > patience) {
        waiting_.clear();
        status_ = 408;
        return {};
    }
    next_ = now + pause;
    return {waiting_};
}

}  // namespace sim
