// partyline replay drive: plays a recorded session against a running server and compares what that
// one makes of it.
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
    std::string folder = "./data", against, http, token, conference, from, to;
    double scale = 1;
    bool json = false;
};

double latency_ms(const replay::DriveReport& report, std::size_t percent) {
    const auto& all = report.latencies_us;
    return all.empty() ? 0 : static_cast<double>(all[(all.size() - 1) * percent / 100]) / 1'000;
}

Json json_of(const replay::DriveReport& report) {
    Json json{{"ok", report.differences() == 0},
              {"steps", report.steps},
              {"driven", report.driven},
              {"captured_voices", report.voices},
              {"followed", report.followed},
              {"not_driven", report.not_driven},
              {"refused", report.refused},
              {"differences", report.differences()},
              {"latency_ms",
               {{"count", report.latencies_us.size()},
                {"p50", latency_ms(report, 50)},
                {"p99", latency_ms(report, 99)},
                {"max", latency_ms(report, 100)}}},
              {"streams", Json::array()}};
    for (const auto& stream : report.streams) {
        Json lines = Json::array();
        for (const replay::Pair& pair : stream.lines) {
            if (!pair.same()) lines.push_back({{"recorded", pair.recorded}, {"seen", pair.seen}});
        }
        json["streams"].push_back({{"recorded", stream.recorded},
                                   {"driven", stream.driven},
                                   {"events", stream.lines.size()},
                                   {"differences", lines}});
    }
    return json;
}

void print(const replay::DriveReport& report) {
    constexpr std::size_t width = 56, around = 2;
    for (const auto& stream : report.streams) {
        std::cout << stream.recorded << ", there " << stream.driven << ": " << stream.lines.size()
                  << " events, " << stream.differences() << " differences\n";
        const auto differs_near = [&](std::size_t at) {
            const std::size_t begin = at < around ? 0 : at - around;
            for (std::size_t i = begin; i < std::min(at + around + 1, stream.lines.size()); ++i) {
                if (!stream.lines[i].same()) return true;
            }
            return false;
        };
        for (std::size_t i = 0; i < stream.lines.size(); ++i) {
            const replay::Pair& pair = stream.lines[i];
            if (!differs_near(i)) continue;
            std::cout << (pair.same() ? "    " : "  ! ") << std::left << std::setw(width)
                      << (pair.recorded.empty() ? "-" : pair.recorded)
                      << (pair.seen.empty() ? "-" : pair.seen) << "\n";
        }
    }
    for (const std::string& sentence : report.refused) std::cout << "refused: " << sentence << "\n";
    for (const auto& [why, count] : report.not_driven)
        std::cout << "not driven: " << count << " x " << why << "\n";
    std::cout << report.steps << " steps: " << report.driven << " driven, " << report.followed
              << " followed from others; from a request to its last event " << std::fixed
              << std::setprecision(1) << latency_ms(report, 50) << " ms in the median, "
              << latency_ms(report, 99) << " ms in 99 of 100\n"
              << (report.differences() == 0 ? "the same\n" : "differs\n");
}

Result<std::optional<Instant>, std::string> time_of(const std::string& text, const char* option) {
    if (text.empty()) return std::optional<Instant>{};
    const auto at = base::parse_iso8601(text);
    if (!at)
        return fail(std::string{option} + " " + text + " is no time: write 2026-11-21T05:36:29Z");
    return std::optional{*at};
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
    const auto report = replay::drive(
        *reader.value(), script.value(),
        {.sip = *sip, .http = options.http, .token = options.token, .scale = options.scale},
        [&](auto done, auto all) { progress.show(done, all); });
    progress.clear();
    if (!report.ok()) return complain(report.error());
    if (options.json)
        std::cout << json_of(report.value()).dump(2) << "\n";
    else
        print(report.value());
    return report.value().differences() == 0 ? 0 : 1;
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
    command->add_option("--conference", options->conference, "only this one, and its chat");
    command->add_option("--from", options->from, "only from then on: 2026-11-21T05:36:29Z");
    command->add_option("--to", options->to, "only until then");
    command->add_flag("--json", options->json, "print JSON");
    command->callback([&run, options] { run = [options] { return drive(*options); }; });
}

}  // namespace app
