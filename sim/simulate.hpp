// Runs a scenario: independent replications, several at once, each a world of its own with a seed
// of its own, and joins what they measured.
//
// Thread: `jobs` of its own; the callback comes on the caller's. The result does not depend on
// `jobs`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "sim/results/recorder.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/world/world.hpp"

namespace sim {

struct SimulateOptions {
    std::uint64_t seed = 1;
    unsigned jobs = 1;
    bool check = true;                              // every invariant, all the time
    std::string journal_folder;                     // of the first replication; empty: not kept
    std::function<void(double share)> on_progress;  // 0 .. 1
};

struct Replication {
    std::uint64_t seed = 0;
    base::Hash state_hash{};
    WorldCounts counts;
    double virtual_s = 0;
    std::vector<Recorder::Series> series;
    std::vector<std::string> violations;
};

struct Run {
    Scenario scenario;
    std::uint64_t seed = 0;
    base::Hash configuration{};  // of the scenario, whatever the file looked like
    base::Hash state_hash{};     // of all replications, in order of their numbers
    std::vector<Replication> replications;
    double slice_s = 0;
    double wall_s = 0;
};

[[nodiscard]] Run simulate(const Scenario& scenario, const SimulateOptions& options);

}  // namespace sim
