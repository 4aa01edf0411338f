// What a run found out: one figure a metric, with its interval, warm-up taken off.
//
// Thread: pure functions. Time: one pass over slices, and over histograms for percentiles.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/results/estimate.hpp"
#include "sim/results/run.hpp"

namespace sim {

struct Percentile {
    double share = 0.5;  // of what was counted lies below
    Interval value;      // of all replications together; the interval from one to the other
};

struct Finding {
    MetricName metric;
    Interval value;       // of a count: per second
    double measured = 0;  // trials, samples or seconds behind it, all groups together
    double total = 0;     // of a count or a share: how many
    std::vector<Percentile> percentiles;
    std::string remark;  // what a reader should know before believing it; often empty
};

struct Summary {
    std::vector<Finding> figures;  // in order of names' first appearance
    double warm_up_s = 0;          // taken off; whole slices
    std::size_t slices_off = 0;
    std::size_t groups = 0;  // replications, or batches of all of them
    bool batches = false;
    std::vector<std::string> remarks;  // on the whole
};

[[nodiscard]] Summary summary(const Run& run);

/// The figure of that name, if there is one.
[[nodiscard]] const Finding* find(const Summary& summary, const std::string& metric);

/// One group a replication, or `batches` of each, from that slice on.
[[nodiscard]] Groups groups_of(std::span<const Replication> replications, const std::string& metric,
                               std::size_t slices_off, std::size_t batches);

/// Of a metric, all replications together, from that slice on.
[[nodiscard]] Recorder::Histogram histogram_of(const Run& run, const std::string& metric,
                                               std::size_t slices_off);

/// How many of these replications are enough for scenario.precision: the least number, from
/// replications_min() on, whose interval is narrow enough. Nothing: go on. It asks about every
/// prefix in order, so the answer does not depend on how many ran at once. Whoever runs more than
/// that throws the others away.
[[nodiscard]] std::optional<std::size_t> enough(const Scenario& scenario, double slice_s,
                                                std::span<const Replication> replications);
[[nodiscard]] std::size_t replications_min(const Scenario& scenario);
/// With a precision asked for, where it gives up; else the number asked for.
[[nodiscard]] std::size_t replications_max(const Scenario& scenario);

}  // namespace sim
