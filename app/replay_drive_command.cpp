// partyline replay drive: plays a recorded session against a running server and compares what that
// one makes of it.
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "base/clock.hpp"
#include "replay/drive/drive.hpp"
#include "sim/load/sockets.hpp"

namespace app {
namespace {

using Json = nlohmann::json;

struct Options {
    std::string folder = "./data", against, http, token, conference, from, to, trunk, restart;
    double scale = 1;
    bool json = false;
};

double latency_ms(const replay::DriveReport& report, std::size_t percent) {
    const auto& all = report.latencies_us;
    return all.empty() ? 0 : static_cast<double>(all[(all.size() - 1) * percent / 100]) / 1'000;
}

Json json_of(const replay::DriveReport::Count& count) {
    return {{"same", count.same}, {"different", count.different}};
}

Json json_of(const replay::Thing& thing) {
    Json json{{"at", base::iso8601(thing.at)},
              {"stream", thing.stream},
              {"by", thing.by},
              {"what", thing.what},
              {"why", thing.why}};
    if (thing.verdict != replay::Thing::Verdict::different) return json;
    json["followed"] = thing.followed;
    json["recorded"] = json["there"] = Json::array();
    for (const replay::Pair& pair : thing.lines) {
        if (!pair.recorded.empty()) json["recorded"].push_back(pair.recorded);
        if (!pair.seen.empty()) json["there"].push_back(pair.seen);
    }
    return json;
}

Json json_of(const replay::DriveReport& report) {
    Json json{{"ok", report.ok()},
              {"things", report.things.size()},
              {"played", json_of(report.played())},
              {"followed", json_of(report.followed())},
              {"not_played", report.not_played()},
              {"left_out", report.left_out},
              {"captured_voices", report.voices},
              {"latency_ms",
               {{"count", report.latencies_us.size()},
                {"p50", latency_ms(report, 50)},
                {"p99", latency_ms(report, 99)},
                {"max", latency_ms(report, 100)}}},
              {"differences", Json::array()},
              {"things_not_played", Json::array()},
              {"streams", Json::array()}};
    for (const replay::Thing& thing : report.things) {
        if (thing.verdict == replay::Thing::Verdict::different)
            json["differences"].push_back(json_of(thing));
        if (thing.verdict == replay::Thing::Verdict::not_played)
            json["things_not_played"].push_back(json_of(thing));
    }
    for (const auto& stream : report.streams)
        json["streams"].push_back({{"recorded", stream.recorded},
                                   {"driven", stream.driven},
                                   {"events", stream.events},
                                   {"differences", stream.differences}});
    return json;
}

void print(const replay::Thing& thing) {
    std::cout << "differs: " << base::iso8601(thing.at) << " " << thing.stream << " "
              << (thing.what.empty() ? "" : thing.what + " ") << "by " << thing.by << "\n";
    for (const replay::Pair& pair : thing.lines)
        std::cout << "  recorded  " << (pair.recorded.empty() ? "-" : pair.recorded) << "\n"
                  << "  there     " << (pair.seen.empty() ? "-" : pair.seen) << "\n";
    if (!thing.why.empty()) std::cout << "  because   " << thing.why << "\n";
}

void print(const replay::DriveReport& report) {
    for (const auto& stream : report.streams) {
        if (stream.recorded.starts_with("call_leg/") && stream.differences == 0) continue;
        std::cout << stream.recorded << ", there " << stream.driven << ": " << stream.events
                  << " events, " << stream.differences << " differences\n";
    }
    for (const replay::Thing& thing : report.things) {
        if (thing.verdict == replay::Thing::Verdict::different) print(thing);
    }
    const auto played = report.played(), followed = report.followed();
    const auto reasons = report.not_played();
    std::uint64_t not_played = 0;
    for (const auto& [why, count] : reasons) not_played += count;
    std::cout << "                      the same  different\n"
              << "played              " << std::setw(10) << played.same << std::setw(11)
              << played.different << "\n"
              << "what came of it     " << std::setw(10) << followed.same << std::setw(11)
              << followed.different << "\n";
    if (not_played != 0) std::cout << "not played          " << std::setw(10) << not_played << "\n";
    for (const auto& [why, count] : reasons) std::cout << "  " << count << " x " << why << "\n";
    if (report.voices != 0)
        std::cout << report.voices << " telephones said what was captured of them\n";
    if (!report.latencies_us.empty())
        std::cout << "from a request to its last event " << std::fixed << std::setprecision(1)
                  << latency_ms(report, 50) << " ms in the median, " << latency_ms(report, 99)
                  << " ms in 99 of 100\n";
    std::cout << (!report.ok()      ? "differs\n"
                  : not_played == 0 ? "the same\n"
                                    : "what was played is the same\n");
}

Result<std::optional<Instant>, std::string> time_of(const std::string& text, const char* option) {
    if (text.empty()) return std::optional<Instant>{};
    const auto at = base::parse_iso8601(text);
    if (!at)
        return fail(std::string{option} + " " + text + " is no time: write 2026-11-21T05:36:29Z");
    return std::optional{*at};
}

// Nothing of the command's own output may stand in ours.
Done<std::string> run_command(const std::string& command) {
    const int status = std::system(("( " + command + " ) >&2").c_str());
    if (status == 0) return {};
    return fail("--restart: '" + command + "' failed with status " +
                std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : status));
}

int drive(Options options) {
    if (options.against.find(':') == std::string::npos) options.against += ":5060";
    const auto sip = sim::parse_endpoint(options.against);
    if (!sip) return complain("--against " + options.against + " is no IPv4 address and port", 2);
    if (options.http.empty())
        options.http = options.against.substr(0, options.against.find(':')) + ":8080";
    if (options.token.empty()) {
        const char* token = std::getenv("PARTYLINE_TOKEN");
        if (token == nullptr)
            return complain(
                "say who we are there: --token, or PARTYLINE_TOKEN in the environment; "
                "an administrator's, from POST /api/sign_in",
                2);
        options.token = token;
    }
    replay::DriveWish wish{.sip = *sip,
                           .http = options.http,
                           .token = options.token,
                           .scale = options.scale,
                           .trunk = {},
                           .restart = {}};
    if (!options.trunk.empty()) {
        wish.trunk = sim::parse_endpoint(options.trunk);
        if (!wish.trunk)
            return complain(
                "--trunk " + options.trunk + " is no IPv4 address and port: write 127.0.0.2:5080",
                2);
    }
    if (!options.restart.empty())
        wish.restart = [command = options.restart] { return run_command(command); };
    replay::ScriptWish part{.conference = options.conference};
    const auto from = time_of(options.from, "--from"), to = time_of(options.to, "--to");
    if (!from.ok()) return complain(from.error(), 2);
    if (!to.ok()) return complain(to.error(), 2);
    part.from = from.value();
    part.to = to.value();
    auto reader = journal::Reader::open(journal_folder(options.folder));
    if (!reader.ok()) return complain(reader.error().sentence);
    const auto script = replay::read_script(*reader.value(), part);
    if (!script.ok()) return complain(script.error());
    Progress progress{"driving"};
    const auto report = replay::drive(*reader.value(), script.value(), wish,
                                      [&](auto done, auto all) { progress.show(done, all); });
    progress.clear();
    if (!report.ok()) return complain(report.error());
    if (options.json)
        std::cout << json_of(report.value()).dump(2) << "\n";
    else
        print(report.value());
    return report.value().ok() ? 0 : 1;
}

}  // namespace

