// Where a telephone's signalling goes out and comes in: a socket of its own, or one that many
// share, as those behind a carrier do.
//
// Thread: one. Memory: one socket. Time: no call here waits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/load/sockets.hpp"

namespace replay {

class Line {
public:
    /// At the first free port from `port` on. Fails with a sentence.
    [[nodiscard]] static Result<std::shared_ptr<Line>, std::string> open(
        const media::Address& server, std::uint16_t port);
    /// At `ours` and nowhere else.
    [[nodiscard]] static Result<std::shared_ptr<Line>, std::string> open_at(
        const media::Address& server, const media::Address& ours);

    [[nodiscard]] const media::Address& at() const { return at_; }
    void send(const std::vector<std::string>& texts);
    [[nodiscard]] std::vector<std::string> receive();

private:
    Line(const media::Address& server, const media::Address& at, sim::Socket socket)
        : server_(server), at_(at), socket_(std::move(socket)) {}

    media::Address server_, at_;
    sim::Socket socket_;
    std::unique_ptr<sim::Batch> batch_ = std::make_unique<sim::Batch>();
};

/// The first free UDP port from `port` on, which then is the one that was found.
[[nodiscard]] Result<sim::Socket, std::string> bind_from(std::uint32_t ip, std::uint16_t& port);

}  // namespace replay
