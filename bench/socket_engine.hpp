// The whole engine as one of the ways: one room of all legs, three of them talking, G.711.
//
// Thread: the engine's own. Memory: the engine's. Time: its own ticks; move() only counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "bench/socket_ways.hpp"
#include "media/engine.hpp"

namespace sockets {

/// To which port of the server each phone sends.
using PhoneTargets = std::span<std::atomic<std::uint16_t>>;

class WholeEngine final : public Way {
public:
    struct Options {
        bool share = true;
        unsigned workers = 1;
    };
    WholeEngine(std::size_t legs, Options options, PhoneTargets targets)
        : engine_({.port_min = server_port,
                   .port_max = server_port + 1'999,
                   .workers = options.workers,
                   .share_ports = options.share}),
          legs_(legs) {
        std::vector<media::RoomLeg> seats;
        for (std::size_t i = 0; i < legs; ++i) {
            const media::Address phone{.ip = INADDR_LOOPBACK,
                                       .port = static_cast<std::uint16_t>(phones_port + i)};
            const auto port = engine_.open(i + 1, {.remote = phone});
            check(port.ok(), "open");
            targets[i].store(port.value());
            engine_.configure(i + 1, {.remote = phone});
            seats.push_back({.leg = i + 1, .speaks = i < 3});
        }
        engine_.set_room(1, seats);
    }
    /// Packets that legs took since the last call; asked seldom, for the asking costs CPU too.
    std::size_t move() override {
        if (++calls_ % 25 != 0) return 0;
        std::size_t all = 0;
        for (std::size_t i = 0; i < legs_; ++i) all += engine_.statistics(i + 1)->packets_received;
        const std::size_t fresh = all - before_;
        before_ = all;
        return fresh;
    }
    [[nodiscard]] media::EngineStatistics statistics() const { return engine_.statistics(); }

private:
    media::Engine engine_;
    const std::size_t legs_;
    std::size_t before_ = 0, calls_ = 0;
};

}  // namespace sockets
