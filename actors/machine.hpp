// One face for all entity types, so that one actor, one replayer and one checker host them all.
#pragma once

#include <memory>
#include <vector>

#include "actors/entity.hpp"

namespace actors {

class Machine {
public:
    virtual ~Machine() = default;
    /// Events to journal, or why not; not_understood for another entity's command.
    [[nodiscard]] virtual Verdict<schema::EventUnion> decide(const Context&,
                                                             const schema::CommandUnion&) const = 0;
    /// Folds one event. An event of another entity is a damaged journal: returns false, state
    /// unchanged.
    [[nodiscard]] virtual bool apply(const Context&, const schema::EventUnion&) = 0;
    virtual void react(const Context&, const schema::EventUnion&, Effects&) const = 0;
    [[nodiscard]] virtual journal::Agenda agenda() const = 0;
    /// Hardly anything will happen to it any more: who folds many need not keep it at hand.
    [[nodiscard]] virtual bool over() const = 0;
    [[nodiscard]] virtual schema::StateUnion state() const = 0;
    /// False when the snapshot holds another entity's state.
    [[nodiscard]] virtual bool restore(const schema::StateUnion&) = 0;
};

/// A fresh entity of that kind, before its first event.
[[nodiscard]] std::unique_ptr<Machine> make_machine(StreamKind kind);

}  // namespace actors
