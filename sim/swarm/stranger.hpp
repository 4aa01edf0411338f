// Somebody who signed in as a user and sends whatever comes to mind: any command, any fields, to
// any stream. What is refused changes nothing; what is not must leave every invariant standing.
//
// Thread: one. Memory: none. Time: the town's.
#pragma once

#include "sim/models/chance.hpp"
#include "sim/swarm/town.hpp"

namespace sim::swarm {

class Stranger {
public:
    explicit Stranger(Town& town);
    void begin();

private:
    void wish();
    [[nodiscard]] StreamId anybody();

    Town& town_;
    Chance chance_;
    std::uint64_t wishes_ = 0;
};

}  // namespace sim::swarm
