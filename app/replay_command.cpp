// partyline replay verify: decides every journaled command again and names the first difference.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "journal/open_log.hpp"
#include "replay/verify.hpp"

namespace app {
namespace {

using Json = nlohmann::json;

Json json_of(const replay::Difference& found) {
    const auto parsed = [](const std::string& text) {
        return text.empty() ? Json{} : Json::parse(text, nullptr, false);
    };
    return {{"position", found.position},           {"stream", found.stream},
            {"sequence", found.sequence},           {"what", found.what},
            {"journaled", parsed(found.journaled)}, {"decided", parsed(found.decided)}};
}

Json json_of(const replay::Report& report) {
    Json behaviours = Json::object();
    for (const auto& [version, count] : report.behaviours)
        behaviours[std::to_string(version)] = count;
    Json json{{"ok", report.ok()},
              {"transitions", report.transitions},
              {"skipped", report.skipped},
              {"streams", report.streams},
              {"transitions_of", report.transitions_of},
              {"events_of", report.events_of},
              {"behaviours", std::move(behaviours)},
              {"snapshots", report.snapshots},
              {"state_hash", base::hex(report.state)},
              {"streams_differing", report.streams_differing},
              {"differences", Json::array()}};
    for (const replay::Difference& found : report.differences)
        json["differences"].push_back(json_of(found));
    return json;
}

void print(const replay::Report& report) {
    if (report.ok()) {
        std::cout << "the same: " << report.transitions << " transitions of " << report.streams
                  << " streams decide as they did\nstate " << base::hex(report.state) << "\n";
        return;
    }
    for (const replay::Difference& found : report.differences) {
        std::cout << "differs at position " << found.position;
        if (!found.stream.empty())
            std::cout << " (" << found.stream << ", sequence " << found.sequence << ")";
        std::cout << ": " << found.what << "\n";
        if (!found.journaled.empty()) std::cout << "  journaled  " << found.journaled << "\n";
        if (!found.decided.empty()) std::cout << "  decided    " << found.decided << "\n";
    }
    if (report.streams_differing > report.differences.size()) {
        std::cout << "and " << report.streams_differing - report.differences.size()
                  << " more streams\n";
    }
    std::cout << report.streams_differing << " of " << report.streams << " streams differ; "
              << report.skipped << " of " << report.transitions
              << " transitions lie behind a difference and were not looked at\n";
}

int verify(const std::string& folder, unsigned jobs, bool json) {
    const auto log = journal::open_log(journal_folder(folder));
    if (!log.ok()) return complain(log.error());
    Progress progress{"verifying"};
    const auto report = replay::verify(
        *log.value(),
        {.jobs = jobs, .progress = [&](auto done, auto total) { progress.show(done, total); }});
    progress.clear();
    if (json) {
        std::cout << json_of(report).dump(2) << "\n";
    } else {
        print(report);
    }
    return report.ok() ? 0 : 1;
}

}  // namespace

void add_replay(CLI::App& root, Run& run) {
    CLI::App* family = root.add_subcommand("replay", "fold a journal again");
    family->require_subcommand(1);
    CLI::App* command = family->add_subcommand(
        "verify", "decide every command again and compare; names each stream's first difference");
    const auto folder = std::make_shared<std::string>("./data");
    const auto jobs = std::make_shared<unsigned>(std::max(1u, std::thread::hardware_concurrency()));
    const auto json = std::make_shared<bool>(false);
    command->add_option("folder", *folder, "data folder, journal folder or slice")
        ->capture_default_str();
    command->add_option("--jobs", *jobs, "streams are shared out among so many threads")
        ->check(CLI::Range(1u, 256u))
        ->capture_default_str();
    command->add_flag("--json", *json, "print JSON");
    command->callback([&run, folder, jobs, json] {
        run = [folder, jobs, json] { return verify(*folder, *jobs, *json); };
    });
    add_replay_state(*family, run);
    add_remix(*family, run);
    add_drive(*family, run);
}

}  // namespace app
