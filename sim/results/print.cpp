#include "sim/results/print.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "sim/results/text.hpp"

namespace sim {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Measure measure) {
    switch (measure) {
        case Measure::share: return "share";
        case Measure::mean: return "mean";
        case Measure::level: return "level";
        case Measure::count: return "count";
    }
    return "";
}

std::string percent_name(double share) {
    return "p" + rounded(100 * share, share * 100 < 10 ? 1 : 2);
}

bool has_percentiles(const Summary& summary) {
    for (const auto& figure : summary.figures)
        if (!figure.percentiles.empty()) return true;
    return false;
}

Json interval_json(const Interval& interval) {
    Json json{{"mean", nullptr}, {"half_width", nullptr}, {"groups", interval.groups}};
    if (interval.told()) json["mean"] = interval.mean;
    if (interval.bounded()) json["half_width"] = interval.half_width;
    return json;
}

Json figure_json(const Finding& figure) {
    Json json = interval_json(figure.value);
    json["unit"] = unit_of(figure.metric);
    json["measure"] = name_of(figure.metric.measure);
    json["measured"] = figure.measured;
    if (figure.metric.measure == Measure::count || figure.metric.measure == Measure::share)
        json["total"] = figure.total;
    for (const auto& percentile : figure.percentiles) {
        Json value = interval_json(percentile.value);
        value.erase("groups");
        json[percent_name(percentile.share)] = std::move(value);
    }
    if (!figure.remark.empty()) json["remark"] = figure.remark;
    json["about"] = figure.metric.about;
    return json;
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? "\"\"" : std::string{c};
    return result + "\"";
}

}  // namespace

std::string unit_of(const MetricName& metric) {
    if (metric.measure != Measure::count) return metric.unit;
    return metric.unit.empty() ? "/s" : metric.unit + "/s";
}

std::string heading(std::uint64_t seed, const base::Hash& configuration,
                    const std::string& commit) {
    return "seed " + std::to_string(seed) + "  commit " + commit + "  configuration " +
           base::hex(configuration).substr(0, 16) + "\n";
}

std::string table(const Summary& summary) {
    const bool percentiles = has_percentiles(summary);
    std::vector<std::vector<std::string>> rows{{"metric", "mean", "± 95 %", "unit"}};
    if (percentiles) rows[0].insert(rows[0].end(), {"p50", "p95", "p99"});
    std::vector<std::string> notes = summary.remarks;
    bool some_never = false;
    std::string unmeasured;
    for (const auto& figure : summary.figures) {
        const auto text = written(figure.value);
        // Never seen in so many trials: the rule of three, told once below.
        const bool never =
            figure.value.told() && figure.metric.measure == Measure::share && figure.total == 0;
        some_never = some_never || never;
        std::vector<std::string> row{
            figure.metric.name, text.mean,
            never ? "< " + rounded(3 / figure.measured, 2) : text.half_width,
            unit_of(figure.metric)};
        for (const auto& percentile : figure.percentiles)
            row.push_back(brief(percentile.value.mean));
        if (!figure.remark.empty() && !never && figure.value.bounded())
            notes.push_back(figure.metric.name + ": " + figure.remark);
        if (!figure.value.told())
            unmeasured += (unmeasured.empty() ? "" : ", ") + figure.metric.name;
        rows.push_back(std::move(row));
    }
    std::string text = aligned(rows, {3});
    if (some_never)
        notes.push_back(
            "0 < x: never in all trials, so below x with 95 % confidence if they are "
            "independent");
    if (!unmeasured.empty()) notes.push_back("nothing was measured of " + unmeasured);
    for (const auto& note : notes) text += "note: " + note + "\n";
    return text;
}

std::string closing(const Run& run) {
    WorldCounts all;
    double virtual_s = 0;
    std::size_t violations = 0;
    for (const auto& replication : run.replications) {
        all.events += replication.counts.events;
        all.transitions += replication.counts.transitions;
        all.calls += replication.counts.calls;
        virtual_s += replication.virtual_s;
        violations += replication.violations.size();
    }
    std::string text = std::to_string(run.replications.size()) +
                       (run.replications.size() == 1 ? " replication, " : " replications, ") +
                       grouped_digits(static_cast<double>(all.calls)) + " calls, " +
                       grouped_digits(static_cast<double>(all.transitions)) + " transitions, " +
                       clock_time(virtual_s) + " of virtual time in " + rounded(run.wall_s, 3) +
                       " s\n";
    if (violations > 0)
        text += grouped_digits(static_cast<double>(violations)) +
                (violations == 1 ? " invariant was violated\n" : " invariants were violated\n");
    return text + "state " + base::hex(run.state_hash) + "\n";
}

