// Which process a list of arrivals may come from: Poisson, Poisson by the hour of the day, or
// Poisson whose rate a hidden two-state chain modulates.
//
//     counts in windows vary as much as their mean?   yes --> Poisson
//     hours differ, and within hours they do?         yes --> time of day
//     else                                                --> Markov-modulated
//
// Dispersion is judged by chi square (Cochran 1954) in windows of some ten and some hundred
// arrivals. The chain is found by Baum and Welch's algorithm on the counts (Rabiner 1989).
//
// Thread: pure. Time: O(arrivals + windows); at most 20,000 windows. Hours count from the first
// transition, where the fitted world's midnight is.
#pragma once

#include <vector>

#include "sim/fit/spreads.hpp"
#include "sim/scenario/scenario.hpp"

namespace sim::fit {

struct ArrivalsFit {
    Arrivals arrivals;
    Fit fit;
};

/// `instants` sorted, within 0 .. length_s.
[[nodiscard]] ArrivalsFit fit_arrivals(const std::vector<double>& instants, double length_s);

}  // namespace sim::fit
