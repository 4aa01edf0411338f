// The people who have an account: their names, telephones and chats, and what keeps their
// telephones registered.
//
// Thread: one. Memory: a few dozen bytes a person. Time: virtual.
#pragma once

#include <string>
#include <vector>

#include "sim/world/ground.hpp"

namespace sim {

class People {
public:
    explicit People(Ground& ground);

    /// Accounts, telephones, conversations. Before the world begins.
    void set_up();
    /// From now on telephones register again before their registration expires.
    void begin();

    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(users_.size()); }
    [[nodiscard]] bool has_phone(std::uint32_t user) const { return users_[user].phone; }
    [[nodiscard]] std::uint32_t clients(std::uint32_t user) const { return users_[user].clients; }
    /// The conversation that they write to, and who else is in it.
    [[nodiscard]] std::uint32_t chat(std::uint32_t user) const { return users_[user].chat; }
    [[nodiscard]] const std::vector<std::uint32_t>& members(std::uint32_t chat) const {
        return chats_[chat];
    }
    [[nodiscard]] std::uint32_t chats() const { return static_cast<std::uint32_t>(chats_.size()); }

    [[nodiscard]] static std::string name(std::uint32_t user);
    [[nodiscard]] static std::string chat_name(std::uint32_t chat);

private:
    struct User {
        bool phone = false;
        std::uint32_t clients = 0;
        std::uint32_t chat = 0;
        std::uint32_t cseq = 0;
    };
    [[nodiscard]] schema::RegisterPhoneT registration(std::uint32_t user);
    void register_later(std::uint32_t user);

    Ground& ground_;
    Chance refreshes_;
    std::vector<User> users_;
    std::vector<std::vector<std::uint32_t>> chats_;
};

}  // namespace sim
