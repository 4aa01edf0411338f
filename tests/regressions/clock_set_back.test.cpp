// Found by the swarm: with a wall clock set back by two hours, legs that should have given up after
// a minute lived two hours longer, as deadlines are kept in wall time.
#include <doctest/doctest.h>

#include "base/clock.hpp"

TEST_CASE("time goes on at its pace when the machine's clock is set back") {
    base::Lead lead;
    const Instant noon{1'700'000'000'000'000}, up{5'000'000};
    CHECK(lead.at(noon, up) == noon);
    CHECK(lead.at(noon - hours(2), up + seconds(1)) == noon + seconds(1));
    CHECK(lead.at(noon - hours(2) + seconds(9), up + seconds(10)) == noon + seconds(10));
}

TEST_CASE("time follows the machine's clock forward") {
    base::Lead lead;
    const Instant noon{1'700'000'000'000'000}, up{5'000'000};
    CHECK(lead.at(noon, up) == noon);
    CHECK(lead.at(noon + hours(1), up + seconds(1)) == noon + hours(1));
    CHECK(lead.at(noon + hours(1) + seconds(1), up + seconds(2)) == noon + hours(1) + seconds(1));
}

TEST_CASE("the wall clock that deadlines rely on never goes back") {
    Instant last = base::wall_now();
    for (int i = 0; i < 10'000; ++i) {
        const Instant now = base::wall_now();
        CHECK(now >= last);
        last = now;
    }
}
