// One entity on the table: told wishes, it decides, folds and reacts, and the test looks at all
// three.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "actors/entity.hpp"

namespace tests {

template <class Entity>
struct Subject {
    StreamId self;
    Instant now{1'700'000'000'000'000};
    std::uint64_t sequence = 0;
    Entity entity{};
    std::vector<typename Entity::Event> events{};  // of the last wish
    actors::Effects effects{};                     // of the last wish
    std::uint64_t wishes = 0;

    /// none: granted, and what it made happen is folded.
    actors::Refusal tell(std::string_view by, const typename Entity::Command& wish) {
        const CommandId id = command_id_of(self.text() + ":" + std::to_string(++wishes));
        const actors::Context at{self, now, by, id, sequence + 1};
        events.clear();
        effects.clear();
        auto verdict = entity.decide(at, wish);
        if (!verdict.ok()) return verdict.error();
        events = verdict.value();
        for (const auto& event : events) {
            entity.apply(at, event);
            entity.react(at, event, effects);
        }
        if (!events.empty()) ++sequence;
        return actors::Refusal::none;
    }

    /// The only event of the last wish, if it is a Fact.
    template <class Fact>
    [[nodiscard]] const Fact* only() const {
        return events.size() == 1 ? std::get_if<Fact>(&events[0]) : nullptr;
    }

    template <class Effect>
    [[nodiscard]] std::vector<Effect> effects_of() const {
        std::vector<Effect> found;
        for (const auto& effect : effects) {
            if (const auto* one = std::get_if<Effect>(&effect)) found.push_back(*one);
        }
        return found;
    }

    /// What `to` is told, as that command; null when it is not told any such thing.
    template <class Wish>
    [[nodiscard]] const Wish* told(const std::string& to) const {
        for (const auto& effect : effects) {
            const auto* tell = std::get_if<actors::Tell>(&effect);
            if (!tell || tell->to.text() != to) continue;
            if (const Wish* wish = actors::peek<Wish>(tell->command)) return wish;
        }
        return nullptr;
    }
};

/// One command, filled in by `fill(command)`: generated tables have no designated initialisers.
template <class T, class Fill>
[[nodiscard]] T with(Fill fill) {
    T value;
    fill(value);
    return value;
}

}  // namespace tests

namespace actors {
inline std::ostream& operator<<(std::ostream& out, Refusal refusal) {
    return out << name_of(refusal);
}
}  // namespace actors
