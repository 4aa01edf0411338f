#include "sim/fit/times.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "sim/models/exact.hpp"
#include "sim/results/distributions.hpp"

namespace sim::fit {
namespace {

constexpr std::size_t windows_min = 20, windows_max = 20'000;
constexpr double hour_s = 3'600;

struct Counts {
    double window_s = 0;
    std::vector<double> of;  // each window
};

Counts counts(const std::vector<double>& instants, double length_s, double window_s) {
    Counts counts{.window_s = window_s,
                  .of = std::vector<double>(static_cast<std::size_t>(length_s / window_s))};
    for (const double at : instants) {
        const auto window = static_cast<std::size_t>(at / window_s);
        if (window < counts.of.size()) counts.of[window] += 1;
    }
    return counts;
}

/// As many windows as hold `each` arrivals on average; none if those are too few.
std::optional<Counts> counts_of(const std::vector<double>& instants, double length_s, double each) {
    auto windows = static_cast<std::size_t>(static_cast<double>(instants.size()) / each);
    windows = std::min(windows, windows_max);
    if (windows < windows_min) return std::nullopt;
    return counts(instants, length_s, length_s / static_cast<double>(windows));
}

/// Chi square of the counts against their own mean, and how seldom it is so far off either way.
Fit dispersion(const Counts& counts) {
    Fit fit{.test = "dispersion of counts"};
    const double n = static_cast<double>(counts.of.size()), mean = mean_of(counts.of);
    for (const double count : counts.of) {
        fit.statistic += (count - mean) * (count - mean) / mean;
    }
    const double below = chi_square(fit.statistic, n - 1);
    fit.p_value = 2 * std::min(below, 1 - below);
    fit.statistic /= n - 1;  // the index of dispersion: 1 for Poisson
    return fit;
}

struct Hours {
    std::array<double, 24> count{}, length_s{};
    Fit differ, within;
};

Hours hours(const std::vector<double>& instants, double length_s) {
    Hours hours{.differ = {.test = "chi-square of hours"},
                .within = {.test = "dispersion in hours"}};
    const Counts quarters = counts(instants, length_s, hour_s / 12);
    const auto hour_of = [](std::size_t window) { return window / 12 % 24; };
    for (std::size_t i = 0; i < quarters.of.size(); ++i) {
        hours.count[hour_of(i)] += quarters.of[i];
        hours.length_s[hour_of(i)] += quarters.window_s;
    }
    const double rate = static_cast<double>(instants.size()) / length_s;
    double seen = 0, freedom = 0;
    for (std::size_t hour = 0; hour < 24; ++hour) {
        const double expected = rate * hours.length_s[hour];
        if (expected < 5) continue;
        const double away = hours.count[hour] - expected;
        hours.differ.statistic += away * away / expected;
        seen += 1;
    }
    if (seen > 1) hours.differ.p_value = 1 - chi_square(hours.differ.statistic, seen - 1);
    for (std::size_t i = 0; i < quarters.of.size(); ++i) {
        const std::size_t hour = hour_of(i);
        const double expected = hours.count[hour] / hours.length_s[hour] * quarters.window_s;
        if (expected <= 0) continue;
        hours.within.statistic +=
            (quarters.of[i] - expected) * (quarters.of[i] - expected) / expected;
        freedom += 1;
    }
    freedom -= seen;
    if (freedom > 0) {
        hours.within.p_value = 1 - chi_square(hours.within.statistic, freedom);
        hours.within.statistic /= freedom;
    }
    return hours;
}

Arrivals by_the_hour(const Hours& hours, double rate) {
    Arrivals arrivals{.model = Arrivals::Model::time_of_day, .rate = rate};
    for (std::size_t hour = 0; hour < 24; ++hour) {
        const double length_s = hours.length_s[hour];
        arrivals.by_hour.push_back(length_s > 0 ? hours.count[hour] / length_s / rate : 0);
    }
    return arrivals;
}

/// Two states with a Poisson count a window each.
struct Chain {
    std::array<double, 2> mean{}, stay{};
};
using Pair = std::array<double, 2>;

Pair likelihood(const Chain& chain, double count) {
    Pair result{};
    for (std::size_t s = 0; s < 2; ++s) {
        result[s] =
            exact::exp(count * exact::log(chain.mean[s]) - chain.mean[s] - log_gamma(count + 1)) +
            1e-300;
    }
    return result;
}

double passes(const Chain& chain, std::size_t from, std::size_t to) {
    return from == to ? chain.stay[from] : 1 - chain.stay[from];
}

/// One step of Baum and Welch: forward and backward, scaled; then means and stays anew.
Chain improved(const Chain& chain, const std::vector<double>& counts) {
    const std::size_t n = counts.size();
    std::vector<Pair> forward(n), likely(n);
    std::vector<double> scale(n);
    for (std::size_t i = 0; i < n; ++i) {
        likely[i] = likelihood(chain, counts[i]);
        for (std::size_t s = 0; s < 2; ++s) {
            const double before = i == 0 ? 0.5
                                         : forward[i - 1][0] * passes(chain, 0, s) +
                                               forward[i - 1][1] * passes(chain, 1, s);
            forward[i][s] = before * likely[i][s];
        }
        scale[i] = forward[i][0] + forward[i][1];
        for (double& each : forward[i]) each /= scale[i];
    }
    Pair backward{1, 1}, weight{}, sum{};
    std::array<Pair, 2> moves{};
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t s = 0; s < 2; ++s) {
            weight[s] += forward[i][s] * backward[s];
            sum[s] += forward[i][s] * backward[s] * counts[i];
        }
        if (i == 0) break;
        Pair earlier{};
        for (std::size_t s = 0; s < 2; ++s) {
            for (std::size_t t = 0; t < 2; ++t) {
                const double path = passes(chain, s, t) * likely[i][t] * backward[t] / scale[i];
                moves[s][t] += forward[i - 1][s] * path;
                earlier[s] += path;
            }
        }
        backward = earlier;
    }
    Chain next;
    for (std::size_t s = 0; s < 2; ++s) {
        next.mean[s] = std::max(sum[s] / weight[s], 1e-6);
        next.stay[s] = moves[s][s] / (moves[s][0] + moves[s][1]);
        next.stay[s] = std::clamp(next.stay[s], 0.01, 1 - 1e-6);
    }
    return next;
}

