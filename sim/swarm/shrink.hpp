// Makes a failing case small: takes away faults, features, people and time as long as the same
// invariant still complains. Deterministic: the same case shrinks to the same.
//
// Thread: the caller's. Memory: a town's. Time: that of some hundred runs.
#pragma once

#include <functional>

#include "sim/swarm/run.hpp"

namespace sim::swarm {

struct Shrunken {
    Case smallest;
    Outcome outcome;
    std::uint64_t runs = 0;
};

/// `failing` fails. `on_progress` hears of each run.
[[nodiscard]] Shrunken shrink(const Case& failing, std::uint64_t runs_max = 400,
                              const std::function<void(std::uint64_t runs)>& on_progress = {});

}  // namespace sim::swarm
