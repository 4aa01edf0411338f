#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/results/page.hpp"
#include "sim/results/plot.hpp"
#include "sim/results/report.hpp"
#include "sim/results/text.hpp"

namespace sim {
namespace {

std::string differences_table(const Comparison& comparison) {
    std::vector<std::vector<std::string>> rows{
        {"metric", "A", "B", "B − A", "± 95 %", "unit", "p", "B is"}};
    for (const auto& metric : comparison.metrics) {
        const auto first = written(metric.first), second = written(metric.second),
                   change = written(metric.difference);
        const bool bounded = metric.difference.bounded();
        const std::string word = !bounded ? "—"
                                 : !metric.significant
                                     ? (metric.difference.mean == 0 ? "the same" : "noise")
                                 : metric.difference.mean > 0 ? "higher"
                                                              : "lower";
        rows.push_back(
            {"<b>" + escaped(metric.metric.name) + "</b><small>" + escaped(metric.metric.about) +
                 "</small>",
             first.mean + "<br><span class=\"soft\">± " + first.half_width + "</span>",
             second.mean + "<br><span class=\"soft\">± " + second.half_width + "</span>",
             "<b>" + change.mean + "</b>", change.half_width, escaped(unit_of(metric.metric)),
             bounded ? (metric.chance < 0.0001 ? "&lt; 0.0001" : rounded(metric.chance, 2)) : "—",
             metric.significant ? "<b>" + word + "</b>"
                                : "<span class=\"soft\">" + word + "</span>"});
    }
    return html_table(rows);
}

std::string forest(const Comparison& comparison) {
    ForestPlot plot{.about = "differences in percent of A, with 95 % intervals"};
    for (const auto& metric : comparison.metrics) {
        if (metric.first.mean == 0 || !metric.difference.bounded()) continue;
        const double percent = 100 / std::fabs(metric.first.mean);
        const Interval& change = metric.difference;
        plot.rows.push_back({.name = metric.metric.name,
                             .low = percent * (change.mean - change.half_width),
                             .middle = percent * change.mean,
                             .high = percent * (change.mean + change.half_width),
                             .significant = metric.significant});
    }
    if (plot.rows.empty()) return {};
    return "<h2>Differences</h2>\n" +
           card("B − A in percent of A",
                "95 % intervals of the paired differences; grey: cannot be told from noise.",
                svg(plot));
}

}  // namespace

std::vector<ReportFile> report(const ComparedRuns& runs, const Comparison& comparison) {
    const std::string title = comparison.first_title + " against " + comparison.second_title;
    std::string body = "<div class=\"kind\">Partyline comparison</div><h1>" + escaped(title) +
                       "</h1>\n<p class=\"lead\">" + std::to_string(comparison.pairs) +
                       " pairs of replications, each pair under the same chances.</p>\n";
    body += facts({{"A", comparison.first_title},
                   {"B", comparison.second_title},
                   {"seed", std::to_string(runs.first.seed)},
                   {"commit", runs.commit},
                   {"warm-up taken off", clock_time(comparison.warm_up_s)}});
    if (!comparison.remarks.empty()) {
        body += "<ul class=\"remarks\">";
        for (const auto& remark : comparison.remarks) body += "<li>" + escaped(remark) + "</li>";
        body += "</ul>\n";
    }
    body += forest(comparison) + "<h2>Figures</h2>\n" + differences_table(comparison);
    body +=
        "<h2>How to read this</h2>\n<p>Replication <i>i</i> of A and of B draws the same "
        "callers, instants and lengths where both scenarios have them (common random "
        "numbers), so the interval is of the difference of each pair. <b>higher</b> and "
        "<b>lower</b> hold for all metrics together with 95 % confidence (Holm's "
        "correction); ± and p of one line are not corrected.</p>\n";
    body += "<h2>Run it again</h2>\n" + box(runs.command);
    body += box(runs.first_toml, "Scenario A, every default written out");
    body += box(runs.second_toml, "Scenario B, every default written out");
    return {{"report.html", page(title, body)},
            {"result.json", to_json(comparison).dump(2) + "\n"},
            {"differences.csv", comparison_csv(comparison)},
            {"first.toml", runs.first_toml},
            {"second.toml", runs.second_toml},
            {"run.txt", runs.command + "\n\n# commit " + runs.commit + "\n# state of A " +
                            base::hex(runs.first.state_hash) + "\n# state of B " +
                            base::hex(runs.second.state_hash) + "\n"}};
}

}  // namespace sim
