// People who write to each other: their clients follow the chat's stream, show what comes, mark it
// read, lose their connection and come back with a cursor, and send again what was not
// acknowledged.
//
//     type -> send --delay--> House --durable--> acknowledge --delay-->
//                               \--> each client that follows --delay--> shown -> read
//
// Thread: one. Memory: a client each, and messages that are not acknowledged. Time: virtual.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sim/world/people.hpp"

namespace sim {

class Chats {
public:
    Chats(Ground& ground, const People& people);
    ~Chats();

    void begin();
    void crash();
    /// Everybody is connected, has got all messages, and every message is acknowledged.
    [[nodiscard]] bool idle() const;

private:
    class Client;
    struct Message {
        std::uint64_t number = 0;
        Instant sent{};
        bool again = false;
    };
    struct Writer {
        std::uint32_t user = 0;
        std::vector<std::uint32_t> clients;
        std::deque<Message> unacknowledged;  // oldest first
        std::uint64_t messages = 0;
        Chance chance;
    };

    void type(std::uint32_t writer);
    void send(std::uint32_t writer, std::uint64_t number);
    void acknowledged(std::uint32_t writer, std::uint64_t number);
    [[nodiscard]] Client* first_connected(const Writer& writer);
    void storm();
    void connect(std::uint32_t client);
    void disconnect(std::uint32_t client, double back_after_s);
    [[nodiscard]] double delay_s() { return delays_.draw(ground_.scenario.im.delay_s); }

    Ground& ground_;
    const People& people_;
    Chance delays_;
    Chance returns_;
    Chance reading_;
    std::vector<std::shared_ptr<Client>> clients_;
    std::vector<std::uint32_t> writer_of_;  // a client
    std::vector<Writer> writers_;
    std::size_t connected_ = 0;
    std::size_t on_the_way_ = 0;  // messages to clients
};

}  // namespace sim
