// A transition told in other words: names, numbers, addresses and texts are replaced by pseudonyms,
// secrets by fixed words; what the rules make of it stays the same, and so do times, seats and
// causes.
//
// Thread: one owner. Memory: that of its pseudonyms, and an id per transition. Time: microseconds.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "replay/pseudonyms.hpp"
#include "schema/transition_generated.h"

namespace replay {

class Disguise {
public:
    explicit Disguise(std::string key) : words_(std::move(key)) {}

    /// In order of position, without a gap in any stream. `previous` is left as it is.
    [[nodiscard]] schema::TransitionT disguised(const schema::TransitionT& transition);
    [[nodiscard]] Pseudonyms& words() { return words_; }

private:
    void disguise_ids(schema::TransitionT& told, const schema::TransitionT& original);

    struct Caused {
        std::string stream, other_stream;  // whose transition caused it, before and after
        std::uint64_t sequence = 0;
        std::uint32_t next_index = 0;  // of the effect that comes next, most likely
    };
    Pseudonyms words_;
    std::map<CommandId, Caused> by_command_;
};

/// The names of all string and hash fields that a disguise knows, for a test that the schema has no
/// other.
[[nodiscard]] std::vector<std::string> disguised_fields();

}  // namespace replay
