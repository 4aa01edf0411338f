// Rooms that move: without a frame lost in virtual time, and by themselves in an engine that has
// become uneven.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "media/engine.hpp"
#include "media/test_phones.hpp"
#include "media/test_room.hpp"

using media::test::VirtualRoom;

namespace {

// Two workers in virtual time, the second half a tick behind the first.
struct TwoLanes {
    VirtualRoom room{3};
    media::Lane second{1};
    media::Plan second_plan;

    void step() {
        for (auto& phone : room.phones) room.packet_from(phone);
        room.lane.let_go(room.plan);
        room.lane.tick(room.plan, room.now, room.outlet);
        room.lane.let_go_rooms(room.plan);
        second.let_go(second_plan);
        second.tick(second_plan, room.now, room.outlet);
        second.let_go_rooms(second_plan);
        ++room.now.tick;
        room.now.now_us += media::tick_us;
        room.now.wall_us += media::tick_us;
    }
    /// As the control side does it: the room is in both plans, the order in the old one's.
    void move(media::Plan& from, media::Plan& to, std::uint32_t target, std::uint32_t number) {
        media::RoomFlight flight{.room = room.room->room, .from = 1 - target, .to = target};
        for (const auto& phone : room.phones) {
            flight.legs.push_back({.leg = phone.leg.get(),
                                   .from = phone.leg->owner.load(),
                                   .to = {.worker = target, .move = number}});
        }
        to.rooms = {room.room};
        to.flights.clear();
        from.flights = {flight};
    }
};

}  // namespace

TEST_CASE("a room that moves to and fro sends every leg one packet in each tick") {
    TwoLanes two;
    for (std::size_t i = 0; i < 3; ++i)
        two.room.phones[i].hz = static_cast<std::int32_t>(300 + 200 * i);
    for (int i = 0; i < 50; ++i) two.step();
    for (std::uint32_t move = 1; move <= 20; ++move) {
        const bool there = move % 2 == 1;
        two.move(there ? two.room.plan : two.second_plan, there ? two.second_plan : two.room.plan,
                 there ? 1 : 0, move);
        for (int tick = 0; tick < 10; ++tick) {
            std::array<std::pair<std::size_t, std::uint16_t>, 3> before;
            for (std::size_t leg = 0; leg < 3; ++leg) {
                const auto& sent = two.room.outlet.sent[leg];
                before[leg] = {sent.packets, sent.header.sequence};
            }
            two.step();
            for (std::size_t leg = 0; leg < 3; ++leg) {
                CAPTURE(move);
                CAPTURE(tick);
                REQUIRE(two.room.outlet.sent[leg].packets == before[leg].first + 1);
                REQUIRE(two.room.outlet.sent[leg].header.sequence ==
                        static_cast<std::uint16_t>(before[leg].second + 1));
                REQUIRE(!two.room.outlet.sent[leg].header.marker);
                REQUIRE(two.room.phones[leg].leg->decision().concealed == 0);
            }
        }
        CHECK(two.room.phones[0].leg->owner.load().worker == (there ? 1 : 0));
    }
}

TEST_CASE("an engine whose load has become uneven moves a room") {
    media::Options options;
    options.port_min = 40'000;
    options.port_max = 42'799;
    options.workers = 2;
    media::Engine engine(options);
    media::Address nobody;
    const int ear = media::test::bind_somewhere(nobody);
    const media::LegConfig config{.format = {media::Codec::opus, 48'000},
                                  .payload_type = 96,
                                  .opus = {.complexity = 10},
                                  .remote = nobody};
    const std::vector<std::string> prompts(40, "welcome");
    constexpr media::LegId per_room = 40;
    for (media::RoomId room = 0; room < 4; ++room) {  // two at each worker
        std::vector<media::RoomLeg> seats;
        for (media::LegId leg = 1 + room * per_room; leg <= (room + 1) * per_room; ++leg) {
            REQUIRE(engine.open(leg).ok());
            engine.configure(leg, config);
            seats.push_back({.leg = leg});
        }
        engine.set_room(room, seats);
        // What each hears alone is coded for each: work that shows.
        for (const media::RoomLeg& seat : seats) engine.play(seat.leg, prompts, false);
    }
    // Close what stands at one of the workers: two rooms, found by trying.
    const auto moved_without = [&](media::RoomId one, media::RoomId two) {
        for (const media::RoomId room : {one, two}) {
            for (media::LegId leg = 1 + room * per_room; leg <= (room + 1) * per_room; ++leg)
                engine.close(leg);
            engine.set_room(room, {});
        }
        for (int i = 0; i < 60 && engine.statistics().rooms_moved == 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        return engine.statistics().rooms_moved;
    };
    CHECK(moved_without(1, 3) > 0);
    media::close_udp(ear);
}
