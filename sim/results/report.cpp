#include "sim/results/report.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/results/page.hpp"
#include "sim/results/plot.hpp"
#include "sim/results/text.hpp"

namespace sim {
namespace {

constexpr std::size_t course_points = 100;
constexpr std::size_t tiles_max = 4;

double until_of(const Run& run) {
    double until = 0;
    for (const auto& replication : run.replications) until = std::max(until, replication.virtual_s);
    return until;
}

std::string with_unit(const std::string& value, const std::string& unit) {
    return unit.empty() ? value : value + " (" + unit + ")";
}

// Slice i of all replications side by side: the band is what they tell of one another.
CoursePlot course_of(const Run& run, const Finding& figure, double warm_up_s) {
    CoursePlot plot{.until_s = until_of(run),
                    .warm_up_s = warm_up_s,
                    .overall = figure.value.mean,
                    .about = figure.metric.name + " over virtual time"};
    std::vector<Groups> each;
    std::size_t slices = 0;
    for (const auto& replication : run.replications)
        for (const auto& series : replication.series) {
            if (series.name.name != figure.metric.name) continue;
            slices = std::max(slices, series.slices.size());
            each.push_back(grouped(series.slices, std::min(course_points, series.slices.size())));
        }
    const std::size_t points = std::min(course_points, slices);
    double least = figure.value.mean, most = figure.value.mean;
    for (std::size_t i = 0; i < points; ++i) {
        Groups here;
        for (const auto& groups : each)
            if (i < groups.size()) here.push_back(groups[i]);
        const Interval value = estimate(here);
        CoursePoint point{.at_s = (static_cast<double>(i) + 0.5) * static_cast<double>(slices) *
                                  run.slice_s / static_cast<double>(points)};
        if (value.told()) {
            point.mean = value.mean;
            least = std::min(least, value.mean);
            most = std::max(most, value.mean);
        }
        if (value.bounded()) point.half_width = value.half_width;
        plot.points.push_back(point);
    }
    // What moves within a tenth of itself would be a flat line above an empty picture.
    plot.from_zero = least >= 0 && (least < 0.5 * most || most - least < 1e-9 * most);
    return plot;
}

HistogramPlot histogram_plot(const Run& run, const Finding& figure, std::size_t slices_off) {
    HistogramPlot plot{.counts = histogram_of(run, figure.metric.name, slices_off),
                       .steps = figure.metric.measure == Measure::level,
                       .unit = figure.metric.unit,
                       .about = "distribution of " + figure.metric.name};
    for (const auto& percentile : figure.percentiles)
        plot.marks.emplace_back("p" + short_text(100 * percentile.share, 3), percentile.value.mean);
    return plot;
}

// What most readers come for, as far as it was measured; then whatever comes first.
std::vector<const Finding*> headlines(const Summary& summary) {
    std::vector<const Finding*> chosen;
    for (const char* name :
         {"blocking", "admitted_s", "ports_in_use", "mos", "mos_wideband", "im_delivery_s"})
        if (const Finding* found = find(summary, name)) chosen.push_back(found);
    for (const auto& figure : summary.figures)
        if (std::ranges::find(chosen, &figure) == chosen.end()) chosen.push_back(&figure);
    std::erase_if(chosen, [](const Finding* figure) { return !figure->value.told(); });
    chosen.resize(std::min(chosen.size(), tiles_max));
    return chosen;
}

std::string tiles(const Summary& summary) {
    std::string text = "<div class=\"tiles\">";
    for (const Finding* figure : headlines(summary)) {
        const auto value = written(figure->value);
        text += "<div class=\"tile\"><div class=\"name\">" + escaped(figure->metric.name) +
                "</div><div class=\"value\">" + value.mean + "<small>" +
                escaped(unit_of(figure->metric)) + "</small></div><div class=\"more\">";
        text += figure->value.bounded() ? "± " + value.half_width : "no interval";
        if (!figure->percentiles.empty())
            text += " · p95 " + brief(figure->percentiles[1].value.mean);
        text += "</div></div>";
    }
    return text + "</div>\n";
}

std::string figures_table(const Summary& summary) {
    std::vector<std::vector<std::string>> rows{
        {"metric", "mean", "± 95 %", "unit", "p50", "p95", "p99", "measured"}};
    for (const auto& figure : summary.figures) {
        const auto value = written(figure.value);
        std::string name = "<b>" + escaped(figure.metric.name) + "</b><small>" +
                           escaped(figure.metric.about) + "</small>";
        if (!figure.remark.empty() && figure.remark != "one group: no interval")
            name += "<small class=\"remark\">" + escaped(figure.remark) + "</small>";
        std::vector<std::string> row{name, "<b>" + value.mean + "</b>", value.half_width,
                                     escaped(unit_of(figure.metric))};
        for (std::size_t i = 0; i < 3; ++i) {
            if (i >= figure.percentiles.size()) {
                row.emplace_back();
                continue;
            }
            const auto& interval = figure.percentiles[i].value;
            row.push_back(brief(interval.mean) +
                          (interval.bounded() ? "<br><span class=\"soft\">± " +
                                                    rounded(interval.half_width, 2) + "</span>"
                                              : ""));
        }
        const bool timed =
            figure.metric.measure == Measure::level || figure.metric.measure == Measure::count;
        row.push_back("<span class=\"soft\">" + grouped_digits(figure.measured) +
                      (timed ? " s" : "") + "</span>");
        rows.push_back(std::move(row));
    }
    return html_table(rows);
}

std::string remarks_list(const std::vector<std::string>& remarks) {
    if (remarks.empty()) return {};
    std::string text = "<ul class=\"remarks\">";
    for (const auto& remark : remarks) text += "<li>" + escaped(remark) + "</li>";
    return text + "</ul>\n";
}

std::string pictures(const Run& run, const Summary& summary) {
    std::string text = "<h2>Over virtual time</h2>\n<div class=\"cards\">\n";
    for (const auto& figure : summary.figures)
        if (figure.value.told())
            text += card(with_unit(figure.metric.name, unit_of(figure.metric)), figure.metric.about,
                         svg(course_of(run, figure, summary.warm_up_s)));
    text += "</div>\n";
    std::string histograms;
    for (const auto& figure : summary.figures)
        if (!figure.percentiles.empty())
            histograms += card(with_unit(figure.metric.name, unit_of(figure.metric)),
                               figure.metric.measure == Measure::level
                                   ? "Share of time, warm-up taken off."
                                   : "Share of samples, warm-up taken off.",
                               svg(histogram_plot(run, figure, summary.slices_off)));
    if (!histograms.empty())
        text += "<h2>Distributions</h2>\n<div class=\"cards\">\n" + histograms + "</div>\n";
    return text;
}

std::string how_to_read(const Summary& summary) {
    return std::string{"<h2>How to read this</h2>\n<p>Each figure is the mean of "} +
           (summary.batches ? "batches of one long run" : "independent replications") +
           "; ± is half the width of its 95 % confidence interval (Student's t). Lines show the "
           "mean of all replications in each slice of virtual time, the band around them its 95 % "
           "interval from one replication to the other, the dashed line the figure in the table. "
           "What the grey area holds was taken off as warm-up" +
           (summary.warm_up_s > 0 ? "" : " (nothing, here)") +
           ". Percentiles are of all replications together, exact to a thirty-second of their "
           "value.</p>\n";
}

std::string again(const std::string& command, const std::string& commit) {
    return "<h2>Run it again</h2>\n<p>The same program (commit <code>" + escaped(commit) +
           "</code>), scenario and seed give the same state hash, with any number of jobs.</p>\n" +
           box(command);
}

std::string run_text(const std::string& command, const std::string& commit,
                     const std::string& hashes) {
    return command + "\n\n# commit " + commit + "\n" + hashes;
}

std::string totals(const Run& run) {
    double calls = 0;
    for (const auto& replication : run.replications)
        calls += static_cast<double>(replication.counts.calls);
    return grouped_digits(calls) + " calls in " + std::to_string(run.replications.size()) +
           (run.replications.size() == 1 ? " replication of " : " replications of ") +
           clock_time(until_of(run)) + " each";
}

std::string violations(const Run& run) {
    std::vector<std::string> all;
    for (const auto& replication : run.replications)
        for (const auto& violation : replication.violations)
            all.push_back("violated (seed " + std::to_string(replication.seed) + "): " + violation);
    return remarks_list(all);
}

std::string title_of(const Run& run) {
    return run.scenario.title.empty() ? "Untitled scenario" : run.scenario.title;
}

}  // namespace

std::vector<ReportFile> report(const Run& run, const Summary& summary, const Origin& origin) {
    std::string body = "<div class=\"kind\">Partyline simulation</div><h1>" +
                       escaped(title_of(run)) + "</h1>\n<p class=\"lead\">" + totals(run) +
                       ".</p>\n";
    body += facts({{"seed", std::to_string(run.seed)},
                   {"commit", origin.commit},
                   {"configuration", base::hex(run.configuration).substr(0, 16)},
                   {"state", base::hex(run.state_hash).substr(0, 16)},
                   {"warm-up taken off", clock_time(summary.warm_up_s)},
                   {"computed in", rounded(run.wall_s, 3) + " s"}});
    body += tiles(summary) + violations(run) + remarks_list(summary.remarks);
    body += "<h2>Figures</h2>\n" + figures_table(summary) + pictures(run, summary);
    body += how_to_read(summary) + again(origin.command, origin.commit);
    body += box(origin.scenario, "The whole scenario, every default written out");
    body +=
        "<footer>Beside this page: figures.csv, slices.csv, histograms.csv, result.json, "
        "scenario.toml, run.txt. State hash " +
        base::hex(run.state_hash) + ".</footer>\n";
    return {{"report.html", page(title_of(run), body)},
            {"result.json", to_json(run, summary, origin).dump(2) + "\n"},
            {"figures.csv", figures_csv(summary)},
            {"slices.csv", slices_csv(run)},
            {"histograms.csv", histograms_csv(run, summary)},
            {"scenario.toml", origin.scenario},
            {"run.txt", run_text(origin.command, origin.commit,
                                 "# configuration " + base::hex(run.configuration) + "\n# state " +
                                     base::hex(run.state_hash) + "\n")}};
}

}  // namespace sim
