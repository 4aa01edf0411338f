// A run's figures as a table for people, as JSON and as CSV.
//
// Thread: pure functions that return text; whoever calls writes it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sim/results/run.hpp"
#include "sim/results/summary.hpp"

namespace sim {

/// What makes a run findable again, besides the run itself.
struct Origin {
    std::string commit;    // of the program
    std::string command;   // that makes this run again
    std::string scenario;  // canonical TOML
};

/// A count is told per second.
[[nodiscard]] std::string unit_of(const MetricName& metric);

/// "seed ..., commit ..., configuration ...": printed first.
[[nodiscard]] std::string heading(std::uint64_t seed, const base::Hash& configuration,
                                  const std::string& commit);
/// Names, means, intervals, units, percentiles; below it what a reader should know.
[[nodiscard]] std::string table(const Summary& summary);
/// Counts, times, the state hash: printed last.
[[nodiscard]] std::string closing(const Run& run);

[[nodiscard]] nlohmann::ordered_json to_json(const Summary& summary);
/// seed, commit, configuration, state_hash, events, virtual_seconds, wall_seconds, metrics ...
[[nodiscard]] nlohmann::ordered_json to_json(const Run& run, const Summary& summary,
                                             const Origin& origin);

/// One line a metric.
[[nodiscard]] std::string figures_csv(const Summary& summary);
/// One line a metric, replication and slice: begin, sum, weight.
[[nodiscard]] std::string slices_csv(const Run& run);
/// One line a metric and bucket, all replications together, warm-up taken off.
[[nodiscard]] std::string histograms_csv(const Run& run, const Summary& summary);

}  // namespace sim
