// Two scenarios under the same chances: what differs, by how much, and what is noise.
//
// Replication i of both has the same seed, and every source of chance a stream of its own
// (sim/models/chance.hpp), so that most of the noise cancels in the difference.
//
// Thread: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/results/print.hpp"
#include "sim/results/run.hpp"
#include "sim/results/summary.hpp"

namespace sim {

struct Compared {
    MetricName metric;
    Interval first, second;     // each by itself
    Interval difference;        // second - first, in pairs
    double chance = 1;          // that noise alone shows so much or more, before correction
    bool significant = false;   // after Holm's correction for all metrics of the table
    double variance_saved = 0;  // by the pairs, as a share of what independent seeds would have had
};

struct Comparison {
    std::string first_title, second_title;
    std::vector<Compared> metrics;  // those both have measured
    std::size_t pairs = 0;
    double warm_up_s = 0;  // the longer one of both
    std::vector<std::string> remarks;
};

/// Takes as many replications as both have; asserts that their seeds are the same.
[[nodiscard]] Comparison compare(const Run& first, const Run& second);

[[nodiscard]] std::string table(const Comparison& comparison);
[[nodiscard]] nlohmann::ordered_json to_json(const Comparison& comparison);
[[nodiscard]] std::string comparison_csv(const Comparison& comparison);

}  // namespace sim
