// The engine under load and churn by real sockets: many legs, joins and closes in the middle of
// sound, no allocation on a worker. Run under the thread sanitizer this is the proof of plans,
// hand-overs and reclaiming.
#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>

#include "base/prng.hpp"
#include "media/engine.hpp"
#include "media/test_allocations.hpp"
#include "media/test_phones.hpp"

using media::EventKind;
using media::test::Phone;
using Phones = std::vector<std::unique_ptr<Phone>>;

namespace {

media::Options options(unsigned workers) {
    media::Options made;
    made.port_min = 40'000;
    made.port_max = 42'799;
    made.workers = workers;
    return made;
}

Phones make_phones(int count) {
    Phones phones;
    for (int i = 0; i < count; ++i)
        phones.push_back(std::make_unique<Phone>(static_cast<media::LegId>(i + 1), 0));
    return phones;
}

}  // namespace

TEST_CASE("three hundred legs in one room all hear the three who talk") {
    media::Engine engine(options(2));
    // A sanitizer makes the test's own thread too slow to be three hundred phones.
    const int count = media::test::allocations_are_counted ? 300 : 60;
    const Phones phones = make_phones(count);
    for (int i = 0; i < 3; ++i) {
        phones[static_cast<std::size_t>(i)]->hz = 400 + 350 * i;
        phones[static_cast<std::size_t>(i)]->amplitude = 5'000;
    }
    std::vector<media::RoomLeg> seats;
    for (const auto& phone : phones) {
        phone->join(engine);
        seats.push_back({.leg = phone->leg});
        engine.set_room(1, seats);  // one by one, as people come
    }
    media::test::play_ms(phones, 2'000);
    std::size_t deaf = 0, echoing = 0;
    for (const auto& listener : phones) {
        for (int i = 0; i < 3; ++i) {
            const auto& talker = phones[static_cast<std::size_t>(i)];
            if (listener == talker) {
                echoing += listener->hears(talker->hz, 400) > 200 ? 1 : 0;
            } else {
                deaf += listener->hears_at_best(talker->hz, 800) < 3'500 ? 1 : 0;
            }
        }
    }
    CHECK(deaf == 0);
    CHECK(echoing == 0);
    CHECK(engine.statistics().legs == static_cast<std::uint32_t>(count));
    CHECK(engine.statistics().events_dropped == 0);
    CHECK(engine.statistics().tick_us_max > 0);
}

TEST_CASE("workers allocate nothing while legs come, talk, move, are prompted and go") {
    media::Engine engine(options(2));
    const Phones phones = make_phones(12);
    for (const auto& phone : phones) phone->join(engine);
    media::test::play_ms(phones, 100);
    media::test::watch_workers(true);
    const std::uint64_t before = media::test::allocations_on_workers();
    Prng prng{5};
    const std::vector<std::string> prompts{"welcome"};
    for (int round = 0; round < 60; ++round) {
        std::vector<media::RoomLeg> one, two;
        for (const auto& phone : phones) {
            phone->hz = prng.below(2) == 0 ? 500 : 0;
            (prng.below(2) == 0 ? one : two)
                .push_back({.leg = phone->leg, .speaks = prng.below(4) != 0});
        }
        engine.set_room(1, one);
        engine.set_room(2, two);
        engine.play(phones[prng.below(12)]->leg, prompts, prng.below(2) == 0);
        engine.announce(1 + prng.below(2), "someone_joined");
        media::test::play_ms(phones, 20);
    }
    media::test::watch_workers(false);
    CHECK(media::test::allocations_on_workers() == before);
    CHECK(engine.statistics().events_dropped == 0);
}

TEST_CASE("legs open, move, speak and close in the middle of everything, from several threads") {
    std::atomic<std::uint64_t> told{0};
    auto made = options(3);
    made.on_event = [&](const media::Event&) { ++told; };
    media::Engine engine(made);
    constexpr media::LegId per_thread = 24;
    std::atomic<bool> done{false};
    const auto churn = [&](std::uint64_t thread) {
        Prng prng{thread};
        std::set<media::LegId> open;
        const std::vector<std::string> prompts{"joined", "welcome"};
        while (!done.load()) {
            const media::LegId leg = thread * 1'000 + prng.below(per_thread);
            switch (prng.below(8)) {
                case 0:
                case 1:
                    if (open.insert(leg).second) {
                        const auto port = engine.open(leg);
                        REQUIRE(port.ok());
                        // Its remote is its own port: it hears
                        // itself, so packets flow without a phone.
                        engine.configure(
                            leg, {.event_payload_type = 101,
                                  .remote = media::Address{media::test::loopback, port.value()}});
                    }
                    break;
                case 2:
                    if (prng.below(3) == 0) {
                        engine.close(leg);
                        open.erase(leg);
                    }
                    break;
                case 3: engine.play(leg, prompts, prng.below(2) == 0); break;
                case 4: engine.announce(prng.below(5), "someone_left"); break;
                case 5: (void)engine.statistics(leg); break;
                default: {
                    std::vector<media::RoomLeg> seats;
                    for (const media::LegId member : open) {
                        if (prng.below(3) == 0)
                            seats.push_back({.leg = member, .speaks = prng.below(2) == 0});
                    }
                    if (prng.below(10) == 0) seats.clear();
                    engine.set_room(prng.below(5), seats);
                }
            }
            if (prng.below(8) == 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(prng.below(12)));
        }
        for (const media::LegId leg : open) engine.close(leg);
    };
    std::vector<std::thread> threads;
    for (std::uint64_t i = 1; i <= 2; ++i) threads.emplace_back(churn, i);
    std::this_thread::sleep_for(std::chrono::seconds(6));
    done.store(true);
    for (std::thread& thread : threads) thread.join();
    CHECK(engine.statistics().legs == 0);
    CHECK(told.load() > 0);
    CHECK(engine.statistics().events_dropped == 0);
}

TEST_CASE("a closed leg's port is free again soon, and a full range says so") {
    auto few = options(1);
    few.port_min = 42'900;
    few.port_max = 42'907;  // four pairs
    media::Engine engine(few);
    std::set<std::uint16_t> ports;
    for (media::LegId leg = 1; leg <= 4; ++leg) {
        const auto port = engine.open(leg);
        REQUIRE(port.ok());
        CHECK(port.value() % 2 == 0);
        ports.insert(port.value());
    }
    CHECK(ports.size() == 4);
    const auto fifth = engine.open(5);
    REQUIRE(!fifth.ok());
    CHECK(fifth.error() == media::Fault::no_port_free);
    engine.close(2);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    CHECK(engine.open(5).ok());
}

TEST_CASE("ports that others hold are stepped over") {
    auto few = options(1);
    few.port_min = 42'920;
    few.port_max = 42'925;
    const auto rtp_of_first = media::bind_udp({.ip = media::test::loopback, .port = 42'920});
    const auto rtcp_of_second = media::bind_udp({.ip = media::test::loopback, .port = 42'923});
    REQUIRE(rtp_of_first.ok());
    REQUIRE(rtcp_of_second.ok());
    media::Engine engine(few);
    const auto port = engine.open(1);
    REQUIRE(port.ok());
    CHECK(port.value() == 42'924);
    CHECK(!engine.open(2).ok());
    media::close_udp(rtp_of_first.value());
    media::close_udp(rtcp_of_second.value());
}
