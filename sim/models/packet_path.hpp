// What the network does to one direction of one telephone's packets: delay, Pareto jitter,
// Gilbert-Elliott loss, duplicates, reordering, partitions.
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
    Instant last_arrival_{};
};

}  // namespace sim
