#include "sim/fit/spreads.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "sim/models/chance.hpp"
#include "sim/models/exact.hpp"
#include "sim/results/distributions.hpp"

namespace sim::fit {
namespace {

constexpr int bootstraps = 499;
constexpr std::size_t tested_min = 20;  // fewer fit everything
constexpr const char* kolmogorov_smirnov = "Kolmogorov-Smirnov, bootstrap";

double normal_share(double z) {  // of a standard normal below z
    const double half = gamma_share(0.5, z * z / 2) / 2;
    return z < 0 ? 0.5 - half : 0.5 + half;
}

/// A family of distributions: how it is fitted, what share lies below a value.
struct Family {
    Spread::Shape shape;
    const char* name;
    Spread (*fitted)(const std::vector<double>&);
    double (*below)(const Spread&, double);
    double (*log_likelihood)(const Spread&, const std::vector<double>&);
    double parameters;
};

Spread fitted_exponential(const std::vector<double>& values) {
    return {.shape = Spread::Shape::exponential, .mean = mean_of(values)};
}
double below_exponential(const Spread& spread, double x) {
    return 1 - exact::exp(-x / spread.mean);
}
double likelihood_exponential(const Spread& spread, const std::vector<double>& values) {
    return -static_cast<double>(values.size()) * (exact::log(spread.mean) + 1);
}

Spread fitted_lognormal(const std::vector<double>& values) {
    double sum = 0, squares = 0;
    for (const double value : values) sum += exact::log(value);
    const double mu = sum / static_cast<double>(values.size());
    for (const double value : values) {
        const double away = exact::log(value) - mu;
        squares += away * away;
    }
    const double variance = squares / static_cast<double>(values.size());
    return {.shape = Spread::Shape::lognormal,
            .mean = exact::exp(mu + variance / 2),
            .sigma = std::sqrt(variance)};
}
double mu_of(const Spread& spread) {
    return exact::log(spread.mean) - spread.sigma * spread.sigma / 2;
}
double below_lognormal(const Spread& spread, double x) {
    return normal_share((exact::log(x) - mu_of(spread)) / spread.sigma);
}
double likelihood_lognormal(const Spread& spread, const std::vector<double>& values) {
    double logs = 0;
    for (const double value : values) logs += exact::log(value);
    constexpr double log_root_two_pi = 0.91893853320467274178;
    return -logs -
           static_cast<double>(values.size()) * (exact::log(spread.sigma) + log_root_two_pi + 0.5);
}

const Family exponential{Spread::Shape::exponential, "exponential",          fitted_exponential,
                         below_exponential,          likelihood_exponential, 1};
const Family lognormal{Spread::Shape::lognormal, "lognormal",          fitted_lognormal,
                       below_lognormal,          likelihood_lognormal, 2};

/// The greatest distance between the values' steps and the distribution.
double distance(const Family& family, const Spread& spread, std::vector<double> values) {
    std::ranges::sort(values);
    const double n = static_cast<double>(values.size());
    double greatest = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double below = family.below(spread, values[i]);
        greatest = std::max(greatest, below - static_cast<double>(i) / n);
        greatest = std::max(greatest, static_cast<double>(i + 1) / n - below);
    }
    return greatest;
}

std::vector<double> thinned(const std::vector<double>& values, std::size_t most) {
    if (values.size() <= most) return values;
    std::vector<double> some;
    for (std::size_t i = 0; i < most; ++i) some.push_back(values[i * values.size() / most]);
    return some;
}

Fit test(const Family& family, const std::vector<double>& values) {
    const std::vector<double> some = thinned(values, tested_max);
    const Spread fitted = family.fitted(some);
    Fit fit{.model = family.name, .test = kolmogorov_smirnov, .count = values.size()};
    fit.statistic = distance(family, fitted, some);
    Chance chance{1993, "fit/bootstrap"};
    int farther = 0;
    std::vector<double> drawn(some.size());
    for (int i = 0; i < bootstraps; ++i) {
        for (double& value : drawn) value = chance.draw(fitted);
        farther += distance(family, family.fitted(drawn), drawn) >= fit.statistic;
    }
    fit.p_value = (1.0 + farther) / (1 + bootstraps);
    fit.rejected = fit.p_value < rejected_below;
    return fit;
}

Spread empirical(const std::vector<double>& values) {
    Spread spread{.shape = Spread::Shape::empirical, .values = values};
    std::ranges::sort(spread.values);
    spread.values = thinned(spread.values, values_kept_max);
    return spread;
}

/// Chi square over the sizes 1, 2, 3 ..., those joined that are expected fewer than five times.
Fit test_geometric(const std::vector<double>& sizes, double mean) {
    Fit fit{.model = "geometric", .test = "chi-square", .count = sizes.size()};
    const double n = static_cast<double>(sizes.size()), stay = 1 - 1 / mean;
    double expected = 0, seen = 0, left = n, share = 1 / mean;
    std::size_t cells = 0;
    for (double size = 1; left > 0; ++size, share *= stay) {
        expected += n * share;
        seen += static_cast<double>(std::ranges::count(sizes, size));
        left -= n * share;
        const bool last = left < 5;
        if (expected < 5 && !last) continue;
        if (last) {  // the tail in one
            expected += left;
            seen += static_cast<double>(
                std::ranges::count_if(sizes, [&](double other) { return other > size; }));
        }
        fit.statistic += (seen - expected) * (seen - expected) / expected;
        ++cells;
        expected = seen = 0;
        if (last) break;
    }
    if (cells > 2) fit.p_value = 1 - chi_square(fit.statistic, static_cast<double>(cells - 2));
    fit.rejected = fit.p_value < rejected_below;
    return fit;
}

/// What is so for all values needs no test.
std::optional<SpreadFit> constant(const std::vector<double>& values) {
    const auto [low, high] = std::ranges::minmax(values);
    const double mean = mean_of(values);
    // A journal rounds to microseconds, and a disk takes its time.
    if (high - low > 1e-3 * mean + 1e-3) return std::nullopt;
    return SpreadFit{{.mean = mean}, {.model = "constant", .count = values.size()}};
}

}  // namespace

