#include "actors/recent_commands.hpp"

#include <doctest.h>

#include <algorithm>
#include <deque>

#include "actors/limits.hpp"
#include "base/prng.hpp"

TEST_CASE("recent commands are found until they are too old, the newest of two alike") {
    for (const std::uint64_t ids : {40ull, 1'500ull, 1'000'000ull}) {  // few: most come again
        CAPTURE(ids);
        Prng prng{5};
        actors::RecentCommands recent;
        std::deque<actors::RecentCommands::Decided> wanted;
        for (std::uint64_t sequence = 1; sequence < 5'000; ++sequence) {
            const CommandId id{prng.below(ids), 7};
            recent.add(id, sequence);
            wanted.push_back({id, sequence});
            if (wanted.size() > actors::recent_commands_max) wanted.pop_front();
            const CommandId asked{prng.below(ids), 7};
            const auto found = std::find_if(wanted.rbegin(), wanted.rend(),
                                            [&](const auto& one) { return one.id == asked; });
            const auto got = recent.find(asked);
            REQUIRE(got.has_value() == (found != wanted.rend()));
            if (got) REQUIRE(*got == found->sequence);
            REQUIRE(recent.size() == wanted.size());
            REQUIRE(recent.at(0).sequence == wanted.front().sequence);
            REQUIRE(recent.at(recent.size() - 1).sequence == sequence);
        }
        recent.clear();
        CHECK_FALSE(recent.find(wanted.back().id));
    }
}
