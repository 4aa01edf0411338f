#include "actors/number.hpp"

#include <doctest.h>

#include "tests/subject.hpp"

using actors::Number;
using actors::Refusal;
using tests::Subject;

namespace {

schema::ClaimNumberT claim(std::string owner) {
    return tests::with<schema::ClaimNumberT>([&](auto& w) { w.owner = std::move(owner); });
}
schema::ReleaseNumberT release(std::string owner) {
    return tests::with<schema::ReleaseNumberT>([&](auto& w) { w.owner = std::move(owner); });
}

Subject<Number> free_number(std::string digits = "200") {
    return {.self = {StreamKind::number, std::move(digits)}};
}

}  // namespace

TEST_CASE("a number has one owner at a time, and a person hears of theirs") {
    auto number = free_number();
    REQUIRE(number.tell("server", claim("user/alice")) == Refusal::none);
    CHECK(number.only<schema::NumberClaimedT>()->owner == "user/alice");
    CHECK(number.entity.state.owner == "user/alice");
    CHECK(number.entity.state.since == number.now.us);
    CHECK(number.told<schema::AssignNumberT>("user/alice")->number == "200");
    CHECK(number.tell("server", claim("user/alice")) == Refusal::none);
    CHECK(number.events.empty());
    CHECK(number.tell("server", claim("user/bob")) == Refusal::number_taken);
    CHECK(number.tell("server", release("user/bob")) == Refusal::not_owner);
    REQUIRE(number.tell("user/alice", release("user/alice")) == Refusal::none);
    CHECK(number.only<schema::NumberReleasedT>()->owner == "user/alice");
    CHECK(number.told<schema::WithdrawNumberT>("user/alice")->number == "200");
    CHECK(number.entity.state.owner.empty());
    CHECK(number.tell("user/alice", release("user/alice")) == Refusal::none);
    CHECK(number.events.empty());
    CHECK(number.tell("cli", claim("user/bob")) == Refusal::none);
}

TEST_CASE("conferences and the shared number are told nothing") {
    for (const char* owner : {"conference/471100", "access"}) {
        auto number = free_number();
        CHECK(number.tell("server", claim(owner)) == Refusal::none);
        CHECK(number.effects.empty());
        CHECK(number.tell("server", release(owner)) == Refusal::none);
        CHECK(number.effects.empty());
    }
}

TEST_CASE("strangers get no number, and no number is nonsense") {
    struct Case {
        const char *digits, *by, *owner;
        Refusal refusal;
    };
    for (const Case& given : {Case{"200", "user/mallory", "user/alice", Refusal::not_allowed},
                              Case{"200", "conference/1", "conference/2", Refusal::not_allowed},
                              Case{"two", "server", "user/alice", Refusal::bad_value},
                              Case{"200", "server", "nobody", Refusal::bad_value},
                              Case{"200", "server", "", Refusal::bad_value},
                              Case{"200", "user/alice", "user/alice", Refusal::none}}) {
        CAPTURE(given.digits);
        CAPTURE(given.owner);
        auto number = free_number(given.digits);
        CHECK(number.tell(given.by, claim(given.owner)) == given.refusal);
    }
    auto number = free_number();
    CHECK(number.tell("user/mallory", release("user/alice")) == Refusal::not_allowed);
}

TEST_CASE("a conference's number is claimed once, and its conference gives it back") {
    auto number = free_number("471100");
    CHECK(number.tell("server", claim("conference/471100")) == Refusal::none);
    // Another edge has drawn the same digits: it must look for others.
    CHECK(number.tell("server", claim("conference/471100")) == Refusal::number_taken);
    CHECK(number.tell("conference/471100", release("conference/471100")) == Refusal::none);
    CHECK(number.tell("server", claim("conference/471100")) == Refusal::none);
    CHECK(number.only<schema::NumberClaimedT>());
}
