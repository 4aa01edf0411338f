// The tick core in virtual time: exact mixes, shared
// encodings, nothing allocated, and the hand-over of legs.
#include "media/lane.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

#include "base/prng.hpp"
#include "media/sound/mix.hpp"
#include "media/test_allocations.hpp"
#include "media/test_room.hpp"

using media::EventKind;
using media::test::VirtualRoom;

namespace {

// What `listener` should hear: everybody else's frame, added up naively and coded once.
std::array<std::uint8_t, media::frame_samples> naive_payload(const VirtualRoom& room,
                                                             std::size_t listener) {
    std::array<std::uint8_t, media::frame_samples> payload;
    media::Frame mix;
    for (std::size_t i = 0; i < mix.size(); ++i) {
        std::int64_t sum = 0;
        for (std::size_t other = 0; other < room.phones.size(); ++other) {
            const media::Leg& leg = *room.phones[other].leg;
            if (other != listener && leg.contributes()) sum += leg.spoken()[i];
        }
        mix[i] = media::saturate_i16(
            static_cast<std::int32_t>(std::clamp<std::int64_t>(sum, -32'768, 32'767)));
    }
    media::encode(room.phones[listener].format.codec, mix, payload);
    return payload;
}

void let_talk(VirtualRoom& room, std::size_t talkers) {
    for (std::size_t i = 0; i < talkers; ++i)
        room.phones[i].hz = static_cast<std::int32_t>(300 + 70 * i);
}

}  // namespace

TEST_CASE("every leg hears exactly the naive mix of the others, in both codecs") {
    VirtualRoom room(12, true);
    let_talk(room, 5);
    Prng prng{1};
    for (int tick = 0; tick < 100; ++tick) {
        for (auto& phone : room.phones) {
            if (prng.below(20) == 0)
                ++phone.sequence, phone.timestamp += 160;  // a loss now and then
        }
        room.step();
        for (std::size_t i = 0; i < room.phones.size(); ++i) {
            CAPTURE(i);
            REQUIRE(room.outlet.sent[i].payload == naive_payload(room, i));
        }
    }
    CHECK(room.phones[0].leg->contributes());
    CHECK(!room.phones[11].leg->contributes());
}

TEST_CASE("all who add nothing share one encoding per codec") {
    VirtualRoom room(100, true);
    let_talk(room, 3);
    room.steps(20);
    const std::uint64_t before = room.lane.encodings();
    room.steps(10);
    CHECK(room.lane.encodings() - before == 10 * (3 + 2));
    for (std::size_t i = 0; i < 100; ++i) CHECK(room.outlet.sent[i].packets == 30);
}

TEST_CASE("a leg that starts to talk is heard from its first loud frame on") {
    VirtualRoom room(2);
    room.steps(20);
    room.phones[0].hz = 400;
    room.step();
    room.step();  // it waits for the jitter buffer's one frame, not for the talk detector
    CHECK(room.phones[0].leg->contributes());
    const media::Frame heard = room.heard_by(1);
    CHECK(media::energy_of(heard) > 1'000'000);
    CHECK(room.outlet.of(EventKind::talking_started, 0).empty());
}

TEST_CASE("muted legs add nothing and do not talk; deaf legs hear silence") {
    VirtualRoom room(3);
    let_talk(room, 2);
    room.steps(20);
    REQUIRE(room.outlet.of(EventKind::talking_started, 0).size() == 1);
    room.seat(0, false, true);
    room.seat(2, true, false);
    room.step();
    CHECK(room.outlet.of(EventKind::talking_stopped, 0).size() == 1);
    CHECK(media::energy_of(room.heard_by(1)) == 0);
    CHECK(media::energy_of(room.heard_by(2)) == 0);
    CHECK(media::energy_of(room.heard_by(0)) > 1'000'000);
    room.steps(100);
    CHECK(room.outlet.of(EventKind::talking_started, 0).size() == 1);
}

TEST_CASE("a tick allocates nothing, whatever happens in it") {
    VirtualRoom room(40, true);
    let_talk(room, 6);
    room.outlet.keep_rtcp = false;
    const media::Prompt prompt("p", media::tone_of_name("p"));
    Prng prng{9};
    std::vector<std::uint8_t> garbage(100, 0x80);
    const auto made = media::test::allocations_during([&] {
        for (int tick = 0; tick < 600; ++tick) {
            for (auto& phone : room.phones) {
                if (prng.below(10) == 0)
                    phone.timestamp += 160 * static_cast<std::uint32_t>(prng.below(30));
                if (prng.below(50) == 0) phone.hz = phone.hz == 0 ? 500 : 0;
                if (prng.below(50) == 0)
                    (void)phone.leg->inbox.try_push(
                        {.kind = media::LegCommand::Kind::play, .prompt = &prompt});
                phone.leg->rtp_arrived(garbage, phone.address, room.now.now_us, room.now,
                                       room.outlet);
                phone.leg->rtcp_arrived(garbage, phone.address, room.now, room.outlet);
            }
            if (tick % 100 == 0) (void)room.room->room->inbox.try_push(&prompt);
            room.step();
        }
    });
    CHECK(made == 0);
    CHECK(room.outlet.rtcp_count > 40);
    CHECK(!room.outlet.of(EventKind::prompt_done, 7).empty());
}