/// How well the mixture of the two states explains the counts, neighbours apart.
Fit mixture(const Chain& chain, const std::vector<double>& counts) {
    Fit fit{.model = "markov", .test = "chi-square of counts"};
    const double leave0 = 1 - chain.stay[0], leave1 = 1 - chain.stay[1];
    const double share = leave1 / (leave0 + leave1), n = static_cast<double>(counts.size());
    const double highest = std::ranges::max(counts);
    double expected = 0, seen = 0, left = n;
    std::size_t cells = 0;
    for (double count = 0; count <= highest; ++count) {
        const Pair each = likelihood(chain, count);
        const double here = n * (share * each[0] + (1 - share) * each[1]);
        expected += here;
        left -= here;
        seen += static_cast<double>(std::ranges::count(counts, count));
        if (expected < 5 || left < 5) continue;
        fit.statistic += (seen - expected) * (seen - expected) / expected;
        ++cells;
        expected = seen = 0;
    }
    expected += std::max(left, 0.0);
    if (expected > 0) fit.statistic += (seen - expected) * (seen - expected) / expected;
    ++cells;
    if (cells > 4) fit.p_value = 1 - chi_square(fit.statistic, static_cast<double>(cells - 4));
    return fit;
}

ArrivalsFit modulated(const Counts& counts) {
    std::vector<double> sorted = counts.of;
    std::ranges::sort(sorted);
    const std::size_t half = sorted.size() / 2;
    Chain chain{.stay = {0.9, 0.9}};
    for (std::size_t i = 0; i < sorted.size(); ++i) chain.mean[i < half ? 0 : 1] += sorted[i];
    chain.mean[0] = std::max(chain.mean[0] / static_cast<double>(half), 0.01);
    chain.mean[1] /= static_cast<double>(sorted.size() - half);
    constexpr int steps = 60;
    for (int i = 0; i < steps; ++i) chain = improved(chain, counts.of);
    ArrivalsFit result{{.model = Arrivals::Model::markov}, mixture(chain, counts.of)};
    for (std::size_t s = 0; s < 2; ++s) {
        // A window's end finds the chain still there with probability exp(-window / stay). A state
        // that was never left held at least as long as the journal.
        const double stay_s = -counts.window_s / exact::log(chain.stay[s]);
        const double length_s = counts.window_s * static_cast<double>(counts.of.size());
        result.arrivals.states.push_back(
            {chain.mean[s] / counts.window_s, std::min(stay_s, length_s)});
    }
    return result;
}

}  // namespace

ArrivalsFit fit_arrivals(const std::vector<double>& instants, double length_s) {
    ArrivalsFit result;
    result.fit.count = instants.size();
    if (instants.empty() || length_s <= 0) {
        result.fit.model = "nothing seen";
        return result;
    }
    const double rate = static_cast<double>(instants.size()) / length_s;
    result.arrivals = {.model = Arrivals::Model::poisson, .rate = rate};
    const auto fine = counts_of(instants, length_s, 10);
    if (!fine) {
        result.fit.model = "poisson, too few to test";
        return result;
    }
    result.fit = dispersion(*fine);
    if (const auto coarse = counts_of(instants, length_s, 100)) {
        // Two tests have two chances to fail: each p-value counts double (Bonferroni).
        const Fit slow = dispersion(*coarse);
        if (slow.p_value < result.fit.p_value) result.fit = slow;
        result.fit.p_value = std::min(1.0, 2 * result.fit.p_value);
    }
    result.fit.model = "poisson";
    const Hours day = hours(instants, length_s);
    const bool differ = length_s >= 2 * hour_s && day.differ.p_value < rejected_below;
    if (result.fit.p_value < rejected_below || differ) {
        if (differ && day.within.p_value >= rejected_below) {
            result = {by_the_hour(day, rate), day.within};
            result.fit.model = "time_of_day";
        } else {
            result = modulated(*fine);
        }
    }
    result.fit.count = instants.size();
    result.fit.rejected = result.fit.p_value < rejected_below;
    return result;
}

}  // namespace sim::fit
