// A run as a folder that needs nothing else: one page to read (no script, no network), CSV files to
// reckon with, the scenario and the command to run it again.
//
// Thread: pure functions that return files; app/ writes them.
#pragma once

#include <string>
#include <vector>

#include "sim/results/comparison.hpp"
#include "sim/results/print.hpp"
#include "sim/results/run.hpp"
#include "sim/results/summary.hpp"

namespace sim {

struct ReportFile {
    std::string name;  // without a folder
    std::string text;
};

/// report.html, result.json, figures.csv, slices.csv, histograms.csv, scenario.toml and run.txt.
[[nodiscard]] std::vector<ReportFile> report(const Run& run, const Summary& summary,
                                             const Origin& origin);

/// report.html, result.json, differences.csv, first.toml, second.toml and run.txt.
struct ComparedRuns {
    const Run& first;
    const Run& second;
    std::string first_toml, second_toml;
    std::string commit, command;
};
[[nodiscard]] std::vector<ReportFile> report(const ComparedRuns& runs,
                                             const Comparison& comparison);

}  // namespace sim
