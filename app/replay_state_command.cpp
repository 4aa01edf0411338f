// partyline replay state|diff: what a stream was at a moment, and what changed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "base/clock.hpp"
#include "journal/open_log.hpp"
#include "replay/compare.hpp"
#include "replay/state.hpp"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string folder, other, stream, at, from, to;
    bool json = false;
};

Json parsed(const std::string& text) {
    return text.empty() ? Json{} : Json::parse(text, nullptr, false);
}

Json json_of(const std::vector<replay::FieldChange>& fields) {
    Json rows = Json::array();
    for (const auto& field : fields) {
        rows.push_back({{"path", field.path},
                        {"before", parsed(field.before)},
                        {"after", parsed(field.after)}});
    }
    return rows;
}

/// A row that came or went has twenty fields, most of them as in every new row: for people only
/// those that say something.
std::string shown(const std::string& text) {
    if (text.empty()) return "(absent)";
    const Json value = parsed(text);
    if (!value.is_object()) return text;
    Json telling = Json::object();
    for (const auto& [name, field] : value.items()) {
        const bool is_default = field.is_null() || field == false || field == 0 || field == "" ||
                                field == "none" || (field.is_array() && field.empty());
        if (!is_default) telling[name] = field;
    }
    return telling.dump();
}

void print(const std::vector<replay::FieldChange>& fields, const char* indent) {
    const bool terminal = ::isatty(STDOUT_FILENO) == 1;
    const char *was = terminal ? "\x1b[31m" : "", *is = terminal ? "\x1b[32m" : "",
               *plain = terminal ? "\x1b[0m" : "";
    for (const auto& field : fields) {
        std::cout << indent << field.path << ": " << was << shown(field.before) << plain << " -> "
                  << is << shown(field.after) << plain << "\n";
    }
}

/// The end when `text` is empty.
Result<replay::Moment, std::string> moment_of(const std::string& text) {
    return text.empty() ? Result<replay::Moment, std::string>{replay::Moment{}}
                        : replay::parse_moment(text);
}

Json head_of(const replay::StateAt& at) {
    return {{"stream", at.stream},
            {"sequence", at.sequence},
            {"position", at.position},
            {"now", base::iso8601(at.now)},
            {"state_hash", base::hex(at.hash)}};
}

int state(const Options& options) {
    const auto moment = moment_of(options.at);
    if (!moment.ok()) return complain(moment.error(), 2);
    const auto log = journal::open_log(journal_folder(options.folder));
    if (!log.ok()) return complain(log.error());
    const auto found = replay::state_at(*log.value(), options.stream, moment.value());
    if (!found.ok()) return complain(found.error());
    if (found.value().sequence == 0 && moment.value().time)
        return complain(options.stream + " did not exist yet at " + options.at);
    if (options.json) {
        Json json = head_of(found.value());
        json["state"] = parsed(found.value().state);
        std::cout << json.dump(2) << "\n";
        return 0;
    }
    std::cout << found.value().stream << " after sequence " << found.value().sequence
              << " (position " << found.value().position << ", " << base::iso8601(found.value().now)
              << "), state " << base::hex(found.value().hash) << "\n"
              << parsed(found.value().state).dump(2) << "\n";
    return 0;
}

int diff_moments(const Options& options) {
    const auto from = moment_of(options.from), to = moment_of(options.to);
    if (!from.ok()) return complain(from.error(), 2);
    if (!to.ok()) return complain(to.error(), 2);
    const auto log = journal::open_log(journal_folder(options.folder));
    if (!log.ok()) return complain(log.error());
    const auto before = replay::state_at(*log.value(), options.stream, from.value());
    if (!before.ok()) return complain(before.error());
    const auto after = replay::state_at(*log.value(), options.stream, to.value());
    if (!after.ok()) return complain(after.error());
    const auto fields = replay::changes(before.value().state, after.value().state);
    if (options.json) {
        std::cout << Json{{"from", head_of(before.value())},
                          {"to", head_of(after.value())},
                          {"fields", json_of(fields)}}
                         .dump(2)
                  << "\n";
        return 0;
    }
    std::cout << options.stream << ": sequence " << before.value().sequence << " ("
              << base::iso8601(before.value().now) << ") -> " << after.value().sequence << " ("
              << base::iso8601(after.value().now) << ")\n";
    if (fields.empty()) std::cout << "  nothing changed\n";
    print(fields, "  ");
    return 0;
}

