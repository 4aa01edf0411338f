#include "actors/deadlines.hpp"

#include <doctest.h>

#include <map>
#include <set>
#include <string>

#include "base/prng.hpp"

TEST_CASE("deadlines come in the order of time and name, however often they are moved") {
    Prng prng{3};
    actors::Deadlines deadlines;
    std::map<StreamId, Instant> wanted;
    Instant now{1};
    for (int i = 0; i < 20'000; ++i) {
        const StreamId stream{StreamKind::user, "user" + std::to_string(prng.below(200))};
        const bool away = prng.below(4) == 0;
        const Instant at =
            away ? Instant{} : now + Duration{static_cast<std::int64_t>(prng.below(50))};
        deadlines.set(stream, at);
        away ? void(wanted.erase(stream)) : void(wanted[stream] = at);
        REQUIRE(deadlines.has(stream) == !away);
        if (prng.below(3) != 0) continue;
        now = now + Duration{1};
        std::set<std::pair<Instant, StreamId>> due;
        for (const auto& [who, when] : wanted) {
            if (when <= now) due.emplace(when, who);
        }
        for (const auto& [when, who] : due) wanted.erase(who);
        const auto taken = deadlines.take_due(now);
        REQUIRE(std::vector(due.begin(), due.end()) == taken);
        Instant next{};
        for (const auto& [who, when] : wanted) {
            if (next == Instant{} || when < next) next = when;
        }
        REQUIRE(deadlines.next() == next);
    }
}
