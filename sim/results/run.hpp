// What a scenario's replications left behind: all that intervals, tables and pages are made of.
//
// Thread: a value. Order of replications is that of their numbers, however many ran at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "sim/results/recorder.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim {

struct WorldCounts {
    std::uint64_t events = 0;  // of the timetable
    std::uint64_t commands = 0, transitions = 0;
    std::uint64_t calls = 0;        // begun
    std::uint64_t calls_ended = 0;  // and all their legs
    std::uint64_t messages = 0;
};

struct Replication {
    std::uint64_t seed = 0;
    base::Hash state_hash{};
    WorldCounts counts;
    double virtual_s = 0;
    std::vector<Recorder::Series> series;
    std::vector<std::string> violations;
};

struct Run {
    Scenario scenario;
    std::uint64_t seed = 0;
    base::Hash configuration{};  // of the scenario, whatever the file looked like
    base::Hash state_hash{};     // of all replications, in order of their numbers
    std::vector<Replication> replications;
    double slice_s = 0;
    double wall_s = 0;
};

}  // namespace sim
