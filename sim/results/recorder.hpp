// What a replication measures while it runs: trials, samples and levels, cut into equal slices of
// virtual time, so that warm-up can be taken off and batches made afterwards.
//
// Thread: one owner; a replication has its own. Memory: slices x metrics, and histograms. Time:
// virtual. Order of calls decides nothing but the sums, which are made in that order.
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
};

class Recorder {
public:
    Recorder(Instant begins, Duration horizon, std::uint32_t slices = 200);

    /// The same name gives the same metric.
    MetricId metric(const MetricName& name);

    void hit(MetricId metric, Instant at, bool yes);
    void sample(MetricId metric, Instant at, double value);
    /// From now on it is so high.
    void level(MetricId metric, Instant at, double value);
    void tick(MetricId metric, Instant at, std::uint64_t times = 1);
    /// Closes the levels. Once, at the end.
    void finish(Instant at);

    struct Slice {
        double sum = 0;     // of samples; of hits; of level x seconds
        double weight = 0;  // samples; trials; seconds
    };
    /// Counts by bucket: 32 per factor of two from 2^-20 to 2^20, see bucket_of().
    struct Histogram {
        std::vector<std::uint64_t> counts;
    };
    struct Series {
        MetricName name;
        std::vector<Slice> slices;
        std::vector<Histogram> distribution;  // one per slice, or empty
        double minimum = 0, maximum = 0;
    };
    [[nodiscard]] const std::vector<Series>& series() const { return series_; }
    [[nodiscard]] Duration slice_length() const { return slice_; }

private:
    struct Level {
        Instant since{};
        double value = 0;
    };
    [[nodiscard]] std::size_t slice_of(Instant at) const;
    void note(MetricId metric, std::size_t slice, double value);

    Instant begins_;
    Duration slice_;
    std::uint32_t slice_count_;
    std::vector<Series> series_;
    std::vector<Level> levels_;
};

}  // namespace sim
