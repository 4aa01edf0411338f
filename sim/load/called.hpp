// One telephone that is called, and what it does about it: rings, answers or refuses, hangs up; the
// server side of INVITE over UDP (RFC 3261, 17.2), and REGISTER, so that calls find it.
//
//     idle --INVITE--> ringing --answer--> up --hang_up--> leaving --200--> gone
//                         '--refuse, CANCEL--> gone
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

/// The telephone's name, and where it stands.
struct CalledWish {
    Account account;
    media::Address server, ours;
    std::string answer;  // SDP; see answer_with()
};

class Called {
public:
    enum class Stage : std::uint8_t { idle, ringing, up, leaving, gone };
    using Texts = std::vector<std::string>;

    explicit Called(CalledWish wish) : wish_(std::move(wish)) {}

    /// REGISTER; its challenge is answered by itself.
    [[nodiscard]] Texts enrol(Instant now);
    /// Cannot be called any more.
    [[nodiscard]] Texts withdraw(Instant now);
    [[nodiscard]] bool enrolled() const { return enrolled_; }

    /// Says so; without it the caller waits in silence.
    [[nodiscard]] Texts ring();
    [[nodiscard]] Texts answer(Instant now);
    /// What the next calls are answered with.
    void answer_with(std::string sdp) { wish_.answer = std::move(sdp); }
    /// "486 Busy Here"
    [[nodiscard]] Texts refuse(const std::string& status);
    [[nodiscard]] Texts hang_up(Instant now);
    /// Puts the caller on hold, or goes on: a re-INVITE (RFC 3264, 8.4).
    [[nodiscard]] Texts hold(bool on, Instant now);
    /// The call is forgotten without a word, as after a power cut.
    void forget();
    /// Is it of a call to us, or of our REGISTER?
    [[nodiscard]] bool concerns(const SipMessage& message) const;
    [[nodiscard]] Texts on_message(const SipMessage& message, Instant now);
    /// Repeats what was not answered. Every 100 ms or so.
    [[nodiscard]] Texts on_wake(Instant now);

    [[nodiscard]] Stage stage() const { return stage_; }
    [[nodiscard]] bool hung_up_by_server() const { return hung_up_by_server_; }
    /// It was given up before we had answered.
    [[nodiscard]] bool cancelled_by_server() const { return cancelled_by_server_; }
    /// Of the caller, once it rings.
    [[nodiscard]] const SdpAnswer& offer() const { return offer_; }
    [[nodiscard]] const std::string& offer_text() const { return offer_text_; }

private:
    [[nodiscard]] Texts ask_registrar(bool withdraws, Instant now);
    [[nodiscard]] Texts on_register(const SipMessage& message, Instant now);
    [[nodiscard]] Texts on_invite(const SipMessage& message);
    [[nodiscard]] Texts on_response(const SipMessage& message, Instant now);
    [[nodiscard]] std::string in_call(const std::string& method, std::uint32_t cseq,
                                      const std::string& branch, const std::string& body) const;
    [[nodiscard]] std::string registration() const;
    [[nodiscard]] std::string respond(const std::string& status, bool with_answer) const;
    [[nodiscard]] std::string contact() const;
    void wait(Instant now, std::string text);

    CalledWish wish_;
    Stage stage_ = Stage::idle;
    bool enrolled_ = false, withdraws_ = false;
    bool hung_up_by_server_ = false, cancelled_by_server_ = false;
    std::uint32_t register_cseq_ = 0;
    std::string authorization_;
    // Of the INVITE in hand.
    std::string vias_, from_, to_, call_id_, target_, routes_;
    std::uint32_t invite_cseq_ = 0;
    unsigned calls_ = 0;
    std::uint32_t cseq_ = 0;  // of our requests in the call
    unsigned sdp_version_ = 1;
    SdpAnswer offer_;
    std::string offer_text_;
    std::string waiting_;
    Instant since_{}, next_{};
};

}  // namespace sim
