// Runs a scenario: independent replications, several at once, each a world of its own with a seed
// of its own, and joins what they measured.
//
// Thread: `jobs` of its own; the callback comes on any of them, one at a time. The result does not
// depend on `jobs`. Files: only the journal of `journal_folder`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.hpp"
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

/// The seed of a run's replication `number`, 0, 1, 2, ...
[[nodiscard]] std::uint64_t seed_of(std::uint64_t seed, std::uint64_t number);

/// The error says why the journal could not be written. `wall_s` is left to whoever has a clock.
[[nodiscard]] Result<Run, std::string> simulate(const Scenario& scenario,
                                                const SimulateOptions& options);

}  // namespace sim
