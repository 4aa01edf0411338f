#include "media/partial_sums.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "media/test_allocations.hpp"
#include "media/test_phones.hpp"
#include "media/test_room.hpp"

using media::PartialSums;
using media::test::VirtualRoom;

namespace {

std::array<std::int32_t, 160> filled(std::int32_t value) {
    std::array<std::int32_t, 160> sum;
    sum.fill(value);
    return sum;
}

// One room in two parts, three legs in each; the second worker is half a tick behind.
struct SplitRoom {
    VirtualRoom room{6};
    media::Lane second{1};
    media::Plan second_plan;
    std::shared_ptr<PartialSums> sums = std::make_shared<PartialSums>(2);

    SplitRoom() {
        const auto part = [&](std::uint32_t number, std::shared_ptr<media::Room> its_room) {
            auto plan = std::make_shared<media::PlanRoom>(*room.room);
            plan->room = std::move(its_room);
            plan->sums = sums;
            plan->part = number;
            plan->voices.clear();
            for (auto& seat : plan->seats) seat.voice = voice_of(*plan, seat);
            std::erase_if(plan->seats, [&](const media::PlanSeat& seat) {
                return (seat.leg->id >= 3 ? 1u : 0u) != number;
            });
            return plan;
        };
        const auto one = part(0, room.room->room),
                   two = part(1, std::make_shared<media::Room>(1, 1));
        for (std::size_t i = 3; i < 6; ++i) room.phones[i].leg->owner = {.worker = 1, .move = 1};
        second_plan.rooms = {two};
        room.replace(one);
    }
    media::SharedVoice* voice_of(media::PlanRoom& plan, const media::PlanSeat& seat) {
        return VirtualRoom::shared_voice(plan, room.phones[seat.leg->id].format);
    }
    void step() {
        for (auto& phone : room.phones) room.packet_from(phone);
        room.lane.tick(room.plan, room.now, room.outlet);
        second.tick(second_plan, room.now, room.outlet);
        ++room.now.tick;
        room.now.now_us += media::tick_us;
        room.now.wall_us += media::tick_us;
    }
};

}  // namespace

TEST_CASE("a part gets what the others said a tick ago, once") {
    PartialSums sums(3);
    sums.publish(0, 7, filled(100), true);
    sums.publish(1, 7, filled(20), true);
    sums.publish(2, 7, filled(9'999), false);  // silence: its values do not count
    auto total = filled(3);
    CHECK(!sums.collect(2, 7, total));  // of the same tick: not yet
    CHECK(sums.collect(2, 8, total));
    CHECK(total == filled(123));
    CHECK(!sums.collect(2, 9, total));
    CHECK(total == filled(123));
    CHECK(sums.missed() == 2);
}

TEST_CASE(
    "who was late is heard at the right tick again, and a stalled reader costs the writer "
    "nothing") {
    PartialSums sums(2);
    auto total = filled(0);
    for (std::uint64_t tick = 1; tick <= 10; ++tick) {
        const bool late = tick == 5;
        if (late) {
            CHECK(!sums.collect(1, tick, total));  // the sum of tick 4 comes only now
            sums.publish(0, tick - 1, filled(4), true);
        } else if (tick > 1) {
            total = filled(0);
            CHECK(sums.collect(1, tick, total));
            CHECK(total == filled(static_cast<std::int32_t>(tick - 1)));
        }
        if (tick != 4) sums.publish(0, tick, filled(static_cast<std::int32_t>(tick)), true);
    }
    CHECK(sums.missed() == 1);
    CHECK(media::test::allocations_during([&] {
              for (std::uint64_t tick = 11; tick < 100; ++tick)
                  sums.publish(0, tick, filled(1), true);
          }) == 0);
    CHECK(sums.missed() > 80);
    total = filled(0);
    CHECK(!sums.collect(1, 100, total));
    sums.publish(0, 100, filled(5), true);
    CHECK(sums.collect(1, 101, total));
    CHECK(total == filled(5));
}

TEST_CASE("two parts of a room hear each other, nobody hears themselves, and no frame is lost") {
    SplitRoom split;
    for (std::size_t i = 0; i < 6; ++i) {
        split.room.give_ear(i);
        if (i % 3 == 0) split.room.phones[i].hz = i == 0 ? 400 : 900;  // one talker in each part
        split.room.phones[i].amplitude = 6'000;
    }
    for (int i = 0; i < 100; ++i) split.step();
    const auto missed = split.sums->missed();
    for (int i = 0; i < 100; ++i) split.step();
    CHECK(split.sums->missed() == missed);
    for (std::size_t i = 0; i < 6; ++i) {
        CAPTURE(i);
        const auto heard = std::span{split.room.outlet.sent[i].heard}.last(8'000);
        const double low = media::test::amplitude_of(heard, 400),
                     high = media::test::amplitude_of(heard, 900);
        CHECK((i == 0 ? low < 60 : low > 5'500));
        CHECK((i == 3 ? high < 60 : high > 5'500));
        CHECK(split.room.outlet.sent[i].packets == 200);
    }
}

TEST_CASE("two threads at their own pace get sums of the right tick or none") {
    PartialSums sums(2);
    std::atomic<std::uint64_t> wrong{0}, right{0};
    std::atomic<std::uint64_t> clock{1};
    std::thread reader([&] {
        for (std::uint64_t tick = 1; tick <= 20'000; ++tick) {
            auto total = filled(0);
            if (sums.collect(1, tick, total))
                (total == filled(static_cast<std::int32_t>(tick - 1)) ? right : wrong).fetch_add(1);
            clock.store(tick);
        }
    });
    for (std::uint64_t tick = 1; tick <= 20'000; ++tick) {
        sums.publish(0, tick, filled(static_cast<std::int32_t>(tick)), true);
        while (clock.load() + 1 < tick) std::this_thread::yield();
    }
    reader.join();
    CHECK(wrong.load() == 0);
    CHECK(right.load() + sums.missed() > 0);
}
