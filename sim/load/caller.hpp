// One telephone that calls, stays and hangs up: the client side of INVITE, ACK and BYE over UDP
// (RFC 3261, 17.1), and polite answers to what the server asks in the call.
//
//     idle --call--> calling --200--> up --hang_up--> leaving --200--> gone
//                       '--refused, or silence for 32 s--> failed
//
// Pure: texts come in, texts to send come out. Thread: one owner. Time: only what is passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "media/engine.hpp"
#include "sim/load/sip_text.hpp"

namespace sim {

struct CallWish {
    std::string number;              // who is called, without host
    std::string caller;              // who we say we are
    std::string call_id;             // of this call alone
    media::Address server;           // whom we ask
    media::Address ours;             // where answers come to
    std::string offer;               // SDP
    std::optional<Account> account;  // to answer a challenge with; none: a challenge is a refusal
};

class Caller {
public:
    enum class Stage : std::uint8_t { idle, calling, up, leaving, gone, failed };
    using Texts = std::vector<std::string>;  // to send to the server, in this order

    explicit Caller(CallWish wish) : wish_(std::move(wish)) {}

    [[nodiscard]] Texts call(Instant now);
    [[nodiscard]] Texts hang_up(Instant now);
    /// Puts the other side on hold, or goes on: a re-INVITE (RFC 3264, 8.4).
    [[nodiscard]] Texts hold(bool on, Instant now);
    /// Is it of this call?
    [[nodiscard]] bool concerns(const SipMessage& message) const {
        return message.call_id == wish_.call_id;
    }
    [[nodiscard]] Texts on_message(const SipMessage& message, Instant now);
    /// To be called at wake_at() or later.
    [[nodiscard]] Texts on_wake(Instant now);
    [[nodiscard]] std::optional<Instant> wake_at() const { return wake_at_; }

    [[nodiscard]] Stage stage() const { return stage_; }
    [[nodiscard]] int status() const { return status_; }  // of the final response; 0: none came
    [[nodiscard]] Duration setup() const { return setup_; }
    [[nodiscard]] bool hung_up_by_server() const { return hung_up_by_server_; }
    [[nodiscard]] unsigned resent() const { return resent_; }
    /// Once up.
    [[nodiscard]] const SdpAnswer& answer() const { return answer_; }

private:
    [[nodiscard]] std::string request(const std::string& method, const std::string& target,
                                      std::uint32_t cseq, const std::string& branch) const;
    [[nodiscard]] Texts on_challenge(const SipMessage& message, Instant now);
    [[nodiscard]] Texts on_final(const SipMessage& message, Instant now);
    [[nodiscard]] Texts on_request(const SipMessage& message);
    [[nodiscard]] Texts on_hold_answered(const SipMessage& message);
    void stop_waiting(Stage stage);
    void wait(Instant now, std::string text);

    CallWish wish_;
    Stage stage_ = Stage::idle;
    int status_ = 0;
    std::uint32_t cseq_ = 1;
    unsigned sdp_version_ = 1;
    std::string to_, target_, routes_;
    std::string authorization_;  // the header line, once challenged
    std::string waiting_;        // the request that is repeated
    std::string ack_;            // of our 200, for when it comes again
    Instant asked_at_{}, since_{};
    Duration pause_{}, setup_{};
    std::optional<Instant> wake_at_;
    bool ringing_ = false;  // something provisional came: an INVITE is not repeated any more
    bool hung_up_by_server_ = false;
    unsigned resent_ = 0;
    SdpAnswer answer_;
};

}  // namespace sim
