// What every entity is: a pure state machine.
//
//     Command --decide--> Events --journal--> apply --> state --react--> Effects
//
// `decide` judges and is const; `apply` folds and cannot refuse; live and replay share it; `react`
// says what the world should do now that the event is a fact. No clock, no randomness, no I/O: time
// comes in Context.
//
// An entity type E has
//     using State   = schema::...StateT;            what snapshots store
//     using Command = std::variant<schema::...T>;   what it understands
//     using Event   = std::variant<schema::...T>;   what can have happened to it
//     State state;
//     Verdict<Event> decide(const Context&, OneOf<Command>) const;
//     void apply(const Context&, OneOf<Event>);
//     void react(const Context&, OneOf<Event>, Effects&) const;
//     journal::Agenda agenda() const;
#pragma once

#include <string_view>
#include <vector>

#include "actors/effects.hpp"
#include "actors/limits.hpp"
#include "actors/one_of.hpp"
#include "actors/refusal.hpp"
#include "actors/vocabulary.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "journal/log.hpp"

namespace actors {

/// Around one transition: all that an entity may know besides its state.
struct Context {
    const StreamId& self;
    Instant now;          // never before the stream's previous transition
    std::string_view by;  // who asks: "user/alice", "admin/root", "phone/alice-desk", "leg/5f..",
                          // "server", "cli"
    CommandId id;
    std::uint64_t sequence = 0;  // of this transition
    /// Which version of the rules decides: today's, or the one that decided it when it is replayed.
    std::uint16_t behaviour = behaviour_version;
};

/// Events to journal, oldest first; none when the wish already holds, so that retries are harmless.
template <class Event>
using Verdict = Result<std::vector<Event>, Refusal>;

/// The verdict that these facts happen, oldest first; without any: the wish already holds.
template <class Event, class... Facts>
[[nodiscard]] Verdict<Event> happens(Facts&&... facts) {
    std::vector<Event> events;
    events.reserve(sizeof...(facts));
    (events.emplace_back(std::forward<Facts>(facts)), ...);
    return events;
}

// Who asks. "admin/<user>" is a signed-in administrator acting as one; the server itself and its
// command line have every right.
[[nodiscard]] inline bool is_operator(std::string_view by) {
    return by == "server" || by == "cli" || by.starts_with("admin/");
}
/// "alice" of "user/alice", "admin/alice" or "phone/alice-desk"; empty for anybody else.
[[nodiscard]] std::string_view person_behind(std::string_view by) noexcept;

/// What a stranger says of themselves: cut between two characters to at most `bytes_max` bytes;
/// empty when it is not printable text of one line.
[[nodiscard]] std::string shown(std::string_view text, std::size_t bytes_max);

}  // namespace actors
