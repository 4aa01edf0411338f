// The telephone side of a town: phones that ring, are answered, key PINs, talk, hold and hang up,
// as the real edge would tell it; over a network that delays, doubles and sometimes swallows.
//
// Thread: one. Memory: a phone per call under way. Time: the town's.
#pragma once

#include <map>
#include <string>

#include "sim/models/chance.hpp"
#include "sim/swarm/town.hpp"

namespace sim::swarm {

/// The PINs of every conference of a town.
[[nodiscard]] schema::Hash host_pin(std::string_view room);
[[nodiscard]] schema::Hash guest_pin(std::string_view room);

class Telephones {
public:
    explicit Telephones(Town& town);

    void perform(const actors::Effect& effect);
    /// Somebody calls `room`, or the shared number and keys it.
    void call(const std::string& user, const std::string& room, bool by_access);
    void drop_all();  // the trunk is lost
    void server_died();
    void heal();
    [[nodiscard]] bool idle() const { return phones_.empty() && under_way_ == 0; }
    [[nodiscard]] std::string names() const;

private:
    struct Phone {
        std::string room;  // that its owner wants
        bool inbound = false, connected = false, held = false;
        std::uint32_t asked = 0;  // how often keys were asked for
        bool host = false;        // knows the host's PIN
    };

    void on(const actors::AnswerCall& one);
    void on(const actors::DialCall& one);
    void on(const actors::CollectKeys& one);
    void on(const actors::EndCall& one) { over(one.leg); }
    void on(const actors::RefuseCall& one) { over(one.leg); }
    template <class Other>
    void on(const Other&) {}  // heard, or shown

    [[nodiscard]] Phone* find(const std::string& leg);
    void over(const std::string& leg);
    void key(const std::string& leg, bool pin);
    void begin_talk(const std::string& leg);
    void live(const std::string& leg);
    void hang_up(const std::string& leg, schema::Cause cause, std::uint16_t status);
    void hang_up_some_day(const std::string& leg, double mean_s);
    /// By the network: later, twice, or not before a partition ends.
    void say(const std::string& leg, const schema::CommandUnion& command);
    void say_to(const StreamId& to, const schema::CommandUnion& command);
    void deliver(double delay, const StreamId& to, const schema::CommandUnion& command);
    /// What the edge knows it tells until it is stored.
    void insist(const StreamId& to, const schema::CommandUnion& command);

    Town& town_;
    Chance chance_;
    std::map<std::string, Phone> phones_;
    std::uint64_t calls_ = 0, under_way_ = 0;
};

}  // namespace sim::swarm
