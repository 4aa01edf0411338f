// Number: who owns a dialable number. One owner, or none.
//
// A conference's number is claimed once, by the edge that is about to make the conference. Another
// edge that happens to draw the same digits is refused like anybody: it would fail to make what is
// there already, and then give back a number that is not its own.
#pragma once

#include "actors/entity.hpp"

namespace actors {

struct Number {
    using State = schema::NumberStateT;
    using Command = std::variant<schema::ClaimNumberT, schema::ReleaseNumberT>;
    using Event = std::variant<schema::NumberClaimedT, schema::NumberReleasedT>;

    State state;

    /// Refuses: number_taken, not_owner, not_allowed (only the server and the owner itself),
    /// bad_value.
    [[nodiscard]] Verdict<Event> decide(const Context&, OneOf<Command>) const;
    void apply(const Context&, OneOf<Event>);
    void react(const Context&, OneOf<Event>, Effects&) const;
    [[nodiscard]] journal::Agenda agenda() const { return {}; }
};

}  // namespace actors
