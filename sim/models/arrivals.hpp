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

/// Every model but finite_sources, whose arrivals depend on how calls end: see source_idle().
[[nodiscard]] std::unique_ptr<ArrivalTimes> arrival_times(const Arrivals& plan, Chance chance,
                                                          double horizon_s);

}  // namespace sim
