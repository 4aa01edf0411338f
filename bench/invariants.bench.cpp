// Question: what does it cost to hold one transition against all invariants, and what of it is only
// decoding, hashing and folding?  Budget: 3 us, so that a checked simulation takes at most 40 %
// more than an unchecked one.
#include <benchmark/benchmark.h>

#include "actors/invariants/inspector.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/world/world.hpp"

namespace {

constexpr double seconds_of_calls = 120;

/// What a simulated server wrote while a hundred calls a second dialled in.
const std::vector<journal::Record>& written() {
    static const std::vector<journal::Record> all = [] {
        std::vector<journal::Record> records;
        const auto scenario = sim::read_scenario("sim/scenarios/calls_only.toml");
        if (!scenario.ok()) return records;
        sim::WorldOptions options;
        options.keep_journal = false;
        options.disk.on_durable = [&](const journal::Record& one) { records.push_back(one); };
        sim::World{scenario.value(), options}.run_until(seconds_of_calls);
        return records;
    }();
    return all;
}

void inspect(benchmark::State& state, const std::function<actors::Inspector()>& fresh) {
    base::start_crypto();
    const auto& records = written();
    if (records.empty()) return state.SkipWithError("run it where sim/scenarios is");
    for (auto _ : state) {
        actors::Inspector inspector = fresh();
        for (const journal::Record& record : records) inspector.feed(record);
        if (inspector.violation_count() > 0) return state.SkipWithError("an invariant complains");
    }
    state.counters["us_a_transition"] =
        benchmark::Counter(static_cast<double>(state.iterations() * records.size()) / 1e6,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void only_folded(benchmark::State& state) {
    inspect(state, [] { return actors::Inspector{{}}; });
}
void all_invariants(benchmark::State& state) {
    inspect(state, [] { return actors::Inspector{}; });
}
BENCHMARK(only_folded)->Unit(benchmark::kMillisecond);
BENCHMARK(all_invariants)->Unit(benchmark::kMillisecond);

}  // namespace