void add_drive(CLI::App& family, Run& run) {
    CLI::App* command = family.add_subcommand(
        "drive", "play a recorded session against a running server and compare what it does");
    const auto options = std::make_shared<Options>();
    command->add_option("folder", options->folder, "data folder or journal folder")
        ->capture_default_str();
    command->add_option("--against", options->against, "where its SIP is: 192.0.2.1[:5060]")
        ->required();
    command->add_option("--http", options->http, "where its API is; port 8080 of the same host");
    command->add_option("--token", options->token,
                        "an administrator's there; else of the environment, PARTYLINE_TOKEN");
    command->add_option("--scale", options->scale, "2: twice as fast as it was")
        ->check(CLI::Range(0.01, 1'000.0))
        ->capture_default_str();
    command->add_option("--trunk", options->trunk,
                        "address and port at which the numbers that were called are answered: "
                        "the host and port of that server's [[trunk]]");
    command->add_option("--restart", options->restart,
                        "shell command that restarts that server where the recorded one was "
                        "restarted; it returns when that has begun");
    command->add_option("--conference", options->conference, "only this one, and its chat");
    command->add_option("--from", options->from, "only from then on: 2026-11-21T05:36:29Z");
    command->add_option("--to", options->to, "only until then");
    command->add_flag("--json", options->json, "print JSON");
    command->callback([&run, options] { run = [options] { return drive(*options); }; });
}

}  // namespace app
