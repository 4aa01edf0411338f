// What a recorded session is made of, for somebody who wants to play it again: who there was, what
// was wished when and by whom, and what came of it.
//
//     journal --read_script--> Script: people, steps (a command), expected lines (its events)
//
// An event becomes a line without ids and times ("seat_muted seat=2 muted=true"), alike from a
// journal and from the events WebSocket (docs/protocol.md), so that both can be compared.
// Thread: any. Memory: the script. Time: one walk over the journal.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "journal/reader.hpp"

namespace replay {

struct Step {
    Instant at{};
    std::string stream, by;
    std::uint64_t epoch = 0;
    std::string command;  // "SetMuted"
    nlohmann::json fields;
    std::string leg;                    // of a telephone that it dials
    std::vector<std::string> expected;  // lines of its events; what sounds caused is left out
};

struct Person {
    std::string display_name;
    bool admin = false, may_dial_numbers = false;
};

struct Script {
    std::map<std::string, Person> people;  // by name, all who take part
    std::vector<Step> steps;               // of conferences and conversations, by position
};

struct ScriptWish {
    std::string conference;  // and what its people wrote in its chat; empty: everything
    std::optional<Instant> from, to;
};

/// Fails with a sentence: the journal cannot be read, or has no such conference.
[[nodiscard]] Result<Script, std::string> read_script(const journal::Reader& reader,
                                                      const ScriptWish& wish);

/// Nothing: an event that nobody compares (talking, silence: they follow from sound).
/// `type` in either vocabulary: "SeatMuted" or "seat_muted".
[[nodiscard]] std::optional<std::string> line_of(std::string_view type,
                                                 const nlohmann::json& fields);

}  // namespace replay
