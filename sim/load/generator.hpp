// The load itself: telephones that call, key their PIN, talk or are silent, listen and hang up, all
// in one thread on a beat of one millisecond.
//
//     calling --all answered, keyed and warmed up--> measuring --seconds--> leaving --> report
//
// Every telephone sends a packet every 20 ms, each in its own millisecond of the twenty, the silent
// ones too. Nothing here waits for a packet: the kernel stamps what arrives, and it is read a
// little later in batches, so that the generator costs the machine less than what it measures.
// Thread: run() in one. Memory: some 500 bytes a telephone. Time: base/clock.hpp; real.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "sim/load/plan.hpp"
#include "sim/load/report.hpp"

namespace sim {

/// Calls, measures, hangs up. Returns a sentence when it cannot even begin.
[[nodiscard]] Result<Report, std::string> run_load(const LoadPlan& plan);

}  // namespace sim
