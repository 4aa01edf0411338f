// Which other streams a transition speaks of: the leg of a seat, the person who is invited, the
// number that was dialled.
//
// Thread: any. Memory: what it returns. Time: a walk over the fields.
#pragma once

#include <string>
#include <vector>

#include "schema/transition_generated.h"

namespace replay {

/// Names of streams, which need not exist; some may come twice.
[[nodiscard]] std::vector<std::string> streams_mentioned(const schema::TransitionT& transition);

}  // namespace replay
