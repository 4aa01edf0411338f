// Numbers that a run of the server left behind. An edge claims a number for a conference, then
// makes the conference; when the server dies in between, the number is taken and nobody is left who
// would give it back. At the next start nobody is in between, so whatever is claimed for a
// conference that does not exist, or is over, is lost, and the house gives it back.
//
// Thread: any. Memory: one entity at a time. Time: two short streams read per number.
#pragma once

#include <string>
#include <vector>

#include "base/ids.hpp"
#include "journal/log.hpp"

namespace actors {

struct LostNumber {
    StreamId number;
    std::string owner;  // "conference/471100"
};

/// Of a log that nobody writes to yet. What cannot be read is not lost, but damaged.
[[nodiscard]] std::vector<LostNumber> lost_numbers(const journal::Log& log);

}  // namespace actors
