// Feeds each journaled command to the rules that decided it and compares what they make of it now
// with what was journaled: the first transition of each stream where the two part is named, with
// both lists of events.
//
//     caller: reads batches --stream by stream--> lanes: decode, decide, compare, fold --> Report
//
// Thread: the caller's, and one more a job when there are several. Memory: one entity per stream
// that goes on and some two hundred bytes for one that is over, so that the journal is read once
// and in order; a few batches of records on their way to the lanes. Time: what deciding and folding
// take, about a microsecond and a half a transition.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "journal/log.hpp"

namespace replay {

struct Difference {
    journal::Position position = 0;
    std::string stream;  // empty: the bytes do not even say that
    std::uint64_t sequence = 0;
    std::string what;       // one sentence
    std::string journaled;  // JSON: the events on disk; empty where there is nothing to compare
    std::string decided;    // JSON: the events of today's rules, or {"refusal":"..."}
};

/// How a stream stands after its last transition. Where something differs: before it.
struct Ended {
    std::string_view stream;
    base::Hash state{};
    std::optional<journal::Agenda> agenda;  // what a restart must know; none when something differs
};

inline constexpr std::size_t differences_max = 1000;  // that are shown; all are counted

struct Report {
    std::uint64_t transitions = 0;  // that were read
    std::uint64_t skipped = 0;      // of them behind a difference of their stream: not looked at
    std::uint64_t streams = 0;
    std::map<std::string, std::uint64_t> transitions_of;  // by kind of entity: "conference"
    std::map<std::string, std::uint64_t> events_of;       // by name: "SeatMuted"
    std::map<std::uint16_t, std::uint64_t> behaviours;    // transitions by version of the rules
    std::uint64_t snapshots = 0;                          // that tell the state that they should
    base::Hash state{};                   // of all streams; as actors::state_hash_of_all
    std::uint64_t streams_differing = 0;  // and bytes of no stream count as one
    std::vector<Difference> differences;  // the first of each stream, in order of position
    [[nodiscard]] bool ok() const { return streams_differing == 0; }
};

/// Called now and then with the last position that is read and the last one there is.
using Progress = std::function<void(journal::Position, journal::Position)>;

struct VerifyOptions {
    unsigned jobs = 1;  // the report does not depend on it
    Progress progress{};
    /// Called for each stream, in the end.
    std::function<void(const Ended&)> on_end{};
};

/// Reads up to what is the last position when it begins. Bytes that are no transition or do not
/// follow one another count as a difference, and so does a snapshot that tells another state; a
/// journal that cannot be read on ends the walk with one.
[[nodiscard]] Report verify(const journal::Log& log, const VerifyOptions& options = {});

}  // namespace replay
