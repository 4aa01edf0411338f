#include "sim/results/summary.hpp"

#include <algorithm>
#include <cmath>

#include "sim/results/text.hpp"

namespace sim {
namespace {

constexpr double shares[] = {0.5, 0.95, 0.99};
constexpr std::size_t few_groups = 5;

// Replications may have met a metric that others never did: by name, in order of appearance.
std::vector<MetricName> names_of(std::span<const Replication> replications) {
    std::vector<MetricName> names;
    for (const auto& replication : replications)
        for (const auto& series : replication.series)
            if (std::ranges::find(names, series.name.name, &MetricName::name) == names.end())
                names.push_back(series.name);
    return names;
}

const Recorder::Series* series_of(const Replication& replication, const std::string& name) {
    const auto found = std::ranges::find_if(
        replication.series, [&](const auto& series) { return series.name.name == name; });
    return found == replication.series.end() ? nullptr : &*found;
}

// The mean of each slice over all replications: what Welch's plot shows. Slices in which nothing
// was measured repeat their neighbour.
std::vector<double> course(std::span<const Replication> replications, const std::string& name) {
    Groups all;
    for (const auto& replication : replications) {
        const auto* series = series_of(replication, name);
        if (!series) continue;
        all.resize(std::max(all.size(), series->slices.size()));
        for (std::size_t i = 0; i < series->slices.size(); ++i) {
            all[i].sum += series->slices[i].sum;
            all[i].weight += series->slices[i].weight;
        }
    }
    std::vector<double> means;
    for (const auto& slice : all) {
        if (slice.weight > 0)
            means.push_back(slice.sum / slice.weight);
        else
            means.push_back(means.empty() ? 0 : means.back());
    }
    return means;
}

struct Cut {
    std::size_t slices = 0;
    std::vector<std::string> remarks;
};

Cut warm_up(const Scenario& scenario, double slice_s, std::span<const Replication> replications) {
    Cut cut;
    if (!scenario.warm_up_auto) {
        // Rounded up to whole slices; a rounding error of a division is no slice.
        cut.slices =
            static_cast<std::size_t>(std::max(0.0, std::ceil(scenario.warm_up_s / slice_s - 1e-9)));
        return cut;
    }
    // Levels fill up slowly and tell best when they are full; without one, every metric is asked.
    const auto names = names_of(replications);
    const bool levels =
        std::ranges::any_of(names, [](const auto& n) { return n.measure == Measure::level; });
    for (const auto& name : names) {
        if (levels && name.measure != Measure::level) continue;
        const auto found = mser5(course(replications, name.name));
        cut.slices = std::max(cut.slices, found.observations);
        if (!found.certain)
            cut.remarks.push_back(name.name +
                                  " has not settled by half of the time: MSER-5 would cut "
                                  "more than it may, simulate for longer");
    }
    return cut;
}

Recorder::Histogram histogram_of(const Recorder::Series& series, std::size_t off) {
    Recorder::Histogram all;
    for (std::size_t i = off; i < series.distribution.size(); ++i) all.add(series.distribution[i]);
    return all;
}

double percentile_within(const Recorder::Series& series, const Recorder::Histogram& counts,
                         double share, double low, double high) {
    const double value = *percentile(counts, share, series.name.measure == Measure::level);
    return std::clamp(value, low, high);
}

std::vector<Percentile> percentiles_of(std::span<const Replication> replications,
                                       const MetricName& name, std::size_t off) {
    std::vector<const Recorder::Series*> all_series;
    std::vector<Recorder::Histogram> each;
    Recorder::Histogram all;
    double low = 0, high = 0;
    for (const auto& replication : replications) {
        const auto* series = series_of(replication, name.name);
        if (!series) continue;
        each.push_back(histogram_of(*series, off));
        if (each.back().counts.empty()) {
            each.pop_back();
            continue;
        }
        low = all_series.empty() ? series->minimum : std::min(low, series->minimum);
        high = all_series.empty() ? series->maximum : std::max(high, series->maximum);
        all_series.push_back(series);
        all.add(each.back());
    }
    std::vector<Percentile> told;
    if (each.empty()) return told;
    for (const double share : shares) {
        std::vector<double> values;
        for (std::size_t i = 0; i < each.size(); ++i)
            values.push_back(percentile_within(*all_series[i], each[i], share,
                                               all_series[i]->minimum, all_series[i]->maximum));
        Percentile one{.share = share, .value = estimate(values)};
        one.value.mean = percentile_within(*all_series.front(), all, share, low, high);
        told.push_back(one);
    }
    return told;
}

std::string remark_on(const Finding& figure) {
    if (!figure.value.told()) return "nothing was measured";
    if (figure.metric.measure == Measure::share && figure.total == 0) {
        // Nothing seen is not nothing there: 1 - 0.05^(1/n), the rule of three.
        return "none in " + grouped_digits(figure.measured) + ": below " +
               rounded(3 / figure.measured, 2) + " with 95 % confidence if trials are independent";
    }
    if (!figure.value.bounded()) return "one group: no interval";
    if (figure.value.mean != 0 && figure.value.half_width > 0.25 * std::fabs(figure.value.mean))
        return "imprecise: half width above a quarter of the mean";
    return {};
}

Finding finding_of(const Scenario& scenario, std::span<const Replication> replications,
                   const MetricName& name, std::size_t off) {
    Finding figure{.metric = name};
    const Groups groups = groups_of(replications, name.name, off, scenario.batches);
    std::vector<double> neighbours;
    for (const auto& group : groups) {
        figure.measured += group.weight;
        figure.total += group.sum;
        if (group.weight > 0) neighbours.push_back(group.sum / group.weight);
    }
    figure.value = estimate(groups);
    if (name.distribution) figure.percentiles = percentiles_of(replications, name, off);
    figure.remark = remark_on(figure);
    // Batches that follow one another make the interval too narrow (Law 2015, 9.5.3).
    if (scenario.batches > 1 && replications.size() == 1 && neighbours.size() > 2) {
        const double limit = 2 / std::sqrt(static_cast<double>(neighbours.size()));
        if (figure.remark.empty() && lag_one_correlation(neighbours) > limit)
            figure.remark = "batches are correlated: simulate for longer or ask for fewer";
    }
    return figure;
}

void remark_on_all(Summary& told, std::size_t replications, std::size_t slices) {
    if (told.slices_off >= slices && slices > 0) {
        told.remarks.push_back("the warm-up is as long as the run: nothing is left to measure");
        return;
    }
    if (told.groups < 2) {
        told.remarks.push_back(
            "one replication: no interval can be given; ask for more (--replications), or for "
            "batches of a long run");
    } else if (told.groups < few_groups) {
        told.remarks.push_back(std::to_string(told.groups) +
                               (told.batches ? " batches" : " replications") +
                               ": the intervals are wide and lean on values being normal; " +
                               std::to_string(few_groups) + " or more are better");
    }
    if (told.batches && replications > 1)
        told.remarks.push_back("batches of several replications are put together");
}

// The interval of scenario.precision is as narrow as was asked for.
bool precise(const Scenario& scenario, double slice_s, std::span<const Replication> replications) {
    const Precision& precision = scenario.precision;
    const auto names = names_of(replications);
    const auto name = std::ranges::find(names, precision.metric, &MetricName::name);
    if (name == names.end()) return false;
    const auto cut = warm_up(scenario, slice_s, replications);
    const Interval value = finding_of(scenario, replications, *name, cut.slices).value;
    const double wanted = precision.half_width * (precision.relative ? std::fabs(value.mean) : 1);
    // A share that never came out otherwise has no width and proves nothing.
    return value.bounded() && value.half_width > 0 && value.half_width <= wanted;
}

}  // namespace

Summary summary(const Run& run) {
    Summary told;
    const Scenario& scenario = run.scenario;
    const std::span<const Replication> replications{run.replications};
    Cut cut = warm_up(scenario, run.slice_s, replications);
    told.slices_off = cut.slices;
    told.warm_up_s = static_cast<double>(cut.slices) * run.slice_s;
    told.remarks = std::move(cut.remarks);
    told.batches = scenario.batches > 1;
    if (!scenario.precision.metric.empty() && !precise(scenario, run.slice_s, replications))
        told.remarks.push_back(scenario.precision.metric +
                               " is not as precise as the scenario asks for");
    told.groups = replications.size() * std::max<std::size_t>(1, scenario.batches);
    std::size_t slices = 0;
    for (const auto& replication : replications)
        for (const auto& series : replication.series)
            slices = std::max(slices, series.slices.size());
    remark_on_all(told, replications.size(), slices);
    for (const auto& name : names_of(replications))
        told.figures.push_back(finding_of(scenario, replications, name, cut.slices));
    return told;
}

const Finding* find(const Summary& summary, const std::string& metric) {
    const auto found = std::ranges::find_if(
        summary.figures, [&](const auto& figure) { return figure.metric.name == metric; });
    return found == summary.figures.end() ? nullptr : &*found;
}

Groups groups_of(std::span<const Replication> replications, const std::string& metric,
                 std::size_t slices_off, std::size_t batches) {
    Groups groups;
    for (const auto& replication : replications) {
        const auto* series = series_of(replication, metric);
        if (!series || slices_off >= series->slices.size()) continue;
        const auto slices = std::span{series->slices}.subspan(slices_off);
        const auto parts = grouped(slices, std::clamp<std::size_t>(batches, 1, slices.size()));
        groups.insert(groups.end(), parts.begin(), parts.end());
    }
    return groups;
}

Recorder::Histogram histogram_of(const Run& run, const std::string& metric,
                                 std::size_t slices_off) {
    Recorder::Histogram all;
    for (const auto& replication : run.replications)
        if (const auto* series = series_of(replication, metric))
            all.add(histogram_of(*series, slices_off));
    return all;
}

std::size_t replications_min(const Scenario& scenario) {
    // Below five the interval's own width is too much a matter of luck to stop by it.
    return std::max<std::size_t>(scenario.replications, few_groups);
}

std::size_t replications_max(const Scenario& scenario) {
    if (scenario.precision.metric.empty()) return scenario.replications;
    return std::max<std::size_t>(20 * replications_min(scenario), 200);
}

std::optional<std::size_t> enough(const Scenario& scenario, double slice_s,
                                  std::span<const Replication> replications) {
    if (scenario.precision.metric.empty()) {
        if (replications.size() < scenario.replications) return std::nullopt;
        return scenario.replications;
    }
    for (std::size_t count = replications_min(scenario); count <= replications.size(); ++count)
        if (count >= replications_max(scenario) ||
            precise(scenario, slice_s, replications.first(count)))
            return count;
    return std::nullopt;
}

}  // namespace sim
