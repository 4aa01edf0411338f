// Chats: what is sent is there once, in order, from somebody who belongs there.
#include <set>

#include "actors/invariants/kit.hpp"

namespace actors {
namespace {

class MessagesOnceInOrder final : public Rule {
public:
    explicit MessagesOnceInOrder(SharedBooks books)
        : Rule(std::move(books), "messages_once_in_order",
               "a chat's messages count 1, 2, 3, ..., come from members, and none is there twice",
               {StreamKind::conversation}) {}

private:
    struct Chat {
        std::uint64_t messages = 0;
        std::set<std::string> members;
        std::map<std::string, std::uint64_t> read_up_to;
        std::map<std::pair<std::string, std::string>, std::uint64_t> sent;  // from, client id
    };

    void watch(const Moment& moment, const Complain& complain) override {
        Chat& chat = chats_[here()];
        for (const auto& fact : moment.transition.events) {
            if (const auto* made = peek<schema::ConversationCreatedT>(fact)) {
                chat.members.insert(made->members.begin(), made->members.end());
            } else if (const auto* added = peek<schema::MemberAddedT>(fact)) {
                chat.members.insert(added->user);
            } else if (const auto* removed = peek<schema::MemberRemovedT>(fact)) {
                chat.members.erase(removed->user);
                chat.read_up_to.erase(removed->user);
            } else if (const auto* sent = peek<schema::MessageSentT>(fact)) {
                check_sent(chat, moment, *sent, complain);
            } else if (const auto* read = peek<schema::ReadMarkedT>(fact)) {
                check_read(chat, moment, *read, complain);
            }
        }
    }

    void check_sent(Chat& chat, const Moment& moment, const schema::MessageSentT& sent,
                    const Complain& complain) const {
        if (sent.number != chat.messages + 1)
            say(complain, moment,
                "message " + std::to_string(sent.number) + " follows message " +
                    std::to_string(chat.messages));
        chat.messages = sent.number;
        if (!chat.members.contains(sent.from))
            say(complain, moment, sent.from + " writes and is no member");
        if (sent.client_id.empty()) return;
        const std::uint64_t sequence = moment.transition.sequence;
        const auto [known, fresh] =
            chat.sent.emplace(std::pair{sent.from, sent.client_id}, sequence);
        if (!fresh && sequence - known->second <= recent_commands_max)
            say(complain, moment,
                sent.from + "'s message '" + sent.client_id + "' is at sequence " +
                    std::to_string(known->second) + " already");
        known->second = sequence;
        if (chat.sent.size() <= 2 * recent_commands_max) return;
        std::erase_if(chat.sent,
                      [&](const auto& one) { return sequence - one.second > recent_commands_max; });
    }

    void check_read(Chat& chat, const Moment& moment, const schema::ReadMarkedT& read,
                    const Complain& complain) const {
        std::uint64_t& up_to = chat.read_up_to[read.user];
        if (read.sequence <= up_to || read.sequence >= moment.transition.sequence)
            say(complain, moment,
                read.user + " reads up to " + std::to_string(read.sequence) + " after " +
                    std::to_string(up_to) + ", of " +
                    std::to_string(moment.transition.sequence - 1));
        up_to = read.sequence;
    }

    PerStream<Chat> chats_;
};

}  // namespace

void add_message_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<MessagesOnceInOrder>(books));
}

}  // namespace actors
