// How rules change without old journals becoming undecidable: the pattern that docs/replay.md
// tells, on the smallest entity there is.
#include <doctest.h>

#include "actors/entity.hpp"

namespace {

struct Knock {
    int times = 0;
};
struct Opened {
    bool operator==(const Opened&) const = default;
};

/// Opened for whoever knocked once, until version 2 of its rules wanted two knocks.
struct Door {
    [[nodiscard]] actors::Verdict<Opened> decide(const actors::Context& at,
                                                 const Knock& knock) const {
        const int wanted = at.behaviour >= 2 ? 2 : 1;
        if (knock.times < wanted) return fail(actors::Refusal::bad_value);
        return actors::happens<Opened>(Opened{});
    }
};

struct Journaled {
    std::uint16_t behaviour;
    Knock command;
    std::vector<Opened> events;
};

bool decided_alike(const Journaled& one) {
    const StreamId self{StreamKind::user, "door"};
    const auto verdict = Door{}.decide({self, {}, "server", {}, 1, one.behaviour}, one.command);
    return verdict.ok() && verdict.value() == one.events;
}

}  // namespace

TEST_CASE("a rule that was changed on purpose goes on to decide old transitions as it did") {
    const Journaled of_old_rules{1, {1}, {Opened{}}};
    const Journaled of_new_rules{2, {2}, {Opened{}}};
    CHECK(decided_alike(of_old_rules));
    CHECK(decided_alike(of_new_rules));
    // Had the version not been raised with the rule, verify would have found it.
    Journaled forgotten = of_old_rules;
    forgotten.behaviour = 2;
    CHECK_FALSE(decided_alike(forgotten));
}
