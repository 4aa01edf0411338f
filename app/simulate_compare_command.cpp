// partyline simulate compare: two scenarios under the same chances, and what differs.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/simulate.hpp"
#include "sim/results/comparison.hpp"
#include "sim/results/report.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace app {
namespace {

struct CompareWishes {
    SimulateWishes both;  // file is that of the first
    std::string second_file;
};

void print_heads(const CompareWishes& wishes, const sim::Scenario& first,
                 const sim::Scenario& second) {
    if (wishes.both.json) return;
    std::cout << "seed           " << wishes.both.seed << "\ncommit         " << commit()
              << "\nconfiguration  A " << base::hex(sim::configuration_hash(first))
              << "\n               B " << base::hex(sim::configuration_hash(second)) << "\n\n"
              << std::flush;
}

std::string command_of(const CompareWishes& wishes) {
    return "partyline simulate compare first.toml second.toml --seed " +
           std::to_string(wishes.both.seed);
}

bool tell_violations(const sim::Run& run, const char* which) {
    bool none = true;
    for (const auto& replication : run.replications)
        for (const auto& violation : replication.violations) {
            complain(std::string{which} + ", seed " + std::to_string(replication.seed) + ": " +
                     violation);
            none = false;
        }
    return none;
}

nlohmann::ordered_json json_of(const CompareWishes& wishes, const sim::Run& first,
                               const sim::Run& second, const sim::Comparison& told) {
    nlohmann::ordered_json json{{"seed", wishes.both.seed},
                                {"commit", commit()},
                                {"first_configuration", base::hex(first.configuration)},
                                {"second_configuration", base::hex(second.configuration)},
                                {"first_state_hash", base::hex(first.state_hash)},
                                {"second_state_hash", base::hex(second.state_hash)},
                                {"wall_seconds", first.wall_s + second.wall_s}};
    json.update(sim::to_json(told));
    return json;
}

// Titles are what tables call the scenarios; without one, or with one title for both, the files'
// names.
void name_both(const CompareWishes& wishes, sim::Scenario& first, sim::Scenario& second) {
    if (!first.title.empty() && !second.title.empty() && first.title != second.title) return;
    first.title = wishes.both.file;
    second.title = wishes.second_file;
}

int compare(const CompareWishes& wishes) {
    SimulateWishes of_second = wishes.both;
    of_second.file = wishes.second_file;
    auto first = scenario_of(wishes.both);
    auto second = scenario_of(of_second);
    if (!first || !second) return 2;
    if (!ready_for_report(wishes.both)) return 1;
    // As many replications of both: pairs are what is compared.
    if (!wishes.both.replications)
        first->replications = second->replications =
            std::max(first->replications, second->replications);
    // One precision would stop the two after different numbers of replications.
    first->precision = second->precision = {};
    print_heads(wishes, *first, *second);
    const std::string first_toml = sim::canonical(*first), second_toml = sim::canonical(*second);
    auto first_run = run_scenario(wishes.both, *first);
    if (!first_run) return 1;
    auto second_run = run_scenario(of_second, *second);
    if (!second_run) return 1;
    name_both(wishes, first_run->scenario, second_run->scenario);
    const bool first_clean = tell_violations(*first_run, "A");
    const bool clean = tell_violations(*second_run, "B") && first_clean;
    const auto told = sim::compare(*first_run, *second_run);
    if (wishes.both.json) {
        std::cout << json_of(wishes, *first_run, *second_run, told).dump(2) << "\n";
    } else {
        std::cout << sim::table(told) << "state          A " << base::hex(first_run->state_hash)
                  << "\n               B " << base::hex(second_run->state_hash) << "\n";
    }
    if (!wishes.both.report.empty()) {
        const auto files = sim::report({.first = *first_run,
                                        .second = *second_run,
                                        .first_toml = first_toml,
                                        .second_toml = second_toml,
                                        .commit = commit(),
                                        .command = command_of(wishes)},
                                       told);
        const std::string wrong = write_files(wishes.both.report, files);
        if (!wrong.empty()) return complain(wrong);
    }
    return clean ? 0 : 1;
}

}  // namespace

void add_simulate_compare(CLI::App& family, Run& run) {
    CLI::App* command = family.add_subcommand(
        "compare", "two scenarios under the same chances: intervals of the differences");
    const auto wishes = std::make_shared<CompareWishes>();
    command->add_option("first", wishes->both.file, "scenario A (TOML)")->required();
    command->add_option("second", wishes->second_file, "scenario B (TOML)")->required();
    command->add_option("--seed", wishes->both.seed, "of both")->capture_default_str();
    command
        ->add_option("--replications", wishes->both.replications,
                     "pairs; absent: the larger number of the two scenarios")
        ->check(CLI::Range(1u, 100'000u));
    command->add_option("--until", wishes->both.until,
                        "virtual time, like 8h, or in seconds; instead of theirs");
    command->add_option("--jobs", wishes->both.jobs, "replications at once; absent: one per core")
        ->check(CLI::Range(1u, 1024u));
    command->add_option("--set", wishes->both.changes,
                        "KEY=VALUE in both scenarios; may be repeated");
    command->add_option("--report", wishes->both.report,
                        "folder for the page, CSV and all to repeat it");
    command->add_flag("--json", wishes->both.json, "print JSON");
    command->callback([&run, wishes] { run = [wishes] { return compare(*wishes); }; });
}

}  // namespace app
