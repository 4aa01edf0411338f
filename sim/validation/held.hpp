// Simulation against theory: prints what came out, its interval, what theory says and how many
// standard errors lie between, and fails beyond what chance does once in a hundred families.
//
// Fixed before the first run, and not to be tuned afterwards: one seed and one number of groups for
// all rows, how narrow an interval must be for the comparison to mean anything, and the bound: all
// rows are one family, which may fail by chance with probability `family_error`, each row with its
// share of it (Bonferroni; rows of one run depend on each other, which it does not mind).
#pragma once

#include <doctest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "sim/results/distributions.hpp"
#include "sim/results/estimate.hpp"
#include "sim/results/text.hpp"

namespace sim {

inline constexpr std::uint64_t validation_seed = 1917;  // the year of Erlang's formulas
inline constexpr unsigned validation_groups = 30;
inline constexpr double family_error = 0.01;
inline constexpr int family_rows = 18;  // calls of hold()

/// `narrow`: the half width must be below this share of theory, or little was shown.
inline void hold(const char* what, const Interval& simulated, double theory, double narrow) {
    REQUIRE(simulated.groups == validation_groups);
    const double freedom = validation_groups - 1;
    const double allowed = student_t_quantile(1 - family_error / family_rows / 2, freedom);
    const double error = simulated.half_width / student_t_quantile((1 + confidence) / 2, freedom);
    const double errors = error > 0 ? (simulated.mean - theory) / error : 0;
    const auto text = written(simulated);
    std::printf("%-46s %10s ± %-9s theory %-10s %+.1f errors of %.1f\n", what, text.mean.c_str(),
                text.half_width.c_str(), rounded(theory).c_str(), errors, allowed);
    CAPTURE(std::string{what});
    CAPTURE(simulated.mean);
    CAPTURE(theory);
    CHECK(error > 0);
    CHECK(std::fabs(errors) < allowed);
    CHECK(simulated.half_width < narrow * theory);
}

}  // namespace sim