TEST_CASE("the same packets at the same ticks give the same bytes") {
    const auto run = [] {
        VirtualRoom room(9, true);
        let_talk(room, 4);
        Prng prng{77};
        std::uint64_t hash = 14'695'981'039'346'656'037ull;
        for (int tick = 0; tick < 500; ++tick) {
            for (auto& phone : room.phones) {
                phone.sends = prng.below(8) != 0;
                if (!phone.sends) ++phone.sequence, phone.timestamp += 160;
            }
            room.step();
            for (const auto& sent : room.outlet.sent) {
                for (const std::uint8_t byte : sent.payload)
                    hash = (hash ^ byte) * 1'099'511'628'211ull;
            }
        }
        return hash;
    };
    CHECK(run() == run());
}

TEST_CASE("prompts are heard over the room by one leg, announcements by all") {
    VirtualRoom room(3);
    room.steps(5);
    const media::Prompt prompt{"p", std::vector<std::int16_t>(240, 1'000)};
    CHECK(room.phones[1].leg->inbox.try_push(
        {.kind = media::LegCommand::Kind::play, .prompt = &prompt}));
    room.step();
    CHECK(media::energy_of(room.heard_by(1)) > 900'000);
    CHECK(media::energy_of(room.heard_by(0)) == 0);
    CHECK(room.outlet.of(EventKind::prompt_done, 1).empty());
    room.step();
    CHECK(room.outlet.of(EventKind::prompt_done, 1).size() == 1);
    CHECK(room.room->room->inbox.try_push(&prompt));
    room.step();
    for (std::size_t i = 0; i < 3; ++i) CHECK(media::energy_of(room.heard_by(i)) > 900'000);
}

TEST_CASE("stopped prompts are silent at the next tick, and not told as done") {
    VirtualRoom room(1);
    const media::Prompt prompt{"p", std::vector<std::int16_t>(8'000, 1'000)};
    CHECK(room.phones[0].leg->inbox.try_push(
        {.kind = media::LegCommand::Kind::play, .prompt = &prompt}));
    room.steps(3);
    CHECK(media::energy_of(room.heard_by(0)) > 900'000);
    CHECK(room.phones[0].leg->inbox.try_push({.kind = media::LegCommand::Kind::stop_prompts}));
    room.step();
    CHECK(media::energy_of(room.heard_by(0)) == 0);
    CHECK(room.outlet.of(EventKind::prompt_done, 0).empty());
}

TEST_CASE("a leg is handed over once, and an overtaken order does nothing") {
    VirtualRoom room(1);
    media::Leg& leg = *room.phones[0].leg;
    media::Lane a(0), b(1);
    const media::Ownership at_a{.worker = 0, .move = 0}, at_b{.worker = 1, .move = 1},
        back{.worker = 0, .move = 2};
    const media::Plan to_b{.departures = {{.leg = &leg, .from = at_a, .to = at_b}}};
    const media::Plan to_a{.departures = {{.leg = &leg, .from = at_b, .to = back}}};
    b.let_go(to_a);  // not its leg yet
    CHECK(a.owns(leg));
    a.let_go(to_b);
    CHECK(!a.owns(leg));
    CHECK(b.owns(leg));
    b.let_go(to_a);
    CHECK(a.owns(leg));
    a.let_go(to_b);  // late: the plan is of before the leg came back
    CHECK(a.owns(leg));
}

TEST_CASE("a leg that changes workers within a tick's time is served once in it") {
    VirtualRoom room(1);
    room.steps(3);
    media::Leg& leg = *room.phones[0].leg;
    media::Lane other(1);
    const media::TickTime same{
        .tick = room.now.tick - 1, .now_us = room.now.now_us, .wall_us = room.now.wall_us};
    leg.owner = {.worker = 1, .move = 1};
    room.room->room->owner = 1;
    other.tick(room.plan, same, room.outlet);
    CHECK(room.outlet.sent[0].packets == 3);
    other.tick(room.plan, room.now, room.outlet);
    CHECK(room.outlet.sent[0].packets == 4);
    room.tick();  // the old worker's plan still names it
    CHECK(room.outlet.sent[0].packets == 4);
}
