// Two journals side by side: streams that only one has, the first transition where a stream's two
// histories part, and what is different in the end.
//
// Thread: the caller's. Memory: a page of names, one entity a side, the differences that are shown.
// Time: a look-up per stream; for one that differs some more and two folds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/log.hpp"
#include "replay/state.hpp"

namespace replay {

struct StreamDifference {
    std::string stream;
    std::uint64_t sequence_one = 0, sequence_other = 0;  // how many transitions; 0: none
    std::uint64_t first = 0;  // sequence where they part; 0: the shorter is the longer's begin
    std::string one, other;   // JSON: the transitions there
    std::vector<FieldChange> fields;  // of the final states
};

struct Comparison {
    std::uint64_t same = 0;                     // streams
    std::uint64_t differing = 0;                // likewise, those of only one journal included
    std::vector<StreamDifference> differences;  // the first so many of them, by name
    [[nodiscard]] bool ok() const { return differing == 0; }
};

/// The error says what cannot be read.
[[nodiscard]] Result<Comparison, std::string> compare(
    const journal::Log& one, const journal::Log& other,
    const std::function<void(std::uint64_t streams)>& on_progress = {});

}  // namespace replay