nlohmann::ordered_json to_json(const Summary& summary) {
    Json metrics = Json::object();
    for (const auto& figure : summary.figures) metrics[figure.metric.name] = figure_json(figure);
    return metrics;
}

nlohmann::ordered_json to_json(const Run& run, const Summary& summary, const Origin& origin) {
    std::uint64_t events = 0, calls = 0, transitions = 0;
    double virtual_s = 0;
    Json violations = Json::array(), replications = Json::array();
    for (const auto& replication : run.replications) {
        events += replication.counts.events;
        calls += replication.counts.calls;
        transitions += replication.counts.transitions;
        virtual_s += replication.virtual_s;
        replications.push_back({{"seed", replication.seed},
                                {"state_hash", base::hex(replication.state_hash)},
                                {"events", replication.counts.events},
                                {"calls", replication.counts.calls}});
        for (const auto& violation : replication.violations)
            violations.push_back({{"seed", replication.seed}, {"what", violation}});
    }
    return {{"title", run.scenario.title},
            {"seed", run.seed},
            {"commit", origin.commit},
            {"configuration", base::hex(run.configuration)},
            {"command", origin.command},
            {"state_hash", base::hex(run.state_hash)},
            {"events", events},
            {"calls", calls},
            {"transitions", transitions},
            {"virtual_seconds", virtual_s},
            {"wall_seconds", run.wall_s},
            {"warm_up_seconds", summary.warm_up_s},
            {"confidence", confidence},
            {"method", summary.batches ? "batch means" : "independent replications"},
            {"metrics", to_json(summary)},
            {"replications", std::move(replications)},
            {"violations", std::move(violations)},
            {"remarks", summary.remarks}};
}

std::string figures_csv(const Summary& summary) {
    std::string text = "metric,unit,measure,mean,half_width,groups,measured,p50,p95,p99,about\n";
    for (const auto& figure : summary.figures) {
        const Interval& value = figure.value;
        text += figure.metric.name + "," + unit_of(figure.metric) + "," +
                name_of(figure.metric.measure) + "," +
                (value.told() ? exact_text(value.mean) : "") + "," +
                (value.bounded() ? exact_text(value.half_width) : "") + "," +
                std::to_string(value.groups) + "," + exact_text(figure.measured);
        for (std::size_t i = 0; i < 3; ++i)
            text +=
                "," + (i < figure.percentiles.size() ? short_text(figure.percentiles[i].value.mean)
                                                     : std::string{});
        text += "," + quoted(figure.metric.about) + "\n";
    }
    return text;
}

std::string slices_csv(const Run& run) {
    std::string text = "metric,replication,slice,begin_s,sum,weight\n";
    for (std::size_t r = 0; r < run.replications.size(); ++r)
        for (const auto& series : run.replications[r].series)
            for (std::size_t i = 0; i < series.slices.size(); ++i) {
                const auto& slice = series.slices[i];
                text += series.name.name + "," + std::to_string(r + 1) + "," + std::to_string(i) +
                        "," + short_text(static_cast<double>(i) * run.slice_s) + "," +
                        exact_text(slice.sum) + "," + exact_text(slice.weight) + "\n";
            }
    return text;
}

std::string histograms_csv(const Run& run, const Summary& summary) {
    std::string text = "metric,from,to,count\n";
    for (const auto& figure : summary.figures) {
        if (!figure.metric.distribution) continue;
        const auto all = histogram_of(run, figure.metric.name, summary.slices_off);
        for (std::size_t i = 0; i < all.counts.size(); ++i) {
            if (all.counts[i] == 0) continue;
            const auto bucket = all.first + static_cast<std::uint32_t>(i);
            text += figure.metric.name + "," + short_text(bucket_begin(bucket)) + "," +
                    short_text(bucket_end(bucket)) + "," + std::to_string(all.counts[i]) + "\n";
        }
    }
    return text;
}

}  // namespace sim
