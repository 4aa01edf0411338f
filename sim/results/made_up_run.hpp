// A run that never ran: for tests of what is made of runs.
#pragma once

#include <cmath>

#include "sim/models/chance.hpp"
#include "sim/results/run.hpp"

namespace sim {

/// Replications of 1,000 s in 200 slices: trials of which one in ten comes out, delays around a
/// quarter of a second, a level that fills up during the first fifth, and counts. `shift` moves
/// delays only.
inline Run made_up_run(std::size_t replications, double shift = 0, std::uint64_t seed = 11) {
    constexpr Instant begin{1'700'000'000'000'000};
    Run run;
    run.scenario.title = "made up";
    run.scenario.replications = static_cast<std::uint32_t>(replications);
    run.seed = seed;
    run.slice_s = 5;
    for (std::size_t r = 0; r < replications; ++r) {
        Chance chance{seed, "made up", r};
        Recorder recorder{begin, seconds(1'000)};
        const auto blocking = recorder.metric(
            {.name = "blocking", .about = "Share of calls refused.", .measure = Measure::share});
        const auto delay = recorder.metric({.name = "set_up_delay_s",
                                            .unit = "s",
                                            .about = "From INVITE to 200.",
                                            .measure = Measure::mean,
                                            .distribution = true});
        const auto ports = recorder.metric({.name = "ports_in_use",
                                            .unit = "legs",
                                            .about = "Telephone legs at once.",
                                            .measure = Measure::level,
                                            .distribution = true});
        const auto calls = recorder.metric(
            {.name = "calls", .unit = "calls", .about = "Begun.", .measure = Measure::count});
        for (int i = 0; i < 10'000; ++i) {
            const Instant at = begin + milliseconds(100) * i;
            recorder.hit(blocking, at, chance.with(0.1));
            recorder.sample(delay, at, 0.1 + shift + chance.exponential(0.15));
            const double full = i < 2'000 ? i / 2'000.0 : 1;
            recorder.level(ports, at, std::floor(full * 50 + 5 * chance.uniform()));
            recorder.tick(calls, at);
        }
        recorder.finish(begin + seconds(1'000));
        run.replications.push_back({.seed = seed + r,
                                    .counts = {.events = 40'000, .calls = 10'000},
                                    .virtual_s = 1'000,
                                    .series = recorder.series()});
    }
    return run;
}

}  // namespace sim
