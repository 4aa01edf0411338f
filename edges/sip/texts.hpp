// SIP MESSAGE (RFC 3428), both ways: what a phone writes goes into a conversation of the chat, and
// what is written there goes to the phones that want it.
//
// Thread: the loop's. Memory: at most deliveries_max messages wait for phones; above it new ones
// are not offered.
#pragma once

#include <unordered_map>

#include "edges/sip/gate.hpp"

namespace sip {

inline constexpr std::size_t text_bytes_max = 4000;
inline constexpr std::size_t deliveries_max = 5000;

class Texts {
public:
    Texts(Desk& desk, Gate& gate) : desk_(desk), gate_(gate) {}

    void on_message(RequestId request, const Request& message);
    void offer(const actors::OfferText& effect);
    void on_delivered(PeerId peer, int status);

private:
    struct Work;
    void find_person(const std::shared_ptr<Work>& work, const std::string& name, bool last);
    void find_conversation(const std::shared_ptr<Work>& work);
    void create(const std::shared_ptr<Work>& work);
    void send(const std::shared_ptr<Work>& work);
    void want_answers(const Work& work);
    void deliver(const Outgoing& outgoing, int attempt);
    void answer(const Work& work, int status);

    struct Delivery {
        Outgoing outgoing;
        int attempt = 1;
    };

    Desk& desk_;
    Gate& gate_;
    std::unordered_map<PeerId, Delivery> deliveries_;
};

/// The name of the conversation of two people; which of them is named first does not matter.
[[nodiscard]] std::string direct_name(const std::string& a, const std::string& b);

/// Lines end in '\n' in the chat; what phones put at the end of a text is not part of it.
[[nodiscard]] std::string lines_of(std::string body);

/// 200 if `content_type` and `body` are a text that we take, else the status to refuse it with.
[[nodiscard]] int judge_text(const std::string& content_type, const std::string& body);

}  // namespace sip
