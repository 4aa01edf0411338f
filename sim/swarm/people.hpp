// The people of a town at their IM clients: each wish has an id, is sent again until it is
// answered, and sometimes once more after that.
//
// Thread: one. Memory: the wishes that are open. Time: the town's.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "sim/models/chance.hpp"
#include "sim/swarm/town.hpp"

namespace sim::swarm {

class People {
public:
    explicit People(Town& town);
    void begin();
    void server_began();
    void heal() {}
    [[nodiscard]] bool idle() const { return open_.empty(); }
    [[nodiscard]] std::string open_wishes() const;

private:
    struct Wish {
        StreamId to;
        std::string by;
        schema::CommandUnion command;
        CommandId id;
        std::function<void()> then;  // once it has been granted
        bool of_edge = false;        // forgotten when the server dies: its client begins anew
    };
    using Room = actors::Books::Room;

    void wish_now_and_then();
    void wish_something();
    void chat();
    void steer_room();
    void steer_sound(const std::string& room);
    void own_things();
    void open_room();
    void dial(const std::string& room);
    void ask(const StreamId& to, const std::string& by, schema::CommandUnion command,
             std::string id = {}, std::function<void()> then = {});
    void ask(Wish wish);
    void give_up(std::uint64_t number);
    void send(std::uint64_t number);
    void settle_people();  // creates them

    [[nodiscard]] std::string user();
    [[nodiscard]] std::string by_user() { return "user/" + user(); }
    [[nodiscard]] std::string room();
    [[nodiscard]] std::uint32_t seat_of(const std::string& room);

    Town& town_;
    Chance chance_;
    std::map<std::uint64_t, Wish> open_;
    std::uint64_t wishes_ = 0, rooms_ = 0;
};

}  // namespace sim::swarm
