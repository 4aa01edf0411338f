// What the network does to one direction of one telephone's packets.
//
//     partition, Gilbert-Elliott --lost?--> delay + Pareto jitter --in order--> reordered? twice?
//
// Jitter is waiting in queues, and queues keep order: scale x (u^(-1/shape) - 1) is added (Pareto
// type II, from 0, mean scale / (shape - 1)), and nobody overtakes. A reordered packet comes half a
// packet after its successor. Every packet takes the same count of random numbers, whatever
// happens: two networks that differ in one figure alone stay in step.
//
// Thread: one owner. Time: virtual; packets are sent in order of time.
#pragma once

#include <array>

#include "base/time.hpp"
#include "sim/models/chance.hpp"

namespace sim {

class PacketPath {
public:
    PacketPath(const Network& network, Instant world_begins, Chance chance);

    struct Arrived {
        std::array<Instant, 2> at{};
        unsigned count = 0;  // 0: lost; 2: twice
    };
    [[nodiscard]] Arrived send(Instant at);
    [[nodiscard]] bool in_bad_state() const { return bad_; }

private:
    const Network network_;
    Instant begins_;
    Chance chance_;
    bool bad_ = false;
    Instant last_sent_{}, last_arrival_{};
};

}  // namespace sim