double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

SpreadFit fit_spread(const std::vector<double>& values) {
    if (values.empty()) return {{}, {.model = "nothing seen"}};
    if (auto same = constant(values)) return *same;
    const Spread simple = fitted_exponential(values);
    if (values.size() < tested_min) {
        return {simple, {.model = "exponential, too few to test", .count = values.size()}};
    }
    std::vector<const Family*> families{&exponential};
    const double least = std::ranges::min(values);
    if (least > 0) families.push_back(&lognormal);
    if (least < 0) families.clear();
    std::optional<SpreadFit> best;
    double best_information = 0;
    Fit nearest{.test = kolmogorov_smirnov, .count = values.size(), .p_value = 0};
    for (const Family* family : families) {
        const Spread spread = family->fitted(values);
        const Fit fit = test(*family, values);
        const double information =  // Akaike's, the greater the better
            family->log_likelihood(spread, values) - family->parameters;
        if (fit.p_value > nearest.p_value) nearest = fit;
        if (fit.rejected || (best && information <= best_information)) continue;
        best = SpreadFit{spread, fit};
        best_information = information;
    }
    if (best) return *best;
    nearest.model = "empirical";
    nearest.rejected = true;
    return {empirical(values), nearest};
}

SpreadFit fit_sizes(const std::vector<double>& sizes) {
    if (sizes.empty()) return {{.mean = 1}, {.model = "nothing seen"}};
    if (auto same = constant(sizes)) return *same;
    const double mean = mean_of(sizes);
    Fit fit = test_geometric(sizes, mean);
    if (!fit.rejected) {
        return {{.shape = Spread::Shape::geometric, .mean = mean}, fit};
    }
    fit.model = "empirical";
    return {empirical(sizes), fit};
}

}  // namespace sim::fit
