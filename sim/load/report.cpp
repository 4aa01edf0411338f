#include "sim/load/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr double frames_per_second = 50;

double part(double of, double all) { return all > 0 ? of / all : 0; }
// Three digits behind the point: more would be pretence.
double rounded(double value) { return std::round(value * 1'000) / 1'000; }

double per_leg_and_frame_us(double cpu_seconds, const Report& report) {
    return part(cpu_seconds * 1e6, report.legs * report.seconds * frames_per_second);
}

double server_seconds(const Report::Server& server) {
    return server.end.user_seconds - server.begin.user_seconds + server.end.system_seconds -
           server.begin.system_seconds;
}

Json calls_json(const Report::Calls& calls) {
    return {{"asked", calls.asked},
            {"answered", calls.answered},
            {"failed", calls.failed},
            {"ended_early", calls.ended_early},
            {"requests_resent", calls.resent},
            {"setup_ms_p50", rounded(calls.setup_ms_p50)},
            {"setup_ms_p99", rounded(calls.setup_ms_p99)},
            {"refusals", calls.refusals}};
}

Json packets_json(const Report& report) {
    const Report::Packets& packets = report.packets;
    return {{"sent", packets.sent},
            {"not_sent", packets.not_sent},
            {"received", packets.received},
            {"lost", packets.lost},
            {"lost_percent", rounded(report.lost_percent())},
            {"delivered_percent", rounded(report.delivered_percent())},
            {"doubled", packets.doubled},
            {"strange", packets.strange},
            {"gaps_over_60_ms", packets.gaps},
            {"gaps_percent", rounded(report.gaps_percent())},
            {"gap_ms_max", rounded(packets.gap_ms_max)},
            {"jitter_ms_p50", rounded(packets.jitter_ms_p50)},
            {"jitter_ms_p99", rounded(packets.jitter_ms_p99)}};
}

Json server_json(const LoadPlan& plan, const Report& report) {
    const Report::Server& server = *report.server;
    const double cpu = server_seconds(server), cores = part(cpu, report.seconds);
    const auto grown = static_cast<double>(server.end.resident_kb) -
                       static_cast<double>(server.before.resident_kb);
    return {{"pid", plan.pid},
            {"cpu_seconds", rounded(cpu)},
            {"system_seconds", rounded(server.end.system_seconds - server.begin.system_seconds)},
            {"cores", rounded(cores)},
            {"legs_per_core", std::round(part(report.legs, cores))},
            {"us_per_leg_and_frame", rounded(per_leg_and_frame_us(cpu, report))},
            {"resident_kb", server.end.resident_kb},
            {"resident_kb_per_leg", rounded(part(grown, report.legs))},
            {"threads", server.end.threads}};
}

Json ticks_json(const Report& report) {
    Json ticks = Json::object();
    const std::string family = "partyline_media_tick_us{quantile=\"";
    for (const auto& [quantile, name] :
         {std::pair{"0.5", "p50_us"}, {"0.99", "p99_us"}, {"0.999", "p999_us"}, {"1", "max_us"}}) {
        const auto found = report.metrics_end.find(family + quantile + "\"}");
        if (found != report.metrics_end.end()) ticks[name] = found->second;
    }
    for (const auto& [metric, name] :
         {std::pair{"partyline_media_ticks_total", "ticks"},
          {"partyline_media_ticks_late_total", "late"},
          {"partyline_media_events_dropped_total", "events_dropped"}}) {
        const auto begin = report.metrics_begin.find(metric), end = report.metrics_end.find(metric);
        if (begin != report.metrics_begin.end() && end != report.metrics_end.end())
            ticks[name] = end->second - begin->second;
    }
    return ticks;
}

}  // namespace

std::string name_of(const media::Format& format) {
    switch (format.codec) {
        case media::Codec::pcmu: return "pcmu";
        case media::Codec::pcma: return "pcma";
        case media::Codec::g722: return "g722";
        case media::Codec::l16: return "l16";
        case media::Codec::opus: return "opus";
    }
    return {};
}

double Report::lost_percent() const {
    return 100 * part(static_cast<double>(packets.lost),
                      static_cast<double>(packets.lost + packets.received));
}
double Report::delivered_percent() const {
    return 100 * part(static_cast<double>(packets.received), legs * seconds * frames_per_second);
}
double Report::gaps_percent() const {
    return 100 * part(static_cast<double>(packets.gaps), static_cast<double>(packets.received));
}
bool Report::keeps_up() const {
    // A packet more or less per leg is where the measurement was cut, not the server.
    const double one_packet = 100 * part(1, seconds * frames_per_second) + 1e-6;
    return legs == calls.asked && packets.received > 0 && lost_percent() < 0.1 &&
           delivered_percent() >= std::min(99.9, 100 - one_packet) &&
           delivered_percent() <= std::max(100.2, 100 + one_packet) && gaps_percent() < 0.1;
}

Json to_json(const LoadPlan& plan, const Report& report) {
    Json json{{"codec", name_of(plan.format) + (plan.opus_voice ? "-voice" : "")},
              {"legs", report.legs},
              {"rooms", (plan.legs + plan.legs_per_room() - 1) / plan.legs_per_room()},
              {"talking_per_room", plan.talking},
              {"seconds", rounded(report.seconds)},
              {"keeps_up", report.keeps_up()},
              {"calls", calls_json(report.calls)},
              {"packets", packets_json(report)},
              {"delay",
               {{"marks_sent", report.delay.marks_sent},
                {"marks_expected", report.delay.expected},
                {"marks_heard", report.delay.heard},
                {"p50_ms", rounded(report.delay.p50_ms)},
                {"p99_ms", rounded(report.delay.p99_ms)},
                {"max_ms", rounded(report.delay.max_ms)},
                {"codec_ms", rounded(report.delay.codec_ms)}}},
              {"generator",
               {{"cpu_seconds", rounded(report.generator.cpu_seconds)},
                {"cores", rounded(part(report.generator.cpu_seconds, report.seconds))},
                {"us_per_leg_and_frame",
                 rounded(per_leg_and_frame_us(report.generator.cpu_seconds, report))},
                {"late_ms_p50", rounded(report.generator.late_ms_p50)},
                {"late_ms_p99", rounded(report.generator.late_ms_p99)},
                {"late_ms_max", rounded(report.generator.late_ms_max)}}}};
    if (report.server) json["server"] = server_json(plan, report);
    if (!report.metrics_end.empty()) json["ticks"] = ticks_json(report);
    return json;
}

std::string to_text(const LoadPlan& plan, const Report& report) {
    const Json json = to_json(plan, report);
    std::string text = std::to_string(report.legs) + " of " + std::to_string(report.calls.asked) +
                       " telephones, " + name_of(plan.format) + ", " + json["rooms"].dump() +
                       " rooms: " + (report.keeps_up() ? "keeps up" : "does NOT keep up") + "\n";
    for (const auto& [name, value] : json.items()) {
        if (!value.is_object()) continue;
        text += "  " + name + std::string(name.size() < 10 ? 10 - name.size() : 0, ' ');
        for (const auto& [field, figure] : value.items())
            text += "  " + field + " " + figure.dump();
        text += "\n";
    }
    return text;
}

}  // namespace sim
