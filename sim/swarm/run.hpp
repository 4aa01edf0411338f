// One case from beginning to end: faults up to a safety end, then everything heals and must come to
// rest, then the journal is judged.
//
// Thread: one; several cases may run at once, each in a thread of its own. Memory: a town's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/invariants/invariant.hpp"
#include "base/hash.hpp"
#include "sim/swarm/case.hpp"

namespace sim::swarm {

struct Outcome {
    std::vector<actors::Violation> violations;  // the first is the story
    std::vector<std::string> newest;            // transitions before it, as JSON
    std::uint64_t wishes = 0, transitions = 0, crashes = 0;
    double seconds = 0;    // of virtual time
    base::Hash journal{};  // every durable byte: the same case gives the same
    [[nodiscard]] bool ok() const { return violations.empty(); }
};

[[nodiscard]] Outcome run(const Case& one);

}  // namespace sim::swarm
