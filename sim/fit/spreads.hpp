// Which distribution a list of lengths may come from: constant, exponential or lognormal by
// Kolmogorov and Smirnov's test, else the lengths themselves.
//
// The parameters are estimated from the same lengths, so that the test's usual table does not hold
// (Lilliefors 1967): its p-value is found by parametric bootstrap (Stute, Gonzalez Manteiga and
// Presedo Quindimil 1993), 499 samples of the fitted distribution, each fitted again.
//
// Thread: pure. Time: a third of a second for lists of any length. The seed of the bootstrap is
// fixed: the same lengths give the same p-value.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace sim::fit {

inline constexpr double rejected_below = 0.01;  // p-values
inline constexpr std::size_t tested_max =
    1'000;  // of longer lists every second, third ... is tested
inline constexpr std::size_t values_kept_max = 2'000;  // of an empirical distribution, evenly

struct Fit {
    std::string model;  // "lognormal"
    std::string test;   // "Kolmogorov-Smirnov, parametric bootstrap"; empty: not tested
    std::size_t count = 0;
    double statistic = 0, p_value = 1;
    bool rejected = false;  // no model fits: what is kept are the values
};

struct SpreadFit {
    Spread spread;
    Fit fit;
};

/// `values` in the order in which they came.
[[nodiscard]] SpreadFit fit_spread(const std::vector<double>& values);
/// Whole numbers from 1: constant, geometric (chi-square) or the numbers themselves.
[[nodiscard]] SpreadFit fit_sizes(const std::vector<double>& sizes);

[[nodiscard]] double mean_of(const std::vector<double>& values);

}  // namespace sim::fit
