#include "sim/results/estimate.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "sim/results/distributions.hpp"

namespace sim {
namespace {

double student_half_width(double variance_of_mean, std::size_t groups) {
    return student_t_quantile((1 + confidence) / 2, static_cast<double>(groups - 1)) *
           std::sqrt(variance_of_mean);
}

}  // namespace

Interval estimate(std::span<const Recorder::Slice> groups) {
    double sum = 0, weight = 0;
    Interval result;
    for (const auto& group : groups) {
        if (group.weight <= 0) continue;
        sum += group.sum;
        weight += group.weight;
        ++result.groups;
    }
    if (result.groups == 0) return result;
    result.mean = sum / weight;
    if (result.groups == 1) return result;
    double squares = 0;
    for (const auto& group : groups) {
        if (group.weight <= 0) continue;
        const double away = group.sum - result.mean * group.weight;
        squares += away * away;
    }
    const auto n = static_cast<double>(result.groups);
    const double weight_mean = weight / n;
    result.half_width =
        student_half_width(squares / (n * (n - 1) * weight_mean * weight_mean), result.groups);
    return result;
}

Interval estimate(std::span<const double> values) {
    Groups groups;
    for (const double value : values) groups.push_back({.sum = value, .weight = 1});
    return estimate(groups);
}

Interval difference(std::span<const Recorder::Slice> first,
                    std::span<const Recorder::Slice> second) {
    ASSERT(first.size() == second.size());
    std::vector<double> pairs;
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (first[i].weight <= 0 || second[i].weight <= 0) continue;
        pairs.push_back(first[i].sum / first[i].weight - second[i].sum / second[i].weight);
    }
    return estimate(pairs);
}

double chance_of(const Interval& difference) {
    if (!difference.bounded()) return 1;
    if (difference.half_width == 0) return difference.mean == 0 ? 1 : 0;
    const auto freedom = static_cast<double>(difference.groups - 1);
    const double error = difference.half_width / student_t_quantile((1 + confidence) / 2, freedom);
    return 2 * student_t(-std::fabs(difference.mean) / error, freedom);
}

Groups grouped(std::span<const Recorder::Slice> slices, std::size_t count) {
    Groups groups(count);
    for (std::size_t i = 0; i < slices.size(); ++i) {
        auto& group = groups[i * count / slices.size()];
        group.sum += slices[i].sum;
        group.weight += slices[i].weight;
    }
    return groups;
}

std::optional<double> percentile(const Recorder::Histogram& counts, double p, bool steps) {
    std::uint64_t all = 0;
    for (const auto count : counts.counts) all += count;
    if (all == 0) return std::nullopt;
    const double wanted = p * static_cast<double>(all);
    double below = 0;
    std::uint32_t last = 0;
    for (std::size_t i = 0; i < counts.counts.size(); ++i) {
        const auto here = static_cast<double>(counts.counts[i]);
        if (here == 0) continue;
        last = counts.first + static_cast<std::uint32_t>(i);
        if (below + here >= wanted) {
            const double low = bucket_begin(last), high = bucket_end(last);
            // Bucket 0 is mostly zeros: no wait, nothing in use.
            if (steps || last == 0) return low;
            return low + (high - low) * (wanted - below) / here;
        }
        below += here;
    }
    return bucket_end(last);
}

WarmUp mser5(std::span<const double> observations) {
    constexpr std::size_t together = 5;
    std::vector<double> means;
    for (std::size_t i = 0; i + together <= observations.size(); i += together) {
        double sum = 0;
        for (std::size_t k = 0; k < together; ++k) sum += observations[i + k];
        means.push_back(sum / together);
    }
    if (means.size() < 4) return {.observations = 0, .certain = false};
    std::size_t best = 0;
    double least = 0;
    for (std::size_t cut = 0; cut <= means.size() / 2; ++cut) {
        const auto left = static_cast<double>(means.size() - cut);
        double mean = 0, squares = 0;
        for (std::size_t i = cut; i < means.size(); ++i) mean += means[i] / left;
        for (std::size_t i = cut; i < means.size(); ++i)
            squares += (means[i] - mean) * (means[i] - mean);
        const double error = squares / (left * left);
        if (cut == 0 || error < least) {
            least = error;
            best = cut;
        }
    }
    return {.observations = best * together, .certain = best < means.size() / 2};
}

double lag_one_correlation(std::span<const double> values) {
    if (values.size() < 3) return 0;
    double mean = 0, squares = 0, products = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        squares += (values[i] - mean) * (values[i] - mean);
        if (i > 0) products += (values[i] - mean) * (values[i - 1] - mean);
    }
    return squares > 0 ? products / squares : 0;
}

}  // namespace sim
