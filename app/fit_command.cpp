// partyline simulate fit: a scenario out of a recorded journal, and how well it fits.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "journal/reader.hpp"
#include "sim/fit/fit.hpp"

namespace app {
namespace {

struct FitWishes {
    std::string folder, out;
    bool json = false;
};

int fit(const FitWishes& wishes) {
    const auto reader = journal::Reader::open(journal_folder(wishes.folder));
    if (!reader.ok()) return complain(reader.error().sentence);
    Progress progress{"reading"};
    const auto observed = sim::fit::observe(
        *reader.value(),
        [&](journal::Position at, journal::Position last) { progress.show(at, last); });
    progress.clear();
    if (!observed.ok()) {
        return complain("a transition of '" + wishes.folder +
                        "' cannot be read; partyline journal check says which");
    }
    const sim::fit::Fitted fitted = sim::fit::fit(observed.value());
    if (!wishes.out.empty()) {
        std::ofstream file{wishes.out, std::ios::binary};
        file << sim::fit::to_toml(fitted, wishes.folder);
        if (!file.flush()) return complain("cannot write '" + wishes.out + "'");
    }
    if (wishes.json) {
        std::cout << sim::fit::to_json(fitted).dump(2) << "\n";
    } else if (!wishes.out.empty()) {
        std::cout << sim::fit::table(fitted);
    } else {
        std::cout << sim::fit::to_toml(fitted, wishes.folder);  // the table stands in its comments
    }
    return 0;
}

}  // namespace

void add_fit(CLI::App& family, Run& run) {
    CLI::App* command =
        family.add_subcommand("fit", "learn a scenario from a recorded journal; docs/scenarios.md");
    const auto wishes = std::make_shared<FitWishes>();
    command->add_option("folder", wishes->folder, "data folder or journal; it is only read")
        ->required();
    command->add_option("--out", wishes->out, "file for the scenario; absent: it is printed");
    command->add_flag("--json", wishes->json, "print JSON");
    command->callback([&run, wishes] { run = [wishes] { return fit(*wishes); }; });
}

}  // namespace app
