#include "media/balance.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using media::Balance;
using Rooms = std::vector<Balance::RoomLoad>;

namespace {

constexpr std::int64_t second = 1'000'000;

// What is decided when it stays like this for `seconds`, asked every 10 ms.
std::vector<Balance::Move> moves_in(int seconds, std::array<std::uint32_t, 2> tick_us,
                                    const Rooms& rooms) {
    Balance balance;
    std::vector<Balance::Move> moves;
    for (std::int64_t now = 0; now < seconds * second; now += 10'000) {
        if (const auto move = balance.consider(tick_us, rooms, now)) moves.push_back(*move);
    }
    return moves;
}

}  // namespace

TEST_CASE("the room that closes the gap best moves, once a second at most") {
    const Rooms rooms{{.room = 1, .worker = 0, .legs = 80},
                      {.room = 2, .worker = 0, .legs = 40},
                      {.room = 3, .worker = 0, .legs = 10},
                      {.room = 4, .worker = 1, .legs = 20}};
    CHECK(moves_in(1, {8'000, 2'000}, rooms).empty());
    const auto moves = moves_in(4, {8'000, 2'000}, rooms);
    REQUIRE(moves.size() == 3);
    CHECK(moves[0].room == 2);  // 8000 * 40 / 130 is nearest to 3000
    CHECK(moves[0].to == 1);
}

TEST_CASE("a small gap, a short one and one that a move would only turn round move nothing") {
    const Rooms rooms{{.room = 1, .worker = 0, .legs = 8}, {.room = 2, .worker = 0, .legs = 8}};
    CHECK(moves_in(10, {900, 0}, rooms).empty());
    CHECK(moves_in(10, {8'000, 6'500}, rooms).empty());
    CHECK(moves_in(10, {8'000, 2'000}, {{.room = 1, .worker = 0, .legs = 100}}).empty());
    CHECK(moves_in(10, {8'000, 2'000}, {{.room = 1, .worker = 1, .legs = 100}}).empty());
    const Rooms held{{.room = 1, .worker = 0, .legs = 8, .may_move = false},
                     {.room = 2, .worker = 0, .legs = 8, .may_move = false}};
    CHECK(moves_in(10, {8'000, 2'000}, held).empty());
    Balance balance;
    for (std::int64_t now = 0; now < 20 * second; now += 10'000) {
        const bool peak = now / 10'000 % 50 != 0;  // each half second it is even for a moment
        CHECK(
            !balance.consider(std::array<std::uint32_t, 2>{peak ? 8'000u : 100u, 100}, rooms, now));
    }
}
