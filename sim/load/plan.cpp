#include "sim/load/plan.hpp"

#include <algorithm>

namespace sim {

std::optional<unsigned> talker_number(const LoadPlan& plan, unsigned leg) {
    const unsigned size = plan.legs_per_room(), place = leg % size;
    const unsigned here = std::min(size, plan.legs - leg / size * size);  // the last may be smaller
    const unsigned talking = std::min(plan.talking, here);
    for (unsigned number = 0; number < talking; ++number) {
        if (number * here / talking == place) return number;
    }
    return std::nullopt;
}

}  // namespace sim
