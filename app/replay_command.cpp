// partyline replay verify: decides every journaled command again and names the first difference.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "journal/reader_log.hpp"
#include "replay/verify.hpp"

namespace app {
namespace {

using Json = nlohmann::json;

Json json_of(const replay::Report& report) {
    Json json{{"ok", report.ok()},
              {"transitions", report.transitions},
              {"streams", report.streams},
              {"transitions_of", report.transitions_of},
              {"events_of", report.events_of},
              {"snapshots", report.snapshots},
              {"state_hash", base::hex(report.state)}};
    if (report.difference) {
        const replay::Difference& found = *report.difference;
        const auto parsed = [](const std::string& text) {
            return text.empty() ? Json{} : Json::parse(text, nullptr, false);
        };
        json["difference"] = {
            {"position", found.position},           {"stream", found.stream},
            {"sequence", found.sequence},           {"what", found.what},
            {"journaled", parsed(found.journaled)}, {"decided", parsed(found.decided)}};
    }
    return json;
}

int verify(const std::string& folder, bool json) {
    auto reader = journal::Reader::open(journal_folder(folder));
    if (!reader.ok()) return complain(reader.error().sentence);
    const journal::ReaderLog log{std::move(reader).value()};
    Progress progress{"verifying"};
    const auto report =
        replay::verify(log, [&](auto done, auto total) { progress.show(done, total); });
    progress.clear();
    if (json) {
        std::cout << json_of(report).dump(2) << "\n";
    } else if (report.ok()) {
        std::cout << "the same: " << report.transitions << " transitions of " << report.streams
                  << " streams decide as they did\nstate " << base::hex(report.state) << "\n";
    } else {
        const replay::Difference& found = *report.difference;
        std::cout << "differs at position " << found.position << " (" << found.stream
                  << ", sequence " << found.sequence << "): " << found.what << "\n  journaled  "
                  << found.journaled << "\n  decided    " << found.decided << "\n";
    }
    return report.ok() ? 0 : 1;
}

}  // namespace

void add_replay(CLI::App& root, Run& run) {
    CLI::App* family = root.add_subcommand("replay", "fold a journal again");
    family->require_subcommand(1);
    CLI::App* command = family->add_subcommand(
        "verify", "decide every command again and compare; names the first difference");
    const auto folder = std::make_shared<std::string>("./data");
    const auto json = std::make_shared<bool>(false);
    command->add_option("folder", *folder, "data folder or journal folder")->capture_default_str();
    command->add_flag("--json", *json, "print JSON");
    command->callback(
        [&run, folder, json] { run = [folder, json] { return verify(*folder, *json); }; });
}

}  // namespace app
