// What a replication measures while it runs: trials, samples and levels, cut into equal slices of
// virtual time, so that warm-up can be taken off and batches made afterwards.
//
// Thread: one owner; a replication has its own. Memory: slices x metrics, and histograms as wide as
// the values they saw. Time: virtual. Order of calls decides nothing but the sums, which are made
// in that order. What happens before the beginning or after the horizon is not counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace sim {

enum class Measure : std::uint8_t {
    share,  // of trials that came out so: hit()
    mean,   // of samples: sample()
    level,  // of something that is so high all the time: level()
    count,  // how many: tick(); told per second of virtual time and in all
};

struct MetricId {
    std::uint32_t index = 0;
};

struct MetricName {
    std::string name;   // "blocking", "set_up_delay_s", "ports_in_use": what --json calls it
    std::string unit;   // "", "s", "legs", "MOS"
    std::string about;  // one sentence
    Measure measure = Measure::mean;
    bool distribution = false;  // percentiles, and a plot, too
    bool operator==(const MetricName&) const = default;
};

class Recorder {
public:
    Recorder(Instant begins, Duration horizon, std::uint32_t slices = 200);

    /// The same name gives the same metric; asserts that it is the same kind of metric.
    MetricId metric(const MetricName& name);

    void hit(MetricId metric, Instant at, bool yes);
    void sample(MetricId metric, Instant at, double value);
    /// From now on it is so high; zero until the first call. Never goes back in time.
    void level(MetricId metric, Instant at, double value);
    void tick(MetricId metric, Instant at, std::uint64_t times = 1);
    /// Closes the levels and tells every slice how long it was. Once, at the end.
    void finish(Instant at);

    struct Slice {
        double sum = 0;     // of samples; of hits; of level x seconds; of ticks
        double weight = 0;  // samples; trials; seconds; seconds
        bool operator==(const Slice&) const = default;
    };
    /// Counts by bucket: 32 per factor of two from 2^-20 to 2^20, see bucket_of(). A mean counts
    /// its samples, a level its microseconds.
    struct Histogram {
        std::uint32_t first = 0;  // bucket of counts[0]
        std::vector<std::uint64_t> counts;
        void add(std::uint32_t bucket, std::uint64_t times);
        void add(const Histogram& other);
        bool operator==(const Histogram&) const = default;
    };
    struct Series {
        MetricName name;
        std::vector<Slice> slices;
        std::vector<Histogram> distribution;  // one per slice, or empty
        double minimum = 0, maximum = 0;      // of all samples or levels; zero without any
        bool operator==(const Series&) const = default;
    };
    [[nodiscard]] const std::vector<Series>& series() const { return series_; }
    [[nodiscard]] Duration slice_length() const { return slice_; }

private:
    struct Level {
        Instant since{};
        double value = 0;
        bool told = false;  // a minimum and a maximum exist
    };
    /// The slice `at` falls into, or slice_count_ when none.
    [[nodiscard]] std::size_t slice_of(Instant at) const;
    void widen(std::size_t metric, double value);
    void hold(std::size_t metric, Instant until);

    Instant begins_, ends_;
    Duration slice_;
    std::uint32_t slice_count_;
    bool finished_ = false;
    std::vector<Series> series_;
    std::vector<Level> levels_;  // of each series; the unused ones keep `told` for widen()
};

inline constexpr std::uint32_t buckets_per_octave = 32;
inline constexpr int octave_first = -20, octave_end = 20;
/// Bucket 0 is below 2^-20 (zero and negative values too), the last one at or above 2^20.
inline constexpr std::uint32_t bucket_count =
    2 + buckets_per_octave * static_cast<std::uint32_t>(octave_end - octave_first);

/// Equal steps inside a factor of two: a bucket is at most 1/32 of its value wide.
[[nodiscard]] std::uint32_t bucket_of(double value);
/// The bucket's edges; 0 and 2^-20 for the first, 2^20 and 2^21 for the last.
[[nodiscard]] double bucket_begin(std::uint32_t bucket);
[[nodiscard]] double bucket_end(std::uint32_t bucket);

}  // namespace sim
