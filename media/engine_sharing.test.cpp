// Legs behind shared ports, by real sockets: they hear each other across workers, strangers change
// nothing, and who may not share gets a port of its own.
#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <thread>

#include "media/engine.hpp"
#include "media/test_allocations.hpp"
#include "media/test_phones.hpp"

using media::test::Phone;
using Phones = std::vector<std::unique_ptr<Phone>>;

namespace {

constexpr double loud = 8'000 * 0.7, faint = 8'000 * 0.02;

media::Options options(unsigned workers) {
    media::Options made;
    made.port_min = 40'000;
    made.port_max = 42'799;
    made.workers = workers;
    return made;
}

Phones phones_with(std::initializer_list<std::int32_t> tones) {
    Phones phones;
    media::LegId leg = 100;
    for (const std::int32_t hz : tones) phones.push_back(std::make_unique<Phone>(++leg, hz));
    return phones;
}

void join_all(media::Engine& engine, const Phones& phones) {
    std::vector<media::RoomLeg> seats;
    for (const auto& phone : phones) {
        phone->join(engine);
        seats.push_back({.leg = phone->leg});
    }
    engine.set_room(1, seats);
    // What comes before a leg's first tick is refused: it does not know its payload type yet.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

void check_all_hear_each_other(const Phones& phones) {
    for (const auto& listener : phones) {
        for (const auto& talker : phones) {
            CAPTURE(listener->hz);
            CAPTURE(talker->hz);
            if (talker == listener)
                CHECK(listener->hears(talker->hz, 600) < faint);
            else
                CHECK(listener->hears_at_best(talker->hz, 600) > loud);
        }
    }
}

}  // namespace

TEST_CASE("legs of one room behind the ports of two workers hear each other and lose nothing") {
    media::Engine engine(options(2));
    const Phones phones = phones_with({440, 800, 1'250, 1'700});
    join_all(engine, phones);
    std::set<std::uint16_t> ports;
    for (const auto& phone : phones) ports.insert(phone->to.port);
    CHECK(ports.size() == 2);
    CHECK(engine.statistics().legs_sharing == 4);
    media::test::play_ms(phones, 1'500);
    check_all_hear_each_other(phones);
    for (const auto& phone : phones) {
        const auto statistics = engine.statistics(phone->leg);
        REQUIRE(statistics.has_value());
        CHECK(statistics->packets_lost == 0);
        CHECK(statistics->packets_refused <= 1);  // it came before the leg's first tick
        CHECK(statistics->packets_received >= 70);
    }
    CHECK(engine.statistics().packets_dropped == 0);
    CHECK(engine.statistics().packets_stray == 0);
}

TEST_CASE("legs with ports of their own stand beside those that share") {
    for (const bool share : {true, false}) {
        CAPTURE(share);
        auto wanted = options(2);
        wanted.share_ports = share;
        media::Engine engine(wanted);
        const Phones phones = phones_with({440, 800, 1'250});
        phones[1]->shares = false;  // as one whose address is not known yet, or behind a NAT
        join_all(engine, phones);
        CHECK(engine.statistics().legs_sharing == (share ? 2 : 0));
        CHECK(phones[1]->to.port != phones[0]->to.port);
        CHECK(phones[1]->to.port != phones[2]->to.port);
        media::test::play_ms(phones, 1'000);
        check_all_hear_each_other(phones);
    }
}

TEST_CASE("strangers at a shared port are counted, and nobody hears them") {
    media::Engine engine(options(1));
    const Phones phones = phones_with({440, 800});
    join_all(engine, phones);
    media::test::play_ms(phones, 400);
    Phone stranger(900, 2'000);
    stranger.to = phones[0]->to;
    const auto strays_before = engine.statistics().packets_stray;
    for (int i = 0; i < 40; ++i) {
        for (int burst = 0; burst < 5; ++burst) stranger.send_sound();
        media::test::play_ms(phones, 20);
    }
    CHECK(phones[1]->hears_at_best(440, 600) > loud);
    CHECK(phones[1]->hears(2'000, 600) < faint);
    CHECK(phones[0]->hears(2'000, 600) < faint);
    CHECK(engine.statistics().packets_stray - strays_before >= 190);
    CHECK(engine.statistics(phones[0]->leg)->packets_refused <= 1);
}

TEST_CASE("two legs with the same address never stand behind one port") {
    media::Engine engine(options(1));
    const media::PeerHint peer{.remote = media::Address{media::test::loopback, 44'999}};
    const auto first = engine.open(1, peer), second = engine.open(2, peer);
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    CHECK(first.value() != second.value());
    CHECK(engine.statistics().legs_sharing == 1);
    engine.close(1);
    CHECK(engine.open(3, peer).value() == first.value());
    CHECK(engine.open(4, {.remote = peer.remote, .behind_nat = true}).value() != first.value());
}

TEST_CASE("a phone that sends from another port than it said is heard all the same") {
    media::Engine engine(options(2));
    const Phones phones = phones_with({440, 800});
    phones[1]->shares = false;
    join_all(engine, phones);
    engine.close(phones[0]->leg);
    const media::Address said{media::test::loopback, 44'998};  // nobody is there
    const auto port = engine.open(phones[0]->leg, {.remote = said});
    REQUIRE(port.ok());
    phones[0]->to.port = port.value();
    auto config = phones[0]->config();
    config.remote = said;
    engine.configure(phones[0]->leg, config);
    const std::vector<media::RoomLeg> seats{{.leg = phones[0]->leg}, {.leg = phones[1]->leg}};
    engine.set_room(1, seats);
    media::test::play_ms(phones, 1'200);
    check_all_hear_each_other(phones);
    CHECK(engine.statistics().legs_sharing == 1);
}

TEST_CASE("a room in parts sounds like a whole one, and becomes one when it is recorded") {
    auto wanted = options(2);
    wanted.split_rooms_at = 4;
    media::Engine engine(wanted);
    const Phones phones = phones_with({440, 800, 1'250, 1'700});
    join_all(engine, phones);
    media::test::play_ms(phones, 1'500);
    check_all_hear_each_other(phones);
    // Every tick each part takes one sum; a loaded machine may keep a few from being in time.
    CHECK(engine.statistics().sums_missed < 20);
    engine.record(1, media::Recording::on);
    media::test::play_ms(phones, 1'200);
    check_all_hear_each_other(phones);
    const std::vector<media::RoomLeg> two{{.leg = phones[0]->leg}, {.leg = phones[3]->leg}};
    engine.record(1, media::Recording::off);
    engine.set_room(1, two);
    engine.close(phones[1]->leg);
    media::test::play_ms(phones, 1'000);
    CHECK(phones[0]->hears_at_best(1'700, 400) > loud);
    CHECK(phones[0]->hears(1'250, 400) < faint);
    engine.set_room(1, {});
    CHECK(engine.statistics().rooms == 0);
}