Json json_of(const replay::Comparison& found) {
    Json json{{"same", found.same}, {"differing", found.differing}, {"streams", Json::array()}};
    for (const auto& one : found.differences) {
        json["streams"].push_back({{"stream", one.stream},
                                   {"transitions", {one.sequence_one, one.sequence_other}},
                                   {"first_difference", one.first},
                                   {"one", parsed(one.one)},
                                   {"other", parsed(one.other)},
                                   {"fields", json_of(one.fields)}});
    }
    return json;
}

void print(const replay::StreamDifference& one, const Options& options) {
    if (one.sequence_one == 0 || one.sequence_other == 0) {
        std::cout << one.stream << ": only in "
                  << (one.sequence_one == 0 ? options.other : options.folder) << " ("
                  << std::max(one.sequence_one, one.sequence_other) << " transitions)\n";
        return;
    }
    if (one.first == 0) {
        std::cout << one.stream << ": the same up to sequence "
                  << std::min(one.sequence_one, one.sequence_other) << ", then "
                  << (one.sequence_one > one.sequence_other ? options.folder : options.other)
                  << " goes on to " << std::max(one.sequence_one, one.sequence_other) << "\n";
    } else {
        std::cout << one.stream << ": differs from sequence " << one.first << " on\n  - " << one.one
                  << "\n  + " << one.other << "\n";
    }
    if (!one.fields.empty()) std::cout << "  in the end:\n";
    print(one.fields, "    ");
}

int diff_journals(const Options& options) {
    const auto one = journal::open_log(journal_folder(options.folder));
    if (!one.ok()) return complain(one.error());
    const auto other = journal::open_log(journal_folder(options.other));
    if (!other.ok()) return complain(other.error());
    const auto found = replay::compare(*one.value(), *other.value());
    if (!found.ok()) return complain(found.error());
    if (options.json) {
        std::cout << json_of(found.value()).dump(2) << "\n";
        return found.value().ok() ? 0 : 1;
    }
    for (const auto& different : found.value().differences) print(different, options);
    if (found.value().differing > found.value().differences.size()) {
        std::cout << "and " << found.value().differing - found.value().differences.size()
                  << " more streams\n";
    }
    std::cout << found.value().same << " streams are the same, " << found.value().differing
              << " differ\n";
    return found.value().ok() ? 0 : 1;
}

int diff(const Options& options) {
    if (options.stream.empty() == options.other.empty()) {
        return complain(
            "say either which stream (--stream user/alice --from 3 --to 9) or which other journal "
            "(replay diff ONE OTHER)",
            2);
    }
    if (!options.other.empty() && (!options.from.empty() || !options.to.empty()))
        return complain("--from and --to belong to --stream", 2);
    return options.other.empty() ? diff_moments(options) : diff_journals(options);
}

}  // namespace

void add_replay_state(CLI::App& family, Run& run) {
    const auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* help, int (*what)(const Options&)) {
        CLI::App* command = family.add_subcommand(name, help);
        command->add_option("folder", options->folder, "data folder, journal folder or slice")
            ->required();
        command->add_flag("--json", options->json, "print JSON");
        command->callback(
            [&run, options, what] { run = [options, what] { return what(*options); }; });
        return command;
    };
    CLI::App* states = add("state", "print what a stream was at a moment", state);
    states->add_option("--stream", options->stream, "conference/471100, user/alice, ...")
        ->required();
    states->add_option("--at", options->at, "sequence or time; otherwise the end");
    CLI::App* diffs = add("diff", "what changed in a stream, or what two journals differ in", diff);
    diffs->add_option("other", options->other, "another journal or slice");
    diffs->add_option("--stream", options->stream, "conference/471100, user/alice, ...");
    diffs->add_option("--from", options->from, "sequence or time");
    diffs->add_option("--to", options->to, "sequence or time; otherwise the end");
}

}  // namespace app
