// The rule about who is heard looks at what conferences release, so conferences are forged that
// release something else than they should: the production rules, with one of them broken.
#include <doctest.h>

#include "actors/invariants/inspector.hpp"
#include "actors/invariants/kit.hpp"
#include "tests/forged_journal.hpp"

namespace {

using actors::RoomSeat;
using tests::with;

// A conference of two: seat 1 by leg a, seat 2 by leg b; and what it says after one more event.
class Room {
public:
    Room() {
        show(schema::ConferenceCreatedT{}, {});
        show(enter(1, "a"), {{seat("a")}});
        show(enter(2, "b"), {{seat("a"), seat("b")}});
        CHECK(complaints == 0);
    }
    static RoomSeat seat(const char* leg, bool speaks = true, bool hears = true) {
        return {.leg = leg, .speaks = speaks, .hears = hears, .only_to = {}};
    }
    static schema::SeatEnteredT enter(std::uint32_t seat, const char* leg) {
        return with<schema::SeatEnteredT>([&](auto& fact) {
            fact.seat = seat;
            fact.leg = leg;
        });
    }
    template <class Fact>
    Room& show(Fact fact, std::optional<std::vector<RoomSeat>> plan) {
        schema::TransitionT transition;
        transition.sequence = ++position_;
        transition.events.push_back(actors::event(std::move(fact)));
        actors::Effects effects;
        if (plan) effects.push_back(actors::UpdateRoom{.conference = "1", .seats = *plan});
        for (const auto& rule : rules_) {
            rule->on(
                {position_, {StreamKind::conference, "1"}, transition, *machine_, effects},
                [this](const actors::Violation& one) { ++complaints, sentence = one.sentence; });
        }
        return *this;
    }
    int complaints = 0;
    std::string sentence;

private:
    actors::Rules rules_ = [] {
        actors::Rules rules;
        actors::add_sound_rules(rules, std::make_shared<actors::Books>());
        return rules;
    }();
    std::unique_ptr<actors::Machine> machine_ = actors::make_machine(StreamKind::conference);
    journal::Position position_ = 0;
};

schema::SeatMutedT muted(std::uint32_t id) {
    return with<schema::SeatMutedT>([&](auto& fact) { fact.seat = id, fact.muted = true; });
}
schema::SeatHeldT held(std::uint32_t id) {
    return with<schema::SeatHeldT>([&](auto& fact) { fact.seat = id, fact.on = true; });
}

}  // namespace

TEST_CASE("who is muted or on hold is taken out of the mix at once") {
    CHECK(Room{}.show(muted(1), {{Room::seat("a", false), Room::seat("b")}}).complaints == 0);
    CHECK(Room{}.show(muted(1), {{Room::seat("a"), Room::seat("b")}}).sentence ==
          "seat 1, leg a: is muted and heard");
    CHECK(Room{}.show(muted(1), std::nullopt).sentence == "seat 1, leg a: is muted and heard");
    CHECK(Room{}.show(held(2), {{Room::seat("a"), Room::seat("b", false, false)}}).complaints == 0);
    CHECK(Room{}.show(held(2), {{Room::seat("a"), Room::seat("b", true, false)}}).sentence ==
          "seat 2, leg b: is on hold and heard");
    CHECK(Room{}.show(held(2), {{Room::seat("a"), Room::seat("b", false)}}).sentence ==
          "seat 2, leg b: is on hold and hears");
}

TEST_CASE("everybody is muted but hosts, until a host lets one speak") {
    const auto all = with<schema::AllMutedT>([](auto& fact) { fact.muted = true; });
    CHECK(Room{}.show(all, {{Room::seat("a"), Room::seat("b", false)}}).complaints == 1);
    const auto floor =
        with<schema::SeatMutedT>([](auto& fact) { fact.seat = 1, fact.by_host = true; });
    Room room;
    room.show(all, {{Room::seat("a", false), Room::seat("b", false)}});
    room.show(floor, {{Room::seat("a"), Room::seat("b", false)}});
    CHECK(room.complaints == 0);
}

TEST_CASE("a mute survives that the telephones are lost") {
    Room room;
    room.show(muted(1), {{Room::seat("a", false), Room::seat("b")}});
    room.show(schema::PhonesLostT{}, std::vector<RoomSeat>{});
    room.show(Room::enter(1, "c"), {{Room::seat("c")}});
    CHECK(room.sentence == "seat 1, leg c: is muted and heard");
}

TEST_CASE("a coach is heard by one, a deaf one hears nobody, a stranger is in no mix") {
    const auto whisper = with<schema::WhisperSetT>([](auto& fact) { fact.seat = 1, fact.to = 2; });
    RoomSeat coach = Room::seat("a");
    CHECK(Room{}.show(whisper, {{coach, Room::seat("b")}}).sentence ==
          "seat 1, leg a: whispers and is heard by others");
    coach.only_to = "b";
    CHECK(Room{}.show(whisper, {{coach, Room::seat("b")}}).complaints == 0);
    const auto deaf =
        with<schema::SeatDeafSetT>([](auto& fact) { fact.seat = 2, fact.deaf = true; });
    CHECK(Room{}.show(deaf, std::nullopt).sentence == "seat 2, leg b: is deaf and hears");
    CHECK(Room{}.show(deaf, {{Room::seat("a"), Room::seat("x")}}).sentence ==
          "leg x is in the mix without a seat");
    CHECK(Room{}.show(deaf, {{Room::seat("a")}}).sentence ==
          "1 legs are in the mix, 2 are connected");
}
