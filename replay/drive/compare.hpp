// Two lists of lines side by side: where they are the same, and what only one of them has.
//
// Pure. Thread: any. Memory and time: the product of what differs; equal beginnings and ends cost
// nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace replay {

struct Pair {
    std::string recorded, seen;  // empty: there is none on this side
    [[nodiscard]] bool same() const { return recorded == seen; }
};

/// As few differences as there can be (the longest common subsequence).
[[nodiscard]] std::vector<Pair> side_by_side(const std::vector<std::string>& recorded,
                                             const std::vector<std::string>& seen);
[[nodiscard]] std::size_t differences(const std::vector<Pair>& pairs);

}  // namespace replay
