#include "sim/world/people.hpp"

#include <algorithm>

namespace sim {
namespace {

constexpr const char* server = "server";
constexpr const char* label = "desk";
constexpr std::uint32_t clients_max = 3;
constexpr std::uint32_t registered_for_s = 3600;  // what most telephones ask for

}  // namespace

std::string People::name(std::uint32_t user) { return "user" + std::to_string(user + 1); }
std::string People::chat_name(std::uint32_t chat) { return "chat" + std::to_string(chat + 1); }

People::People(Ground& ground) : ground_(ground), refreshes_(ground.chance("people/refreshes")) {
    const Population& plan = ground.scenario.population;
    users_.resize(plan.users);
    const std::uint32_t together = std::max(2u, ground.scenario.im.members);
    for (std::uint32_t i = 0; i < plan.users; ++i) {
        Chance chance = ground.chance("people/user", i);
        users_[i].phone = chance.with(plan.with_phone);
        for (std::uint32_t client = 0; client < clients_max; ++client)
            users_[i].clients += chance.with(plan.clients_mean / clients_max) ? 1 : 0;
        users_[i].chat = i / together;
        if (users_[i].chat == chats_.size()) chats_.emplace_back();
        chats_[users_[i].chat].push_back(i);
    }
}

void People::set_up() {
    for (std::uint32_t i = 0; i < count(); ++i) {
        const StreamId stream{StreamKind::user, name(i)};
        schema::CreateUserT user;
        user.display_name = "User " + std::to_string(i + 1);
        user.password = "$simulated$";
        user.may_dial_numbers = true;
        ground_.insist(stream, server, actors::command(std::move(user)));
        if (!users_[i].phone) continue;
        schema::AddPhoneT phone;
        phone.label = label;
        phone.ha1 = "simulated";
        ground_.insist(stream, server, actors::command(std::move(phone)));
        ground_.insist(stream, server, actors::command(registration(i)));
    }
    for (std::uint32_t i = 0; i < chats(); ++i) {
        schema::CreateConversationT chat;
        chat.kind = schema::ConversationKind::group;
        chat.title = "Chat " + std::to_string(i + 1);
        for (const std::uint32_t member : members(i)) chat.members.push_back(name(member));
        ground_.insist({StreamKind::conversation, chat_name(i)}, server,
                       actors::command(std::move(chat)));
    }
}

schema::RegisterPhoneT People::registration(std::uint32_t user) {
    schema::RegisterPhoneT wish;
    wish.label = label;
    wish.contact = "sip:" + name(user) + "@192.0.2.1:5060";
    wish.source = "udp:192.0.2.1:5060";
    wish.user_agent = "simulated";
    wish.call_id = name(user) + "@192.0.2.1";
    wish.cseq = ++users_[user].cseq;
    wish.expires_s = registered_for_s;
    return wish;
}

void People::begin() {
    for (std::uint32_t i = 0; i < count(); ++i) {
        if (users_[i].phone) register_later(i);
    }
}

void People::register_later(std::uint32_t user) {
    ground_.after(registered_for_s * (0.5 + 0.4 * refreshes_.uniform()), [this, user] {
        if (ground_.healed) return;
        ground_.insist({StreamKind::user, name(user)}, "phone/" + name(user) + "-" + label,
                       actors::command(registration(user)));
        register_later(user);
    });
}

}  // namespace sim
