// What a recorded session is made of, for somebody who wants to play it again: who there was, what
// was wished when and by whom, what telephones did, and what came of it.
//
//     journal --read_script--> Script: people, legs, steps (a command), expected lines (its events)
//
// An event becomes a line without ids and times ("seat_muted seat=2 muted=true"), alike from a
// journal and from the events WebSocket (docs/protocol.md), so that both can be compared. Of a
// telephone connection the lines are what its telephone could notice: that it was answered, refused
// or hung up by the server.
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
    std::string leg;                    // the telephone connection that it is about
    std::vector<std::string> expected;  // lines of its events; what sounds caused is left out
};

struct Person {
    std::string display_name;
    bool admin = false, may_dial_numbers = false;
};

/// One telephone connection from its beginning to its end.
struct LegStory {
    bool inbound = false, answered = false;
    std::string caller, user, source, called, route;  // of a call that came in
    std::string kind, target;                         // of one that was placed: "number"
    std::string conference;
    std::string cause;  // of its end: "busy"; empty: it was up when the record ends
    std::uint64_t epoch = 0;
    unsigned unfit = 0;  // what an INVITE was refused with that offered nothing of use
};

struct Script {
    std::map<std::string, Person> people;  // by name, all who take part
    std::map<std::string, LegStory> legs;  // by name, of what is driven
    std::vector<Step> steps;     // of conferences, conversations and their legs, by position
    std::uint64_t left_out = 0;  // transitions of accounts, numbers and guards
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

/// "SetMuted seat=2 muted=true": a command for people to read.
[[nodiscard]] std::string sentence_of(const Step& step);

/// "ben" of "user/ben" and of "phone/ben-desk"; empty: nobody with an account.
[[nodiscard]] std::string person_of(std::string_view by);

}  // namespace replay
