// What a load found out, as numbers and as JSON.
//
// Plain values; docs/load.md says what each means.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "sim/load/observe.hpp"
#include "sim/load/plan.hpp"

namespace sim {

struct Report {
    struct Calls {
        unsigned asked = 0, answered = 0, failed = 0, ended_early = 0, resent = 0;
        double setup_ms_p50 = 0, setup_ms_p99 = 0;
        std::map<std::string, unsigned> refusals;  // by status; "0": no answer
    } calls;
    struct Packets {
        std::uint64_t sent = 0, not_sent = 0, received = 0, lost = 0, doubled = 0, gaps = 0,
                      strange = 0;
        double gap_ms_max = 0, jitter_ms_p50 = 0, jitter_ms_p99 = 0;
    } packets;
    struct Delay {
        std::uint64_t marks_sent = 0, expected = 0, heard = 0;
        double p50_ms = 0, p99_ms = 0, max_ms = 0, codec_ms = 0;
    } delay;
    struct Generator {
        double cpu_seconds = 0, late_ms_p50 = 0, late_ms_p99 = 0, late_ms_max = 0;
    } generator;
    struct Server {
        ProcessView before, begin, end;  // without calls; measured from; to
    };
    std::optional<Server> server;
    MetricValues metrics_begin, metrics_end;
    double seconds = 0;  // measured
    unsigned legs = 0;   // that had sound

    [[nodiscard]] double lost_percent() const;
    [[nodiscard]] double delivered_percent() const;
    [[nodiscard]] double gaps_percent() const;
    /// Loss under 0.1 %, 99.9 to 100.2 % delivered, under 0.1 % of gaps over 60 ms, nobody missing.
    [[nodiscard]] bool keeps_up() const;
};

[[nodiscard]] nlohmann::ordered_json to_json(const LoadPlan& plan, const Report& report);
/// The same in a few lines for people.
[[nodiscard]] std::string to_text(const LoadPlan& plan, const Report& report);

[[nodiscard]] std::string name_of(const media::Format& format);

}  // namespace sim
