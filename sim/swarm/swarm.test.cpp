#include <doctest.h>

#include "base/hash.hpp"
#include "sim/swarm/shrink.hpp"

using sim::swarm::Case;

TEST_CASE("a case survives being written down") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const Case drawn = sim::swarm::draw_case(seed, 90);
        CHECK(sim::swarm::case_from_json(to_json(drawn)).value() == drawn);
    }
    CHECK(!sim::swarm::case_from_json("{}").ok());
    CHECK(!sim::swarm::case_from_json("nonsense").ok());
}

TEST_CASE("the same seed lives the same life, another one another") {
    base::start_crypto();
    const auto first = run(sim::swarm::draw_case(3, 60));
    const auto again = run(sim::swarm::draw_case(3, 60));
    const auto other = run(sim::swarm::draw_case(4, 60));
    CHECK(first.ok());
    CHECK(first.transitions > 100);
    CHECK(first.journal == again.journal);
    CHECK(first.seconds == again.seconds);
    CHECK(first.journal != other.journal);
}

TEST_CASE("a case that finds nothing cannot be made smaller") {
    const Case drawn = sim::swarm::draw_case(3, 10);
    const auto small = sim::swarm::shrink(drawn);
    CHECK(small.smallest == drawn);
    CHECK(small.runs == 1);
}
