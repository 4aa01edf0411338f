// Feeds each journaled command to today's `decide` and compares what it makes of it with what was
// journaled: the first transition where the two part is named, with both lists of events.
//
// Thread: the caller's. Memory: one entity per stream, all kept, so that the journal is read once
// and in order. Time: what deciding and folding take, a few microseconds a transition.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/hash.hpp"
#include "journal/log.hpp"

namespace replay {

struct Difference {
    journal::Position position = 0;
    std::string stream;
    std::uint64_t sequence = 0;
    std::string what;       // one sentence
    std::string journaled;  // JSON: the events on disk; empty where there is nothing to compare
    std::string decided;    // JSON: the events of today's rules, or {"refusal":"..."}
};

struct Report {
    std::uint64_t transitions = 0;  // that were read, up to the difference
    std::uint64_t streams = 0;
    std::map<std::string, std::uint64_t> transitions_of;  // by kind of entity: "conference"
    std::map<std::string, std::uint64_t> events_of;       // by name: "SeatMuted"
    std::uint64_t snapshots = 0;                          // that tell the state that they should
    base::Hash state{};  // of all streams; as actors::state_hash_of_all
    std::optional<Difference> difference;
    [[nodiscard]] bool ok() const { return !difference; }
};

/// Called now and then with the last position that is verified and the last one there is.
using Progress = std::function<void(journal::Position, journal::Position)>;

/// Reads up to what is the last position when it begins, and stops at the first difference. Bytes
/// that cannot be read or do not follow one another count as one, and so does a snapshot that tells
/// another state.
[[nodiscard]] Report verify(const journal::Log& log, const Progress& progress = {});

}  // namespace replay
