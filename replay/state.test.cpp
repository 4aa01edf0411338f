#include "replay/state.hpp"

#include <doctest.h>

#include "journal/codec.hpp"
#include "replay/compare.hpp"
#include "tests/conference_story.hpp"

using replay::parse_moment;
using tests::World;

TEST_CASE("moments are numbers or times") {
    CHECK(parse_moment("7").value().number == 7);
    CHECK(parse_moment("1795325789123456").value().time == Instant{1'795'325'789'123'456});
    struct Case {
        const char* text;
        std::int64_t us;
    };
    for (const Case& given : {Case{"1970-01-01T00:00:00Z", 0},
                              Case{"2026-11-22T05:36:29.123456Z", 1'795'325'789'123'456},
                              Case{"2026-11-22T05:36:29.5Z", 1'795'325'789'500'000},
                              Case{"2026-11-22T07:36:29+02:00", 1'795'325'789'000'000},
                              Case{"2026-11-22 05:36Z", 1'795'325'760'000'000},
                              Case{"2024-02-29T23:59:59-00:30", 1'709'252'999'000'000}}) {
        CAPTURE(given.text);
        REQUIRE(parse_moment(given.text).ok());
        CHECK(parse_moment(given.text).value().time == Instant{given.us});
    }
    for (const char* text : {"", "0", "-1", "noon", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                             "2026-11-22T05:36:29", "2026-11-22", "2026-11-22T24:00:00Z", "7x",
                             "99999999999999999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_moment(text).ok());
    }
}

TEST_CASE("a stream's state at a moment is what it was then") {
    World world;
    tests::tell_story(world);
    const std::string room = "conference/471100";
    const auto end = replay::state_at(world.log(), room);
    REQUIRE(end.ok());
    CHECK(end.value().sequence == world.log().head(room).value().sequence);
    CHECK(end.value().hash == actors::state_hash(world.view(tests::conference("471100")).state));
    const auto first = replay::state_at(world.log(), room, {.number = 1});
    CHECK(first.value().state.find(R"("title":"Monday")") != std::string::npos);
    CHECK(first.value().state.find(R"("phase":"connected")") == std::string::npos);
    const auto then = replay::state_at(world.log(), room, {.time = end.value().now + Duration{-1}});
    CHECK(then.value().now < end.value().now);
    CHECK(replay::state_at(world.log(), room, {.time = Instant{1}}).value().sequence == 0);
    CHECK(replay::state_at(world.log(), room, {.number = 9999}).error().find("has ") !=
          std::string::npos);
}

TEST_CASE("an unknown stream is answered with the nearest names") {
    World world;
    tests::tell_story(world);
    CHECK(replay::state_at(world.log(), "conference/47110").error() ==
          "there is no stream 'conference/47110'. Near it: conference/471100");
    CHECK(replay::nearest_streams(world.log(), "alise").at(0) == "user/alice");
    CHECK(replay::nearest_streams(world.log(), "471100", 2) ==
          std::vector<std::string>{"conference/471100", "number/471100"});
    CHECK(replay::nearest_streams(world.log(), "zzzzzzzzzzzzzz").empty());
}

TEST_CASE("changes are told field by field, rows by their names") {
    using replay::FieldChange;
    const auto found = replay::changes(
        R"({"locked":false,"seats":[{"id":1,"muted":false},{"id":2,"muted":false}],"n":[1,2]})",
        R"({"locked":true,"seats":[{"id":2,"muted":true},{"id":3,"muted":false}],"n":[1,3,4]})");
    CHECK(found == std::vector<FieldChange>{
                       {"locked", "false", "true"},
                       {"seats[id=1]", R"({"id":1,"muted":false})", ""},
                       {"seats[id=2].muted", "false", "true"},
                       {"seats[id=3]", "", R"({"id":3,"muted":false})"},
                       {"n[1]", "2", "3"},
                       {"n[2]", "", "4"},
                   });
    CHECK(replay::changes("{}", "{}").empty());
}

TEST_CASE("two journals part where their histories do") {
    World one, other;
    tests::people_and_numbers(one);
    tests::people_and_numbers(other);
    CHECK(replay::compare(one.log(), other.log()).value().ok());
    const auto lock = tests::with<schema::SetLockedT>([](auto& wish) { wish.locked = true; });
    one.ask(tests::conference("471100"), "user/alice", schema::SetAllMutedT{});
    one.ask(tests::conference("471100"), "user/alice", lock);
    other.ask(tests::conference("471100"), "user/alice",
              tests::with<schema::SetAllMutedT>([](auto& wish) { wish.muted = true; }));
    other.ask(tests::user("dora"), "server", tests::new_user());
    one.ask(tests::user("bob"), "user/bob",
            tests::with<schema::AddContactT>([](auto& wish) { wish.user = "carol"; }));
    const auto found = replay::compare(one.log(), other.log()).value();
    REQUIRE(found.differences.size() == 3);
    CHECK(found.differing == 3);
    const auto& room = found.differences[0];
    CHECK(room.stream == "conference/471100");
    CHECK(room.first == 2);
    CHECK(room.one.find("LockSet") != std::string::npos);
    CHECK(room.other.find("AllMuted") != std::string::npos);
    CHECK(room.fields == std::vector<replay::FieldChange>{{"locked", "true", "false"},
                                                          {"all_muted", "false", "true"}});
    CHECK(found.differences[1].stream == "user/bob");
    CHECK(found.differences[1].first == 0);
    CHECK(found.differences[2].stream == "user/dora");
    CHECK(found.differences[2].sequence_one == 0);
}
