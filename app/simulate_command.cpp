// partyline simulate: a scenario in virtual time, its figures with intervals, its hash.
#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "app/simulate.hpp"
#include "sim/scenario/keys.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/simulate.hpp"

namespace app {

std::optional<sim::Scenario> scenario_of(const SimulateWishes& wishes) {
    std::vector<std::string> changes = wishes.changes;
    if (!wishes.until.empty()) changes.push_back("until=" + wishes.until);
    if (wishes.replications)
        changes.push_back("replications=" + std::to_string(*wishes.replications));
    auto read = sim::read_scenario(wishes.file, changes);
    if (!read.ok()) {
        for (const sim::Mistake& mistake : read.error()) complain(sim::print(mistake));
        return std::nullopt;
    }
    return std::move(read).value();
}

void print_head(const SimulateWishes& wishes, const sim::Scenario& scenario) {
    if (wishes.json) return;
    std::cout << sim::heading(wishes.seed, sim::configuration_hash(scenario), commit())
              << std::flush;
}

std::string command_of(const SimulateWishes& wishes) {
    std::string command = "partyline simulate scenario.toml --seed " + std::to_string(wishes.seed);
    return command;  // --set, --until and --replications stand in the scenario already
}

bool ready_for_report(const SimulateWishes& wishes) {
    const std::string& folder = wishes.report;
    if (folder.empty()) return true;
    std::error_code wrong;
    std::filesystem::create_directories(folder, wrong);
    if (wrong) return complain("--report: cannot make '" + folder + "': " + wrong.message()), false;
    const std::string probe = folder + "/.partyline";
    const bool writable = std::ofstream{probe}.good();
    std::filesystem::remove(probe, wrong);
    if (!writable) complain("--report: cannot write into '" + folder + "'");
    return writable;
}

std::string write_files(const std::string& folder, const std::vector<sim::ReportFile>& files) {
    for (const sim::ReportFile& file : files) {
        std::ofstream out{folder + "/" + file.name, std::ios::binary};
        out << file.text;
        if (!out.flush()) return "cannot write '" + folder + "/" + file.name + "'";
    }
    return {};
}

std::optional<sim::Run> run_scenario(const SimulateWishes& wishes, const sim::Scenario& scenario) {
    TimedProgress progress{"simulating"};
    sim::SimulateOptions options;
    options.seed = wishes.seed;
    options.jobs =
        wishes.jobs != 0 ? wishes.jobs : std::max(1u, std::thread::hardware_concurrency());
    options.journal_folder = wishes.journal;
    options.on_progress = [&](double share) { progress.show(share); };
    const auto begun = std::chrono::steady_clock::now();
    auto done = sim::simulate(scenario, options);
    progress.clear();
    if (!done.ok()) {
        complain(done.error());
        return std::nullopt;
    }
    sim::Run run = std::move(done).value();
    run.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return run;
}

namespace {

/// Every violation, once said; true if there was none.
bool tell_violations(const sim::Run& run) {
    bool none = true;
    for (std::size_t i = 0; i < run.replications.size(); ++i) {
        for (const std::string& one : run.replications[i].violations) {
            complain("replication " + std::to_string(i) + " (seed " +
                     std::to_string(run.replications[i].seed) + "): " + one);
            none = false;
        }
    }
    return none;
}

int simulate(const SimulateWishes& wishes) {
    const auto scenario = scenario_of(wishes);
    if (!scenario) return 2;
    if (!ready_for_report(wishes)) return 1;
    print_head(wishes, *scenario);
    const auto run = run_scenario(wishes, *scenario);
    if (!run) return 1;
    const bool clean = tell_violations(*run);
    const sim::Summary found = sim::summary(*run);
    const sim::Origin origin{commit(), command_of(wishes), sim::canonical(*scenario)};
    if (wishes.json) {
        std::cout << sim::to_json(*run, found, origin).dump(2) << "\n";
    } else {
        std::cout << sim::table(found) << "\n" << sim::closing(*run);
    }
    if (!wishes.report.empty()) {
        const std::string wrong = write_files(wishes.report, sim::report(*run, found, origin));
        if (!wrong.empty()) return complain(wrong);
    }
    return clean ? 0 : 1;
}

}  // namespace

void add_simulate(CLI::App& root, Run& run) {
    CLI::App* command = root.add_subcommand(
        "simulate", "a scenario in virtual time, from one seed; docs/simulation.md");
    const auto wishes = std::make_shared<SimulateWishes>();
    command->add_option("scenario", wishes->file, "scenario file (TOML)");
    command->add_option("--seed", wishes->seed)->capture_default_str();
    command->add_option("--replications", wishes->replications, "instead of the scenario's")
        ->check(CLI::Range(1u, 100'000u));
    command->add_option("--until", wishes->until,
                        "virtual time, \"8h\" or seconds, instead of its");
    command->add_option("--jobs", wishes->jobs, "replications at once; absent: one per core")
        ->check(CLI::Range(1u, 1024u));
    command->add_option("--set", wishes->changes, "KEY=VALUE in the scenario; may be repeated");
    command->add_option("--report", wishes->report,
                        "folder for the page, CSV and all to repeat it");
    command->add_option("--journal", wishes->journal,
                        "new folder for the first replication's journal");
    command->add_flag("--json", wishes->json, "print JSON");
    add_simulate_compare(*command, run);
    command->add_flag_callback(
        "--keys",
        [] {
            std::cout << sim::describe_keys();
            throw CLI::Success();
        },
        "print what may stand in a scenario");
    add_fit(*command, run);
    command->callback([&run, wishes, command] {
        if (!command->get_subcommands().empty()) return;  // compare or fit has said what to run
        run = [wishes] {
            if (wishes->file.empty()) return complain("name a scenario file", 2);
            return simulate(*wishes);
        };
    });
}

}  // namespace app
