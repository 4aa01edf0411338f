// From slices to figures with intervals: which slices count, how they are grouped, and what Student
// says about the groups. docs/simulation.md has the formulas and where they come from.
//
// Thread: pure functions; the same slices give the same bits.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sim/results/recorder.hpp"

namespace sim {

inline constexpr double confidence = 0.95;

struct Interval {
    double mean = 0;
    double half_width = 0;   // of the 95 % interval; meaningful with two groups or more
    std::size_t groups = 0;  // that had anything to tell: replications or batches
    [[nodiscard]] bool told() const { return groups > 0; }
    [[nodiscard]] bool bounded() const { return groups > 1; }
    bool operator==(const Interval&) const = default;
};

using Groups = std::vector<Recorder::Slice>;

/// Ratio of sums over groups, its variance by the delta method; groups of equal weight give the
/// mean of their ratios and Student's interval as everybody knows it. Groups without weight have
/// nothing to say and are left out.
[[nodiscard]] Interval estimate(std::span<const Recorder::Slice> groups);
/// The same of plain values, each as good as the other.
[[nodiscard]] Interval estimate(std::span<const double> values);
/// Of first - second, group by group: common random numbers make most of the noise cancel.
[[nodiscard]] Interval difference(std::span<const Recorder::Slice> first,
                                  std::span<const Recorder::Slice> second);
/// Chance of a mean this far from zero, or farther, when the truth is zero (two sides).
[[nodiscard]] double chance_of(const Interval& difference);

/// `slices` [first, end) cut into `count` groups of nearly equal length.
[[nodiscard]] Groups grouped(std::span<const Recorder::Slice> slices, std::size_t count);

/// The value that a share p of what was counted stays below; nothing when nothing was counted.
/// Between a bucket's edges it is interpolated; with `steps` (levels, which are whole) it is the
/// bucket's beginning.
[[nodiscard]] std::optional<double> percentile(const Recorder::Histogram& counts, double p,
                                               bool steps);

/// MSER-5 (White 1997): how many of these observations to throw away so that the standard error of
/// the mean of the others is least, judged in groups of five. At most half of them.
struct WarmUp {
    std::size_t observations = 0;
    bool certain = true;  // false: the best cut was at the half, the run is too short to tell
};
[[nodiscard]] WarmUp mser5(std::span<const double> observations);

/// Correlation of neighbours; batches are long enough when it is small.
[[nodiscard]] double lag_one_correlation(std::span<const double> values);

}  // namespace sim
