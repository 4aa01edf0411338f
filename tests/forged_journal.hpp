// Journals that never happened: each transition as a test wants it, well chained, so that only what
// it tells is wrong.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "actors/history.hpp"
#include "actors/invariants/inspector.hpp"
#include "journal/codec.hpp"
#include "journal/stored.hpp"
#include "tests/subject.hpp"

namespace tests {

class ForgedJournal {
public:
    std::string by = "server";
    std::uint64_t epoch = 1;
    Instant now{1'700'000'000'000'000};
    CommandId cause{}, id{};  // of the next transition only; no id: a fresh one

    void later(Duration duration) { now = now + duration; }

    template <class Wish, class... Facts>
    void put(const std::string& stream, Wish wish, Facts... facts) {
        schema::TransitionT transition;
        Chain& chain = chains_[stream];
        transition.stream = stream;
        transition.sequence = ++chain.sequence;
        transition.epoch = epoch;
        if (id == CommandId{}) id = command_id_of("forged:" + std::to_string(records_.size()));
        transition.command_id = journal::stored(id);
        transition.cause_id = journal::stored(cause);
        last_id = id;
        id = cause = {};
        transition.now = now.us;
        transition.by = by;
        transition.behaviour = actors::behaviour_version;
        transition.previous = {chain.head.a, chain.head.b, chain.head.c, chain.head.d};
        transition.command = actors::command(std::move(wish));
        (transition.events.push_back(actors::event(std::move(facts))), ...);
        records_.push_back({records_.size() + 1, journal::encode(transition)});
        chain.head = journal::hash_of(records_.back().payload);
        later(milliseconds(1));
    }

    /// Somebody signs in now and then: the server works.
    void time_passes(Duration duration) {
        for (Duration passed{}; passed < duration; passed = passed + seconds(1)) {
            later(seconds(1));
            put("guard/login:nobody", schema::StrikeT{}, with<schema::StruckT>([&](auto& fact) {
                    fact.blocked_until = (now + hours(1)).us;
                }));
        }
    }

    CommandId last_id{};

    [[nodiscard]] std::vector<journal::Record>& records() { return records_; }

    /// What all invariants say of it.
    [[nodiscard]] std::vector<actors::Violation> violations(bool settled = false) const {
        actors::Inspector inspector;
        for (const auto& record : records_) inspector.feed(record);
        inspector.end(settled);
        return inspector.violations();
    }
    /// Which ones complain, each once, in order.
    [[nodiscard]] std::vector<std::string> complaints(bool settled = false) const {
        std::vector<std::string> names;
        for (const auto& violation : violations(settled)) {
            if (std::ranges::count(names, violation.invariant) == 0)
                names.push_back(violation.invariant);
        }
        return names;
    }

private:
    struct Chain {
        std::uint64_t sequence = 0;
        base::Hash head{};
    };
    std::map<std::string, Chain> chains_;
    std::vector<journal::Record> records_;
};

}  // namespace tests
