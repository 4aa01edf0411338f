#include "actors/guard.hpp"

#include <doctest.h>

#include "tests/subject.hpp"

using actors::Guard;
using actors::Refusal;
using tests::Subject;

namespace {

Subject<Guard> guard(std::string name) { return {.self = {StreamKind::guard, std::move(name)}}; }

void strike(Subject<Guard>& one, int times) {
    for (int i = 0; i < times; ++i) {
        const auto wish = tests::with<schema::StrikeT>([](auto& w) { w.reason = "wrong PIN"; });
        REQUIRE(one.tell("conference/471100", wish) == Refusal::none);
    }
}

}  // namespace

TEST_CASE("a caller is blocked at the sixth wrong guess, an address at the twentieth") {
    for (const auto& [name, allowed] :
         {std::pair{"caller:+49301234", 6}, std::pair{"source:192.0.2.7", 20}}) {
        CAPTURE(name);
        auto one = guard(name);
        strike(one, allowed - 1);
        CHECK(one.tell("server", schema::CheckGuardT{}) == Refusal::none);
        CHECK(one.events.empty());
        strike(one, 1);
        CHECK(one.only<schema::StruckT>()->reason == "wrong PIN");
        CHECK(one.tell("server", schema::CheckGuardT{}) == Refusal::blocked);
        one.now = one.now + minutes(1);
        CHECK(one.tell("server", schema::CheckGuardT{}) == Refusal::none);
    }
}

TEST_CASE("a block doubles up to an hour") {
    auto one = guard("login:alice");
    strike(one, 6);
    for (const Duration block : {minutes(1), minutes(2), minutes(4), minutes(8), minutes(16),
                                 minutes(32), hours(1), hours(1)}) {
        CHECK(Instant{one.entity.state.blocked_until} - one.now == block);
        strike(one, 1);
    }
    strike(one, 200);
    CHECK(one.entity.state.strikes.size() <= 64);
    CHECK(Instant{one.entity.state.blocked_until} - one.now == hours(1));
}

TEST_CASE("old guesses are forgotten") {
    auto one = guard("login:alice");
    strike(one, 5);
    one.now = one.now + minutes(10);
    strike(one, 5);
    CHECK(one.tell("server", schema::CheckGuardT{}) == Refusal::none);
    CHECK(one.entity.state.strikes.size() == 5);
}

TEST_CASE("operators lift a block, others do not") {
    auto one = guard("login:alice");
    CHECK(one.tell("admin/root", schema::ClearStrikesT{}) == Refusal::none);
    CHECK(one.events.empty());
    strike(one, 6);
    CHECK(one.tell("user/alice", schema::ClearStrikesT{}) == Refusal::not_allowed);
    CHECK(one.tell("admin/root", schema::ClearStrikesT{}) == Refusal::none);
    CHECK(one.only<schema::StrikesClearedT>());
    CHECK(one.tell("server", schema::CheckGuardT{}) == Refusal::none);
    CHECK(one.effects.empty());
}
