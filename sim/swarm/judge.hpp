// When a town has come to rest: is what the journal says what was promised, what the house
// believes, and what today's rules would decide again?
//
// Thread: one. Memory: an entity at a time. Time: the town's does not pass.
#pragma once

#include "sim/swarm/town.hpp"

namespace sim::swarm {

/// Complains to the town's watch.
void judge(Town& town);

}  // namespace sim::swarm
