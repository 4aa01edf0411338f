// What a stream was at a moment of its history, and what changed between two.
//
// Thread: the caller's. Memory: one entity. Time: folds the stream from its first transition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "journal/log.hpp"
#include "replay/moment.hpp"

namespace replay {

struct StateAt {
    std::string stream;
    std::uint64_t sequence = 0;      // of the last transition in it; 0: before the first
    journal::Position position = 0;  // of that one
    Instant now{};                   // likewise
    std::string state;               // JSON, every field
    base::Hash hash{};               // of the state
};

/// The error says that there is no such stream and which names come near, or what is wrong.
[[nodiscard]] Result<StateAt, std::string> state_at(const journal::Log& log,
                                                    const std::string& stream,
                                                    const Moment& moment = {});

/// One field that is not the same: seats[id=2].muted: false -> true.
struct FieldChange {
    std::string path;
    std::string before, after;  // JSON; empty: not there
    bool operator==(const FieldChange&) const = default;
};
/// Of two JSON texts, in the order of the first. Elements of arrays that have an id, a label or a
/// user are told apart by it, others by where they stand.
[[nodiscard]] std::vector<FieldChange> changes(const std::string& before, const std::string& after);

/// Up to `count_max` streams whose names are most like `name`.
[[nodiscard]] std::vector<std::string> nearest_streams(const journal::Log& log,
                                                       std::string_view name,
                                                       std::size_t count_max = 5);

}  // namespace replay
