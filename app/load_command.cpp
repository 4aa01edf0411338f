// partyline load: telephones by the hundred against a conference server, and how it bears them.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "sim/load/generator.hpp"
#include "sim/load/sockets.hpp"

namespace app {
namespace {

struct LoadOptions {
    sim::LoadPlan plan;
    std::string sip, codec = "pcmu", metrics, rooms_file, endpoints_file;
    std::vector<std::string> conferences, pins;
    bool json = false;
};

const std::map<std::string, media::Format> formats{{"pcmu", media::pcmu_format},
                                                   {"pcma", media::pcma_format},
                                                   {"g722", media::g722_format},
                                                   {"opus", media::opus_format},
                                                   {"opus-voice", media::opus_format}};

// An array of objects, or why not.
Result<nlohmann::json, std::string> read_list(const std::string& path) {
    std::ifstream file{path};
    if (!file) return fail("cannot read '" + path + "'");
    auto list = nlohmann::json::parse(file, nullptr, false);
    const bool fit = list.is_array() && !list.empty() &&
                     std::ranges::all_of(list, [](const auto& one) { return one.is_object(); });
    if (!fit) return fail("'" + path + "' must be a JSON array of objects");
    return list;
}

std::string text_in(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Done<std::string> read_rooms(LoadOptions& options) {
    for (std::size_t i = 0; i < std::max(options.conferences.size(), options.pins.size()); ++i) {
        options.plan.rooms.push_back(
            {.conference = i < options.conferences.size() ? options.conferences[i] : "",
             .pin = i < options.pins.size() ? options.pins[i] : ""});
    }
    if (!options.rooms_file.empty()) {
        const auto list = read_list(options.rooms_file);
        if (!list.ok()) return fail(list.error());
        for (const auto& one : list.value())
            options.plan.rooms.push_back({text_in(one, "conference"), text_in(one, "pin")});
    }
    if (options.plan.rooms.empty()) options.plan.rooms.emplace_back();
    for (const sim::RoomPlan& room : options.plan.rooms) {
        if (options.plan.number.empty() && room.conference.empty())
            return fail(std::string{"say whom to call: --call NUMBER, or a --conference per room"});
        if ((room.conference + room.pin).find_first_not_of("0123456789") != std::string::npos)
            return fail(std::string{"conferences and PINs are digits"});
    }
    return {};
}

Done<std::string> read_endpoints(LoadOptions& options) {
    const auto list = read_list(options.endpoints_file);
    if (!list.ok()) return fail(list.error());
    for (const auto& one : list.value()) {
        const auto remote = sim::parse_endpoint(text_in(one, "remote"));
        if (!remote) return fail(std::string{"an endpoint has no \"remote\" like 127.0.0.1:20000"});
        const std::string local = text_in(one, "local");
        sim::EndpointPlan endpoint{.remote = *remote, .local = sim::parse_endpoint(local)};
        if (!local.empty() && !endpoint.local)
            return fail("\"" + local + "\" is not an IPv4 address and port");
        const int type = one.value("payload_type", -1);
        if (type < 0 || type > 127)
            return fail(std::string{"an endpoint has no \"payload_type\" from 0 to 127"});
        endpoint.payload_type = static_cast<std::uint8_t>(type);
        options.plan.endpoints.push_back(endpoint);
    }
    const auto& all = options.plan.endpoints;
    const bool some = all.front().local.has_value();
    if (!std::ranges::all_of(all, [&](const auto& one) { return one.local.has_value() == some; }))
        return fail(std::string{"either all endpoints have a \"local\" or none"});
    options.plan.legs = static_cast<unsigned>(all.size());
    return {};
}

Done<std::string> complete(LoadOptions& options) {
    options.plan.format = formats.at(options.codec);
    options.plan.opus_voice = options.codec == "opus-voice";
    if (!options.metrics.empty()) {
        const std::string prefix = "http://";
        const bool http = options.metrics.starts_with(prefix);
        const std::string rest = http ? options.metrics.substr(prefix.size()) : options.metrics;
        const std::size_t slash = std::min(rest.find('/'), rest.size());
        options.plan.metrics = sim::parse_endpoint(rest.substr(0, slash));
        if (slash < rest.size()) options.plan.metrics_path = rest.substr(slash);
        if (!options.plan.metrics)
            return fail(std::string{"--metrics is a URL like "} + "http://127.0.0.1:8080/metrics");
    }
    if (options.sip.empty() == options.endpoints_file.empty())
        return fail(std::string{"say where to: either --sip ADDRESS:PORT or --endpoints FILE"});
    if (options.sip.empty()) return read_endpoints(options);
    options.plan.sip = sim::parse_endpoint(options.sip);
    if (!options.plan.sip) return fail(std::string{"--sip is an address like 127.0.0.1:5060"});
    if (auto done = read_rooms(options); !done.ok()) return done;
    if (options.plan.rooms.size() > options.plan.legs)
        return fail(std::string{"there are more rooms than --legs"});
    return {};
}

int run_it(LoadOptions options) {
    if (const auto done = complete(options); !done.ok()) return complain(done.error(), 2);
    const auto report = sim::run_load(options.plan);
    if (!report.ok()) return complain(report.error());
    if (options.json)
        std::cout << sim::to_json(options.plan, report.value()).dump(2) << "\n";
    else
        std::cout << sim::to_text(options.plan, report.value());
    return report.value().calls.failed == 0 ? 0 : 1;
}

}  // namespace

void add_load(CLI::App& root, Run& run) {
    CLI::App* command = root.add_subcommand(
        "load", "telephones by the hundred against a conference server; docs/load.md");
    const auto options = std::make_shared<LoadOptions>();
    sim::LoadPlan& plan = options->plan;
    command->add_option("--sip", options->sip, "the server's SIP address over UDP, IP:PORT");
    command->add_option("--call", plan.number, "number to call; absent: each room's conference");
    command->add_option("--conference", options->conferences,
                        "conference to key (or call); repeat it for more rooms");
    command->add_option("--pin", options->pins, "PIN to key; one per room");
    command->add_option("--rooms", options->rooms_file,
                        "file with [{\"conference\": \"...\", \"pin\": \"...\"}, ...]");
    command->add_option("--endpoints", options->endpoints_file,
                        "without SIP: file with [{\"remote\": \"IP:PORT\", \"payload_type\": 0, "
                        "\"local\": \"IP:PORT\"}, ...]");
    command->add_option("--room-size", plan.room_size, "with --endpoints: legs of one room");
    command->add_flag("--echo", plan.echo, "the server returns to each leg what it sent");
    command->add_option("--legs", plan.legs, "telephones, evenly over the rooms")
        ->check(CLI::Range(1u, sim::telephones_max))
        ->capture_default_str();
    command->add_option("--talking", plan.talking, "of each room")->capture_default_str();
    command->add_option("--codec", options->codec)
        ->check(CLI::IsMember({"pcmu", "pcma", "g722", "opus", "opus-voice"}))
        ->capture_default_str();
    command->add_option("--rate", plan.calls_per_second, "calls begun per second")
        ->check(CLI::Range(1u, 10'000u))
        ->capture_default_str();
    command->add_option("--seconds", plan.seconds, "that are measured")
        ->check(CLI::Range(1u, 86'400u))
        ->capture_default_str();
    command->add_option("--warm-up", plan.warm_up_seconds, "seconds before that")
        ->capture_default_str();
    command->add_option("--seed", plan.seed)->capture_default_str();
    command->add_option("--port", plan.port_first, "first of the local ports")
        ->check(CLI::Range(2'000u, 64'000u))
        ->capture_default_str();
    command->add_option("--pid", plan.pid, "the server's process: its CPU time and memory");
    command->add_option("--metrics", options->metrics, "the server's /metrics: its ticks");
    command->add_flag("--json", options->json, "print JSON");
    command->callback([&run, options] { run = [options] { return run_it(*options); }; });
}

}  // namespace app
