// Guard: counts what a stranger got wrong, and for how long they are not listened to.
// "caller:<number>", "source:<address>" and "login:<user>" each have one.
#pragma once

#include "actors/entity.hpp"

namespace actors {

struct Guard {
    using State = schema::GuardStateT;
    using Command = std::variant<schema::StrikeT, schema::CheckGuardT, schema::ClearStrikesT>;
    using Event = std::variant<schema::StruckT, schema::StrikesClearedT>;

    State state;

    /// Refuses: blocked (CheckGuard, while the block lasts), not_allowed (ClearStrikes: operators
    /// only).
    [[nodiscard]] Verdict<Event> decide(const Context&, OneOf<Command>) const;
    void apply(const Context&, OneOf<Event>);
    void react(const Context&, OneOf<Event>, Effects&) const {}
    [[nodiscard]] journal::Agenda agenda() const { return {}; }
};

}  // namespace actors
