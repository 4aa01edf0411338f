#include "sim/results/recorder.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"

namespace sim {
namespace {

constexpr double as_seconds(Duration length) { return static_cast<double>(length.us) / 1e6; }

// IEEE 754 double: one sign bit, 11 bits of exponent (bias 1023), 52 of fraction. The exponent and
// the first five bits of the fraction, taken together, count the buckets.
constexpr unsigned fraction_bits = 52, bucket_bits = 5;
constexpr std::int64_t bias = 1023;
static_assert(1u << bucket_bits == buckets_per_octave);

}  // namespace

std::uint32_t bucket_of(double value) {
    const double smallest = std::bit_cast<double>((bias + octave_first) << fraction_bits);
    const double largest = std::bit_cast<double>((bias + octave_end) << fraction_bits);
    if (!(value >= smallest)) return 0;
    if (value >= largest) return bucket_count - 1;
    const auto steps = std::bit_cast<std::int64_t>(value) >> (fraction_bits - bucket_bits);
    return static_cast<std::uint32_t>(1 + steps - ((bias + octave_first) << bucket_bits));
}

double bucket_begin(std::uint32_t bucket) {
    if (bucket == 0) return 0;
    const std::int64_t steps = bucket - 1 + ((bias + octave_first) << bucket_bits);
    return std::bit_cast<double>(steps << (fraction_bits - bucket_bits));
}

double bucket_end(std::uint32_t bucket) {
    if (bucket + 1 < bucket_count) return bucket_begin(bucket + 1);
    return 2 * bucket_begin(bucket);
}

void Recorder::Histogram::add(std::uint32_t bucket, std::uint64_t times) {
    if (counts.empty()) first = bucket;
    if (bucket < first) {
        counts.insert(counts.begin(), first - bucket, 0);
        first = bucket;
    }
    if (bucket - first >= counts.size()) counts.resize(bucket - first + 1);
    counts[bucket - first] += times;
}

void Recorder::Histogram::add(const Histogram& other) {
    for (std::size_t i = 0; i < other.counts.size(); ++i) {
        if (other.counts[i] == 0) continue;
        add(other.first + static_cast<std::uint32_t>(i), other.counts[i]);
    }
}

Recorder::Recorder(Instant begins, Duration horizon, std::uint32_t slices)
    : begins_{begins}, ends_{begins + horizon}, slice_count_{slices} {
    ASSERT(slices > 0);
    ASSERT(horizon.us > 0);
    // Rounded up, so that the slices reach to the horizon; the last one may be shorter.
    slice_ = Duration{(horizon.us + slices - 1) / slices};
}

MetricId Recorder::metric(const MetricName& name) {
    for (std::size_t i = 0; i < series_.size(); ++i) {
        if (series_[i].name.name != name.name) continue;
        ASSERT(series_[i].name == name);
        return {static_cast<std::uint32_t>(i)};
    }
    Series made{.name = name};
    made.slices.resize(slice_count_);
    if (name.distribution) made.distribution.resize(slice_count_);
    series_.push_back(std::move(made));
    levels_.push_back({.since = begins_});
    return {static_cast<std::uint32_t>(series_.size() - 1)};
}

std::size_t Recorder::slice_of(Instant at) const {
    if (at < begins_ || at > ends_) return slice_count_;
    // The horizon itself belongs to the last slice: what happens there ends the run.
    return std::min<std::size_t>((at - begins_).us / slice_.us, slice_count_ - 1);
}

void Recorder::widen(std::size_t metric, double value) {
    Series& series = series_[metric];
    Level& level = levels_[metric];
    series.minimum = level.told ? std::min(series.minimum, value) : value;
    series.maximum = level.told ? std::max(series.maximum, value) : value;
    level.told = true;
}

void Recorder::hit(MetricId metric, Instant at, bool yes) {
    Series& series = series_[metric.index];
    ASSERT(series.name.measure == Measure::share);
    const std::size_t slice = slice_of(at);
    if (slice == slice_count_) return;
    series.slices[slice].sum += yes ? 1 : 0;
    series.slices[slice].weight += 1;
}

void Recorder::sample(MetricId metric, Instant at, double value) {
    Series& series = series_[metric.index];
    ASSERT(series.name.measure == Measure::mean);
    const std::size_t slice = slice_of(at);
    if (slice == slice_count_) return;
    series.slices[slice].sum += value;
    series.slices[slice].weight += 1;
    if (series.name.distribution) series.distribution[slice].add(bucket_of(value), 1);
    widen(metric.index, value);
}

void Recorder::hold(std::size_t metric, Instant until) {
    Series& series = series_[metric];
    Level& level = levels_[metric];
    ASSERT(until >= level.since);
    until = std::min(until, ends_);
    if (until > level.since) widen(metric, level.value);
    while (level.since < until) {
        const std::size_t slice = slice_of(level.since);
        const Instant slice_ends = slice + 1 == slice_count_
                                       ? ends_
                                       : begins_ + slice_ * static_cast<std::int64_t>(slice + 1);
        const Duration held = std::min(until, slice_ends) - level.since;
        series.slices[slice].sum += level.value * as_seconds(held);
        if (series.name.distribution) {
            series.distribution[slice].add(bucket_of(level.value),
                                           static_cast<std::uint64_t>(held.us));
        }
        level.since = level.since + held;
    }
}

void Recorder::level(MetricId metric, Instant at, double value) {
    ASSERT(series_[metric.index].name.measure == Measure::level);
    if (at < begins_) at = begins_;
    hold(metric.index, at);
    levels_[metric.index].value = value;
}

void Recorder::tick(MetricId metric, Instant at, std::uint64_t times) {
    Series& series = series_[metric.index];
    ASSERT(series.name.measure == Measure::count);
    const std::size_t slice = slice_of(at);
    if (slice < slice_count_) series.slices[slice].sum += static_cast<double>(times);
}

void Recorder::finish(Instant at) {
    ASSERT(!finished_);
    finished_ = true;
    at = std::min(at, ends_);
    for (std::size_t i = 0; i < series_.size(); ++i) {
        Series& series = series_[i];
        const Measure measure = series.name.measure;
        if (measure == Measure::level) hold(i, std::max(at, levels_[i].since));
        if (measure != Measure::level && measure != Measure::count) continue;
        for (std::size_t slice = 0; slice < slice_count_; ++slice) {
            const Instant from = begins_ + slice_ * static_cast<std::int64_t>(slice);
            const Instant to = std::min(from + slice_, at);
            series.slices[slice].weight = to > from ? as_seconds(to - from) : 0;
        }
    }
}

}  // namespace sim
