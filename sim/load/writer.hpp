// One text that a telephone sends to the chat: MESSAGE over UDP (RFC 3428), its challenge answered.
//
// Pure: texts come in, texts to send come out. Thread: one owner. Time: only what is passed in.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "media/engine.hpp"
#include "sim/load/sip_text.hpp"

namespace sim {

struct TextWish {
    Account account;
    std::string to;  // user part: a person, or the name of a conversation
    std::string text;
    std::string call_id;  // of this text alone
    media::Address server, ours;
};

class Writer {
public:
    using Texts = std::vector<std::string>;

    explicit Writer(TextWish wish) : wish_(std::move(wish)) {}

    [[nodiscard]] Texts send(Instant now);
    [[nodiscard]] bool concerns(const SipMessage& message) const {
        return message.status != 0 && message.method == "MESSAGE" &&
               message.call_id == wish_.call_id;
    }
    [[nodiscard]] Texts on_message(const SipMessage& message, Instant now);
    /// Repeats what was not answered, for 32 seconds. Every 100 ms or so.
    [[nodiscard]] Texts on_wake(Instant now);

    /// The final answer; 0: none yet, 408: none came.
    [[nodiscard]] int status() const { return status_; }

private:
    [[nodiscard]] std::string request() const;

    TextWish wish_;
    std::uint32_t cseq_ = 1;
    int status_ = 0;
    std::string authorization_, waiting_;
    Instant since_{}, next_{};
};

}  // namespace sim
