// partyline journal check|cat|stat: looks at a journal, beside a running server or alone, and changes nothing.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "journal/check.hpp"
#include "journal/codec.hpp"
#include "journal/reader.hpp"
#include "journal/stat.hpp"
#include "schema/transition_generated.h"

namespace app {
namespace {

struct Options {
    std::string folder = "./data", stream;
    std::uint64_t from = 1;
    bool json = false, follow = false;
};

int check(const Options& options) {
    const auto reader = journal::Reader::open(journal_folder(options.folder));
    if (!reader.ok()) return complain(reader.error().sentence);
    Progress progress{"checking"};
    const auto report = journal::check(*reader.value(), {.on_progress = [&](auto done, auto total) { progress.show(done, total); }});
    progress.clear();
    if (options.json) {
        nlohmann::json json{{"ok", report.ok()}, {"transitions", report.transitions}, {"streams", report.streams},
                            {"payload_bytes", report.payload_bytes}, {"snapshots", report.snapshots},
                            {"unreadable_snapshots", report.unreadable_snapshots},
                            {"last_position", report.last_position}, {"epoch", report.epoch}};
        if (!report.ok()) {
            json["damage"] = {{"position", report.first_damage->position}, {"stream", report.first_damage->stream},
                              {"sequence", report.first_damage->sequence}, {"what", report.first_damage->what}};
        }
        std::cout << json.dump(2) << "\n";
        return report.ok() ? 0 : 1;
    }
    if (!report.ok()) {
        std::cout << report.transitions << " transitions are right; then: " << report.first_damage->sentence() << "\n";
        return 1;
    }
    std::cout << "whole: " << report.transitions << " transitions of " << report.streams << " streams, "
              << report.payload_bytes << " bytes, epoch " << report.epoch << "\n";
    return 0;
}

// Prints what is there from `position` (or from `sequence` of one stream) on; returns where to go on.
Result<std::uint64_t, journal::Fault> print_from(const journal::Reader& reader, const Options& options, std::uint64_t from) {
    for (;;) {
        auto records = options.stream.empty() ? reader.read_all(from, 512) : reader.read_stream(options.stream, from, 512);
        if (!records.ok()) return fail(records.error());
        for (const journal::Record& record : records.value()) {
            const auto transition = journal::decode_transition(record.payload);
            if (!transition.ok()) return fail(transition.error());
            std::cout << journal::to_json(transition.value(), record.position) << "\n";
            from = (options.stream.empty() ? record.position : transition.value().sequence) + 1;
        }
        if (!std::cout) return from;  // nobody reads any more
        if (records.value().size() < 512) return from;
    }
}

int cat(const Options& options) {
    if (!options.stream.empty() && !parse_stream(options.stream)) {
        return complain("'" + options.stream + "' is not a stream: write kind/name, like conference/471100 or user/alice", 2);
    }
    const std::string folder = journal_folder(options.folder);
    auto reader = options.follow ? journal::Reader::open_follower(folder) : journal::Reader::open(folder);
    if (!reader.ok()) return complain(reader.error().sentence);
    std::signal(SIGPIPE, SIG_IGN);
    for (std::uint64_t from = std::max<std::uint64_t>(1, options.from);;) {
        const auto next = print_from(*reader.value(), options, from);
        std::cout.flush();
        if (!next.ok()) return complain("the journal cannot be read on: " + std::string{name_of(next.error())} + ". Run 'partyline journal check'.");
        if (!options.follow || !std::cout) return 0;
        from = next.value();
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
        if (auto caught = reader.value()->catch_up(); !caught.ok()) return complain("cannot follow any more: " + std::string{name_of(caught.error())});
    }
}

int stat(const Options& options) {
    const auto reader = journal::Reader::open(journal_folder(options.folder));
    if (!reader.ok()) return complain(reader.error().sentence);
    Progress progress{"counting"};
    const auto report = journal::stat(*reader.value(), [&](auto done, auto total) { progress.show(done, total); });
    progress.clear();
    if (!report.ok()) return complain(report.error().sentence());
    const journal::StatReport& found = report.value();
    if (options.json) {
        nlohmann::json json{{"transitions", found.transitions}, {"bytes", found.payload_bytes}};
        json["first"] = base::iso8601(found.first);
        json["last"] = base::iso8601(found.last);
        for (const auto& [kind, count] : found.streams) json["streams"][kind] = count;
        for (const auto& [type, count] : found.commands) json["commands"][type] = count;
        for (const auto& [type, count] : found.events) json["events"][type] = count;
        std::cout << json.dump(2) << "\n";
        return 0;
    }
    std::cout << found.transitions << " transitions, " << found.payload_bytes << " bytes, " << base::iso8601(found.first)
              << " to " << base::iso8601(found.last) << "\n";
    const auto table = [](const char* title, const auto& counts) {
        std::cout << "\n" << title << "\n";
        for (const auto& [name, count] : counts) std::printf("  %-28s %12llu\n", std::string{name}.c_str(), static_cast<unsigned long long>(count));
        std::fflush(stdout);
    };
    table("streams", found.streams);
    table("commands", found.commands);
    table("events", found.events);
    return 0;
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
        command->add_option("folder", options->folder, "data folder or journal folder")->capture_default_str();
        command->add_flag("--json", options->json, "print JSON");
        command->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
        return command;
    };
    add("check", "verify every checksum, chain and sequence; names the first fault", check);
    add("stat", "count what is there", stat);
    CLI::App* cats = add("cat", "print transitions, one JSON object a line", cat);
    cats->add_option("--stream", options->stream, "only this one: conference/471100, user/alice, ...");
    cats->add_option("--from", options->from, "first position, or first sequence with --stream")->capture_default_str();
    cats->add_flag("--follow", options->follow, "go on as the journal grows");
}

}  // namespace app
