// What the simulate commands share: how a run is asked for, made and shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/results/report.hpp"
#include "sim/results/run.hpp"

namespace CLI {
class App;
}

namespace app {

struct SimulateWishes {
    std::string file;
    std::vector<std::string> changes;  // --set KEY=VALUE
    std::uint64_t seed = 1;
    std::optional<std::uint32_t> replications;
    std::string until;  // "8h", or seconds; empty: the scenario's
    unsigned jobs = 0;  // 0: one per core
    bool json = false;
    std::string report;   // a folder
    std::string journal;  // a folder
};

/// The commit that this program was built from, or its version.
[[nodiscard]] std::string commit();

/// The scenario with all that the command line changes in it. Mistakes are told on standard error.
[[nodiscard]] std::optional<sim::Scenario> scenario_of(const SimulateWishes& wishes);
/// Seed, commit and configuration, before anything runs.
void print_head(const SimulateWishes& wishes, const sim::Scenario& scenario);
/// What makes the run again from the scenario as it was.
[[nodiscard]] std::string command_of(const SimulateWishes& wishes);
/// Whether `--report` will find its folder, asked before hours are spent. Complains itself.
[[nodiscard]] bool ready_for_report(const SimulateWishes& wishes);
/// Into a folder that is there; returns why not, or nothing.
[[nodiscard]] std::string write_files(const std::string& folder,
                                      const std::vector<sim::ReportFile>& files);
/// Runs it with a progress bar where somebody looks. Complains itself.
[[nodiscard]] std::optional<sim::Run> run_scenario(const SimulateWishes& wishes,
                                                   const sim::Scenario& scenario);

}  // namespace app
