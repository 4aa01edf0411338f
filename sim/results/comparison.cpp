#include "sim/results/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "sim/results/distributions.hpp"
#include "sim/results/text.hpp"

namespace sim {
namespace {

constexpr double error_family = 1 - confidence;

// Holm (1979): the smallest chance is held against error/m, the next against error/(m - 1), ...
void correct_for_many(std::vector<Compared>& metrics) {
    std::vector<Compared*> order;
    for (auto& metric : metrics)
        if (metric.difference.bounded()) order.push_back(&metric);
    std::ranges::stable_sort(order, {}, [](const Compared* metric) { return metric->chance; });
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (order[i]->chance > error_family / static_cast<double>(order.size() - i)) break;
        order[i]->significant = true;
    }
}

double variance_of_mean(const Interval& interval) {
    if (!interval.bounded()) return 0;
    const double error =
        interval.half_width /
        student_t_quantile((1 + confidence) / 2, static_cast<double>(interval.groups - 1));
    return error * error;
}

Compared compared(const Scenario& scenario, std::span<const Replication> first,
                  std::span<const Replication> second, const MetricName& name, std::size_t off) {
    const auto a = groups_of(first, name.name, off, scenario.batches);
    const auto b = groups_of(second, name.name, off, scenario.batches);
    Compared result{.metric = name, .first = estimate(a), .second = estimate(b)};
    if (a.size() == b.size()) result.difference = difference(b, a);
    // What is equal but for the order of additions is equal.
    const double noise = 1e-12 * std::fabs(result.first.mean);
    if (std::fabs(result.difference.mean) <= noise) result.difference.mean = 0;
    if (result.difference.half_width <= noise) result.difference.half_width = 0;
    result.chance = chance_of(result.difference);
    const double apart = variance_of_mean(result.first) + variance_of_mean(result.second);
    if (apart > 0) result.variance_saved = 1 - variance_of_mean(result.difference) / apart;
    return result;
}

std::string verdict(const Compared& metric) {
    if (!metric.difference.told()) return "not measured";
    if (!metric.difference.bounded()) return "one pair: cannot be told";
    if (!metric.significant) return metric.difference.mean == 0 ? "the same" : "noise";
    return metric.difference.mean > 0 ? "higher" : "lower";
}

std::string relative(const Compared& metric) {
    if (metric.first.mean == 0 || !metric.difference.told()) return "-";
    const double percent = 100 * metric.difference.mean / std::fabs(metric.first.mean);
    return (percent > 0 ? "+" : "") + rounded(percent, 3) + " %";
}

}  // namespace

Comparison compare(const Run& first, const Run& second) {
    Comparison result{.first_title = first.scenario.title, .second_title = second.scenario.title};
    result.pairs = std::min(first.replications.size(), second.replications.size());
    const auto a = std::span{first.replications}.first(result.pairs);
    const auto b = std::span{second.replications}.first(result.pairs);
    for (std::size_t i = 0; i < result.pairs; ++i) ASSERT(a[i].seed == b[i].seed);
    const Summary of_first = summary(first), of_second = summary(second);
    const std::size_t off = std::max(of_first.slices_off, of_second.slices_off);
    result.warm_up_s = static_cast<double>(off) * first.slice_s;
    for (const auto& figure : of_first.figures) {
        if (!find(of_second, figure.metric.name)) {
            result.remarks.push_back(figure.metric.name + " is measured in the first only");
            continue;
        }
        result.metrics.push_back(compared(first.scenario, a, b, figure.metric, off));
    }
    for (const auto& figure : of_second.figures)
        if (!find(of_first, figure.metric.name))
            result.remarks.push_back(figure.metric.name + " is measured in the second only");
    correct_for_many(result.metrics);
    if (first.slice_s != second.slice_s)
        result.remarks.push_back("the scenarios last differently long: totals do not compare");
    if (result.pairs < 5 && first.scenario.batches < 5)
        result.remarks.push_back(std::to_string(result.pairs) +
                                 " pairs: only large differences can be told from noise");
    return result;
}

std::string table(const Comparison& comparison) {
    std::vector<std::vector<std::string>> rows{
        {"metric", "A", "B", "B - A", "± 95 %", "of A", "unit", "B is"}};
    for (const auto& metric : comparison.metrics) {
        const auto change = written(metric.difference);
        rows.push_back({metric.metric.name, written(metric.first).mean, written(metric.second).mean,
                        change.mean, change.half_width, relative(metric), unit_of(metric.metric),
                        verdict(metric)});
    }
    std::string text = "A: " + comparison.first_title + "\nB: " + comparison.second_title + "\n" +
                       aligned(rows, {6, 7});
    text +=
        "note: \"higher\" and \"lower\" hold for all metrics together with 95 % confidence "
        "(Holm); an interval by itself is not corrected\n";
    for (const auto& remark : comparison.remarks) text += "note: " + remark + "\n";
    return text;
}

nlohmann::ordered_json to_json(const Comparison& comparison) {
    using Json = nlohmann::ordered_json;
    Json metrics = Json::object();
    const auto half_width = [](const Interval& interval) {
        return interval.bounded() ? Json(interval.half_width) : Json(nullptr);
    };
    const auto mean = [](const Interval& interval) {
        return interval.told() ? Json(interval.mean) : Json(nullptr);
    };
    for (const auto& metric : comparison.metrics)
        metrics[metric.metric.name] = {{"first", mean(metric.first)},
                                       {"first_half_width", half_width(metric.first)},
                                       {"second", mean(metric.second)},
                                       {"second_half_width", half_width(metric.second)},
                                       {"difference", mean(metric.difference)},
                                       {"half_width", half_width(metric.difference)},
                                       {"p_value", metric.chance},
                                       {"significant", metric.significant},
                                       {"variance_saved", metric.variance_saved},
                                       {"unit", unit_of(metric.metric)}};
    return {{"first", comparison.first_title}, {"second", comparison.second_title},
            {"pairs", comparison.pairs},       {"warm_up_seconds", comparison.warm_up_s},
            {"confidence", confidence},        {"correction", "Holm"},
            {"metrics", std::move(metrics)},   {"remarks", comparison.remarks}};
}

std::string comparison_csv(const Comparison& comparison) {
    std::string text = "metric,unit,first,second,difference,half_width,p_value,significant\n";
    for (const auto& metric : comparison.metrics)
        text += metric.metric.name + "," + unit_of(metric.metric) + "," +
                exact_text(metric.first.mean) + "," + exact_text(metric.second.mean) + "," +
                exact_text(metric.difference.mean) + "," +
                (metric.difference.bounded() ? exact_text(metric.difference.half_width) : "") +
                "," + exact_text(metric.chance) + "," + (metric.significant ? "1" : "0") + "\n";
    return text;
}

}  // namespace sim
