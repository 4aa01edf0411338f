#include "sim/results/recorder.hpp"

#include <doctest.h>

namespace {

using namespace sim;

constexpr Instant begin{1'000'000'000};
Instant after(double seconds) { return begin + Duration{static_cast<std::int64_t>(seconds * 1e6)}; }

MetricName named(const std::string& name, Measure measure, bool distribution = false) {
    return {.name = name, .measure = measure, .distribution = distribution};
}

}  // namespace

TEST_CASE("a bucket holds its beginning, not its end, and is at most a thirty-second wide") {
    for (std::uint32_t bucket = 1; bucket + 1 < bucket_count; ++bucket) {
        CAPTURE(bucket);
        const double low = bucket_begin(bucket), high = bucket_end(bucket);
        REQUIRE(bucket_of(low) == bucket);
        REQUIRE(bucket_of((low + high) / 2) == bucket);
        REQUIRE(bucket_of(high) == bucket + 1);
        REQUIRE(high - low <= low / 32);
    }
    CHECK(bucket_begin(1) == 1.0 / (1 << 20));
    CHECK(bucket_end(bucket_count - 2) == 1 << 20);
}

TEST_CASE("zero, negative and huge values have a bucket too") {
    CHECK(bucket_of(0) == 0);
    CHECK(bucket_of(-3) == 0);
    CHECK(bucket_of(1e-9) == 0);
    CHECK(bucket_of(1e300) == bucket_count - 1);
}

TEST_CASE("trials fall into the slice of their instant") {
    Recorder recorder{begin, seconds(10), 5};
    const MetricId blocking = recorder.metric(named("blocking", Measure::share));
    recorder.hit(blocking, after(0), true);
    recorder.hit(blocking, after(1.999999), false);
    recorder.hit(blocking, after(2), true);
    recorder.hit(blocking, after(10), true);     // the horizon belongs to the last slice
    recorder.hit(blocking, after(10.5), true);   // after it: not counted
    recorder.hit(blocking, after(-0.5), false);  // before the beginning: not counted
    recorder.finish(after(10));
    const auto& slices = recorder.series()[0].slices;
    CHECK(slices[0] == Recorder::Slice{.sum = 1, .weight = 2});
    CHECK(slices[1] == Recorder::Slice{.sum = 1, .weight = 1});
    CHECK(slices[2] == Recorder::Slice{});
    CHECK(slices[4] == Recorder::Slice{.sum = 1, .weight = 1});
}

TEST_CASE("samples are summed, counted by size and remembered by their extremes") {
    Recorder recorder{begin, seconds(4), 2};
    const MetricId delay = recorder.metric(named("delay_s", Measure::mean, true));
    recorder.sample(delay, after(0), 0.5);
    recorder.sample(delay, after(1), 0.25);
    recorder.sample(delay, after(3), 2);
    recorder.finish(after(4));
    const auto& series = recorder.series()[0];
    CHECK(series.slices[0] == Recorder::Slice{.sum = 0.75, .weight = 2});
    CHECK(series.minimum == 0.25);
    CHECK(series.maximum == 2);
    Recorder::Histogram all;
    for (const auto& slice : series.distribution) all.add(slice);
    CHECK(all.first == bucket_of(0.25));
    CHECK(all.counts.front() == 1);
    CHECK(all.counts[bucket_of(0.5) - all.first] == 1);
    CHECK(all.counts.back() == 1);
    CHECK(all.counts.size() == bucket_of(2) - bucket_of(0.25) + 1);
}

TEST_CASE("a level counts in every slice it lasts through, for as long as it does") {
    Recorder recorder{begin, seconds(10), 5};
    const MetricId ports = recorder.metric(named("ports_in_use", Measure::level, true));
    recorder.level(ports, after(1), 3);
    recorder.level(ports, after(5), 1);
    recorder.finish(after(9));
    const auto& series = recorder.series()[0];
    CHECK(series.slices[0] == Recorder::Slice{.sum = 3, .weight = 2});
    CHECK(series.slices[1] == Recorder::Slice{.sum = 6, .weight = 2});
    CHECK(series.slices[2] == Recorder::Slice{.sum = 4, .weight = 2});
    CHECK(series.slices[3] == Recorder::Slice{.sum = 2, .weight = 2});
    CHECK(series.slices[4] == Recorder::Slice{.sum = 1, .weight = 1});  // it ended early
    CHECK(series.minimum == 0);
    CHECK(series.maximum == 3);
    Recorder::Histogram all;
    for (const auto& slice : series.distribution) all.add(slice);
    CHECK(all.counts[0 - all.first] == 1'000'000);
    CHECK(all.counts[bucket_of(3) - all.first] == 4'000'000);
    CHECK(all.counts[bucket_of(1) - all.first] == 4'000'000);
}

TEST_CASE("a level beyond the horizon ends with it") {
    Recorder recorder{begin, seconds(4), 2};
    const MetricId ports = recorder.metric(named("ports_in_use", Measure::level));
    recorder.level(ports, after(3), 2);
    recorder.level(ports, after(6), 7);
    recorder.finish(after(8));
    CHECK(recorder.series()[0].slices[1] == Recorder::Slice{.sum = 2, .weight = 2});
    CHECK(recorder.series()[0].maximum == 2);
}

TEST_CASE("ticks are told per second, of the last slice as long as it was") {
    Recorder recorder{begin, seconds(10), 3};  // 3.333334 s, 3.333334 s and what is left
    const MetricId calls = recorder.metric(named("calls", Measure::count));
    recorder.tick(calls, after(0), 5);
    recorder.tick(calls, after(10));
    recorder.finish(after(10));
    const auto& slices = recorder.series()[0].slices;
    CHECK(slices[0].sum == 5);
    CHECK(slices[0].weight == doctest::Approx(3.333334));
    CHECK(slices[2].sum == 1);
    CHECK(slices[0].weight + slices[1].weight + slices[2].weight == doctest::Approx(10));
}

TEST_CASE("the same name is the same metric") {
    Recorder recorder{begin, seconds(1), 1};
    const MetricId first = recorder.metric(named("a", Measure::share));
    const MetricId other = recorder.metric(named("b", Measure::share));
    CHECK(recorder.metric(named("a", Measure::share)).index == first.index);
    CHECK(other.index != first.index);
    CHECK(recorder.series().size() == 2);
}
