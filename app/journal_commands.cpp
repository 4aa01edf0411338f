// partyline journal check|cat|stat: looks at a journal, beside a running server or alone, and
// changes nothing.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands.hpp"
#include "app/journal_rules.hpp"
#include "app/progress.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "journal/browse.hpp"
#include "journal/check.hpp"
#include "journal/codec.hpp"
#include "journal/reader.hpp"
#include "schema/transition_generated.h"

namespace app {
namespace {

struct Options {
    std::string folder = "./data", stream;
    std::uint64_t from = 1;
    bool json = false, follow = false, rules = false;
};

int check(const Options& options) {
    const auto reader = journal::Reader::open(journal_folder(options.folder));
    if (!reader.ok()) return complain(reader.error().sentence);
    Progress progress{"checking"};
    const auto report =
        journal::check(*reader.value(),
                       {.on_progress = [&](auto done, auto total) { progress.show(done, total); }});
    std::optional<actors::Inspector> rules;
    if (options.rules && report.ok()) rules.emplace(inspect(*reader.value(), progress));
    progress.clear();
    const bool broken = rules && rules->violation_count() > 0;
    if (options.json) {
        nlohmann::json json{{"ok", report.ok() && !broken},
                            {"transitions", report.transitions},
                            {"streams", report.streams},
                            {"payload_bytes", report.payload_bytes},
                            {"snapshots", report.snapshots},
                            {"unreadable_snapshots", report.unreadable_snapshots},
                            {"audio_chunks", report.audio_chunks},
                            {"audio_bytes", report.audio_bytes},
                            {"last_position", report.last_position},
                            {"epoch", report.epoch}};
        if (!report.ok()) {
            json["damage"] = {{"position", report.first_damage->position},
                              {"stream", report.first_damage->stream},
                              {"sequence", report.first_damage->sequence},
                              {"what", report.first_damage->what}};
        }
        if (rules) json["rules"] = as_json(*rules);
        std::cout << json.dump(2) << "\n";
        return report.ok() && !broken ? 0 : 1;
    }
    if (!report.ok()) {
        std::cout << report.transitions
                  << " transitions are right; then: " << report.first_damage->sentence() << "\n";
        return 1;
    }
    std::cout << "whole: " << report.transitions << " transitions of " << report.streams
              << " streams, " << report.payload_bytes << " bytes, epoch " << report.epoch << "\n";
    if (report.audio_chunks > 0)
        std::cout << "and " << report.audio_chunks << " chunks of captured sound, "
                  << report.audio_bytes << " bytes\n";
    if (rules) print(*rules);
    return broken ? 1 : 0;
}

int cat(const Options& options) {
    const bool one_stream = !options.stream.empty() && options.stream.back() != '/';
    if (one_stream && !parse_stream(options.stream)) {
        return complain("'" + options.stream +
                            "' is not a stream: write kind/name, like conference/471100, or kind/ "
                            "for all of a kind",
                        2);
    }
    const std::string folder = journal_folder(options.folder);
    auto reader =
        options.follow ? journal::Reader::open_follower(folder) : journal::Reader::open(folder);
    if (!reader.ok()) return complain(reader.error().sentence);
    std::signal(SIGPIPE, SIG_IGN);
    const std::uint64_t from = std::max<std::uint64_t>(1, options.from);
    journal::CatOptions wanted{.stream = options.stream};
    (one_stream ? wanted.from_sequence : wanted.from_position) = from;
    for (;;) {
        const auto end =
            journal::cat(*reader.value(), wanted,
                         [](const schema::TransitionT& transition, journal::Position position) {
                             std::cout << journal::to_json(transition, position) << "\n";
                             return static_cast<bool>(std::cout);  // false: nobody reads any more
                         });
        std::cout.flush();
        if (end.fault != journal::Fault::none) {
            return complain("the journal cannot be read on: " + std::string{name_of(end.fault)} +
                            ". Run 'partyline journal check'.");
        }
        if (!options.follow || !std::cout) return 0;
        wanted.from_position = end.next_position;
        wanted.from_sequence = end.next_sequence;
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
        if (const auto caught = reader.value()->catch_up(); !caught.ok()) {
            return complain("cannot follow any more: " + std::string{name_of(caught.error())});
        }
    }
}

int stat(const Options& options) {
    const auto reader = journal::Reader::open(journal_folder(options.folder));
    if (!reader.ok()) return complain(reader.error().sentence);
    const journal::StatReport found = journal::stat(*reader.value());
    if (found.fault != journal::Fault::none) {
        complain("the numbers end at a record that cannot be read (" +
                 std::string{name_of(found.fault)} + "). Run 'partyline journal check'.");
    }
    const int status = found.fault == journal::Fault::none ? 0 : 1;
    const auto numbers = [](const auto& rows) {
        nlohmann::json json = nlohmann::json::object();
        for (const auto& [name, row] : rows)
            json[name] = {{"transitions", row.transitions}, {"payload_bytes", row.payload_bytes}};
        return json;
    };
    if (options.json) {
        const nlohmann::json json{{"transitions", found.transitions},
                                  {"streams", found.streams},
                                  {"payload_bytes", found.payload_bytes},
                                  {"disk_bytes", found.disk_bytes},
                                  {"audio_chunks", found.audio_chunks},
                                  {"audio_bytes", found.audio_bytes},
                                  {"epoch", found.epoch},
                                  {"first", base::iso8601(found.first)},
                                  {"last", base::iso8601(found.last)},
                                  {"by_kind", numbers(found.by_kind)},
                                  {"streams_by_kind", found.streams_by_kind},
                                  {"by_command", numbers(found.by_command)},
                                  {"by_event", found.by_event}};
        std::cout << json.dump(2) << "\n";
        return status;
    }
    std::printf(
        "%llu transitions of %llu streams, %llu bytes (%llu on disk), epoch %llu\n%s to %s\n",
        static_cast<unsigned long long>(found.transitions),
        static_cast<unsigned long long>(found.streams),
        static_cast<unsigned long long>(found.payload_bytes),
        static_cast<unsigned long long>(found.disk_bytes),
        static_cast<unsigned long long>(found.epoch), base::iso8601(found.first).c_str(),
        base::iso8601(found.last).c_str());
    const auto line = [](const std::string& name, std::uint64_t count) {
        std::printf("  %-28s %12llu\n", name.c_str(), static_cast<unsigned long long>(count));
    };
    if (found.audio_chunks > 0)
        std::printf("%llu chunks of captured sound, %llu bytes\n",
                    static_cast<unsigned long long>(found.audio_chunks),
                    static_cast<unsigned long long>(found.audio_bytes));
    std::puts("\ntransitions by kind of stream");
    for (const auto& [name, row] : found.by_kind) line(name, row.transitions);
    std::puts("\ncommands");
    for (const auto& [name, row] : found.by_command) line(name, row.transitions);
    std::puts("\nevents");
    for (const auto& [name, count] : found.by_event) line(name, count);
    return status;
}

}  // namespace

std::string journal_folder(const std::string& folder) {
    // The data folder is what people have at hand; the journal lies inside it.
    return std::filesystem::is_directory(folder + "/journal") ? folder + "/journal" : folder;
}

void add_journal(CLI::App& root, Run& run) {
    CLI::App* family = root.add_subcommand("journal", "look at what was recorded");
    family->require_subcommand(1);
    const auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* help, int (*what)(const Options&)) {
        CLI::App* command = family->add_subcommand(name, help);
        command->add_option("folder", options->folder, "data folder or journal folder")
            ->capture_default_str();
        command->add_flag("--json", options->json, "print JSON");
        command->callback(
            [&run, options, what] { run = [options, what] { return what(*options); }; });
        return command;
    };
    CLI::App* checks =
        add("check", "verify every checksum, chain and sequence; names the first fault", check);
    checks->add_flag("--rules", options->rules,
                     "and every invariant: who is heard, who gets in, what must end");
    add("stat", "count what is there", stat);
    CLI::App* cats = add("cat", "print transitions, one JSON object a line", cat);
    cats->add_option("--stream", options->stream,
                     "only this one: conference/471100, user/alice, ...");
    cats->add_option("--from", options->from, "first position, or first sequence with --stream")
        ->capture_default_str();
    cats->add_flag("--follow", options->follow, "go on as the journal grows");
    add_journal_copies(*family, run);
}

}  // namespace app
