// Turns a plan of arrivals into instants, one after the other.
//
// Thread: one owner. Time: seconds of virtual time since the world began; `next` never goes back.
#pragma once

#include <memory>
#include <optional>

#include "sim/models/chance.hpp"

namespace sim {

class ArrivalTimes {
public:
    virtual ~ArrivalTimes() = default;
    /// The next arrival's instant; nothing when there will be none before `horizon_s`.
    [[nodiscard]] virtual std::optional<double> next() = 0;
};

/// Gives nothing for `none`, nor for `finite_sources`: there each source draws its own next call,
/// exponential(idle_s) after its last one has ended.
///
/// markov: the states follow one another as listed, each for an exponential stay; the first is
/// drawn by the share of time it holds. time_of_day: the world begins at midnight. flash_crowd: the
/// crowds come around 1 h, 2 h ...; normal with deviation `width_s`, cut at three deviations.
[[nodiscard]] std::unique_ptr<ArrivalTimes> arrival_times(const Arrivals& plan, Chance chance,
                                                          double horizon_s);

}  // namespace sim
