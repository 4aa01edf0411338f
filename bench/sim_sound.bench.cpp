// Question: how many telephones' calls does one core simulate in real time, with packets alone and
// with sound?  Budget: thousands with packets, hundreds with sound: `real_time_legs`.
//
// Rooms of four, of whom somebody talks all the time, each for two seconds; a network with jitter
// and bursts of losses, or one that only waits. One iteration is a second of virtual time.
#include <benchmark/benchmark.h>

#include <string>

#include "base/assert.hpp"
#include "sim/sound/sound.hpp"

namespace {

constexpr Instant begins{1'700'000'000'000'000};

void one_second(benchmark::State& state, sim::Fidelity fidelity, const std::string& codec,
                bool rough) {
    const auto legs = static_cast<std::size_t>(state.range(0));
    sim::Scenario scenario;
    scenario.fidelity = fidelity;
    if (rough)
        scenario.network = {.delay_ms = 30,
                            .jitter_ms = 5,
                            .jitter_shape = 2.5,
                            .good_to_bad = 0.005,
                            .bad_to_good = 0.4};
    std::size_t told = 0;
    const auto sound =
        sim::make_sound(scenario, begins, [&](const std::string&, bool, Instant) { ++told; });
    std::vector<std::string> names;
    for (std::size_t i = 0; i < legs; ++i) {
        names.push_back(std::to_string(i));
        sound->leg_up(names[i], codec, begins, sim::Chance{1, "leg", i});
    }
    for (std::size_t i = 0; i < legs; i += 4) {
        actors::UpdateRoom plan{.conference = names[i]};
        for (std::size_t k = i; k < std::min(i + 4, legs); ++k)
            plan.seats.push_back({.leg = names[k]});
        sound->room(plan, begins);
    }
    std::int64_t second = 0;
    const auto step = [&] {
        const Instant now = begins + seconds(second);
        if (second % 2 == 0) {
            const auto turn = static_cast<std::size_t>(second / 2);
            for (std::size_t i = 0; i + 3 < legs; i += 4) {
                sound->talks(names[i + (turn + 3) % 4], false, now);
                sound->talks(names[i + turn % 4], true, now);
            }
        }
        ++second;
        for (Instant at = sound->next_tick(); at <= begins + seconds(second);
             at = sound->next_tick())
            sound->run_until(at);
    };
    for (int i = 0; i < 4; ++i) step();
    for (auto _ : state) step();
    ASSERT(told > 0);
    state.counters["real_time_legs"] = benchmark::Counter(
        static_cast<double>(legs), benchmark::Counter::kIsIterationInvariantRate);
}

void packets_calm(benchmark::State& state) {
    one_second(state, sim::Fidelity::packets, "pcma", false);
}
void packets_rough(benchmark::State& state) {
    one_second(state, sim::Fidelity::packets, "pcma", true);
}
void packets_rough_opus(benchmark::State& state) {
    one_second(state, sim::Fidelity::packets, "opus", true);
}
void sound_calm(benchmark::State& state) { one_second(state, sim::Fidelity::sound, "pcma", false); }
void sound_rough(benchmark::State& state) { one_second(state, sim::Fidelity::sound, "pcma", true); }
void sound_rough_g722(benchmark::State& state) {
    one_second(state, sim::Fidelity::sound, "g722", true);
}
void sound_rough_opus(benchmark::State& state) {
    one_second(state, sim::Fidelity::sound, "opus", true);
}

}  // namespace

BENCHMARK(packets_calm)->Arg(100)->Arg(4'000)->Unit(benchmark::kMillisecond);
BENCHMARK(packets_rough)->Arg(100)->Arg(4'000)->Unit(benchmark::kMillisecond);
BENCHMARK(packets_rough_opus)->Arg(4'000)->Unit(benchmark::kMillisecond);
BENCHMARK(sound_calm)->Arg(100)->Arg(1'000)->Unit(benchmark::kMillisecond);
BENCHMARK(sound_rough)->Arg(100)->Arg(1'000)->Unit(benchmark::kMillisecond);
BENCHMARK(sound_rough_g722)->Arg(100)->Unit(benchmark::kMillisecond);
BENCHMARK(sound_rough_opus)->Arg(100)->Unit(benchmark::kMillisecond);
