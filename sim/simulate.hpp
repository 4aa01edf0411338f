// Runs a scenario: independent replications, several at once, each a world of its own with a seed
// of its own, and joins what they measured.
//
// Thread: `jobs` of its own; the callback comes on the caller's. The result does not depend on
// `jobs`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/results/run.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

struct SimulateOptions {
    std::uint64_t seed = 1;
    unsigned jobs = 1;
    bool check = true;                              // every invariant, all the time
    std::string journal_folder;                     // of the first replication; empty: not kept
    std::function<void(double share)> on_progress;  // 0 .. 1
};

[[nodiscard]] Run simulate(const Scenario& scenario, const SimulateOptions& options);

}  // namespace sim
