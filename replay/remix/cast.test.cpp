#include "replay/remix/cast.hpp"

#include <doctest.h>

#include "journal/store.hpp"
#include "journal/testing.hpp"

namespace {

struct Recorded {
    Recorded() {
        auto opened = journal::Store::open(directory.path());
        REQUIRE(opened.ok());
        store = std::move(opened).value();
    }
    template <class Event>
    void happens(Event event) {
        schema::TransitionT transition;
        transition.stream = "conference/471100";
        transition.sequence = head.sequence + 1;
        transition.epoch = 1;
        transition.command_id = {1, transition.sequence};
        transition.now = static_cast<std::int64_t>(1'795'000'000'000'000 + transition.sequence);
        transition.by = "server";
        transition.previous = {head.hash.a, head.hash.b, head.hash.c, head.hash.d};
        transition.command.Set(schema::EndConferenceT{});
        schema::EventUnion fact;
        fact.Set(std::move(event));
        transition.events.push_back(std::move(fact));
        journal::Append append{.stream = transition.stream,
                               .sequence = transition.sequence,
                               .payload = journal::encode(transition)};
        head = {append.sequence, journal::hash_of(append.payload)};
        REQUIRE(journal::testing::append_and_wait(*store, std::move(append)).fault ==
                journal::Fault::none);
    }
    void enters(std::uint32_t seat, const char* leg, const char* user, const char* name,
                const char* address) {
        schema::SeatEnteredT event;
        event.seat = seat;
        event.leg = leg;
        event.user = user;
        event.name = name;
        event.address = address;
        happens(event);
    }
    void leaves(std::uint32_t seat) {
        schema::SeatLeftT event;
        event.seat = seat;
        happens(event);
    }

    journal::testing::TempDirectory directory;
    std::unique_ptr<journal::Store> store;
    journal::Head head;
};

}  // namespace

TEST_CASE("people are found by seat, leg, user, name and number, each time that they came") {
    Recorded recorded;
    recorded.enters(1, "00000000000000a1", "alice", "Alice", "alice-desk");
    recorded.enters(2, "00000000000000b1", "", "Bob", "sip:+4930123@192.0.2.7");
    recorded.leaves(1);
    recorded.enters(1, "00000000000000a2", "alice", "Alice", "alice-desk");
    const auto cast = replay::read_cast(recorded.store->reader(), "conference/471100");
    REQUIRE(cast.ok());
    const auto legs = [&](const char* who) {
        std::vector<std::uint64_t> found;
        for (const replay::Role* role : cast.value().find(who)) found.push_back(role->leg);
        return found;
    };
    const std::vector<std::uint64_t> alice{0xa1, 0xa2}, bob{0xb1};
    for (const char* who : {"1", "alice", "ALICE", "alice-desk"}) {
        CAPTURE(who);
        CHECK(legs(who) == alice);
    }
    for (const char* who : {"2", "bob", "4930123", "+4930123", "00000000000000b1"}) {
        CAPTURE(who);
        CHECK(legs(who) == bob);
    }
    CHECK(legs("carol").empty());
    CHECK(legs("").empty());
    CHECK(cast.value().role_of(0xa1)->to != Instant{});
    CHECK(cast.value().role_of(0xa2)->to == Instant{});
    CHECK(replay::text_of(*cast.value().role_of(0xb1)) ==
          "seat 2 (Bob, sip:+4930123@192.0.2.7), leg 00000000000000b1");
}

TEST_CASE("a conference that is not there is said to be missing") {
    const Recorded recorded;
    const auto cast = replay::read_cast(recorded.store->reader(), "471100");
    REQUIRE(!cast.ok());
    CHECK(cast.error() == "there is no conference/471100 in this journal");
}
