// Simulation against theory: prints what came out, its interval, what theory says and how many
// standard errors lie between, and fails beyond four.
//
// Fixed before the first run, and not to be tuned afterwards: the seeds, four standard errors, and
// how narrow an interval must be for the comparison to mean anything.
#pragma once

#include <doctest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "sim/results/distributions.hpp"
#include "sim/results/estimate.hpp"
#include "sim/results/text.hpp"

namespace sim {

inline constexpr double errors_allowed = 4;

/// `narrow`: the half width must be below this share of theory, or little was shown.
inline void hold(const char* what, const Interval& simulated, double theory, double narrow) {
    REQUIRE(simulated.groups > 10);  // four errors of Student's t are rare enough
    const double error =
        simulated.half_width /
        student_t_quantile((1 + confidence) / 2, static_cast<double>(simulated.groups - 1));
    const double errors = error > 0 ? (simulated.mean - theory) / error : 0;
    const auto text = written(simulated);
    std::printf("%-46s %10s ± %-9s theory %-10s %+.1f errors\n", what, text.mean.c_str(),
                text.half_width.c_str(), rounded(theory).c_str(), errors);
    CAPTURE(std::string{what});
    CAPTURE(simulated.mean);
    CAPTURE(theory);
    CHECK(error > 0);
    CHECK(std::fabs(errors) < errors_allowed);
    CHECK(simulated.half_width < narrow * theory);
}

}  // namespace sim
