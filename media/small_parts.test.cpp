// The small parts of the engine that have no file of tests
// each: the port pool, the tick meter, tones, addresses.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>
#include <set>

#include "media/engine.hpp"
#include "media/port_pool.hpp"
#include "media/sound/tone.hpp"
#include "media/tick_meter.hpp"

TEST_CASE("ports are even, go round the whole range before one comes again, and run out") {
    media::PortPool pool(20'001, 20'010, 0);
    CHECK(pool.pairs() == 4);
    std::set<std::uint16_t> given;
    for (int i = 0; i < 4; ++i) given.insert(pool.take().value());
    CHECK(given == std::set<std::uint16_t>{20'002, 20'004, 20'006, 20'008});
    CHECK(!pool.take().has_value());
    pool.give_back(20'004);
    CHECK(pool.take() == 20'004);
    pool.give_back(20'002);
    pool.give_back(20'008);
    CHECK(pool.take() == 20'008);  // 20002 was used less recently, but the round goes on from 20006
    CHECK(media::PortPool(20'000, 20'000, 5).pairs() == 0);
    CHECK(!media::PortPool(20'000, 20'000, 5).take().has_value());
    CHECK(media::PortPool(20'000, 20'009, 7).take() == 20'004);
    CHECK(media::PortPool(65'534, 65'535, 5).take() == 65'534);
}

TEST_CASE("a tick's time lands in a bucket whose top is at most a quarter more") {
    for (std::uint32_t us = 0; us < 1'000'000; us += 1 + us / 50) {
        const std::uint32_t top = media::TickMeter::top_of(media::TickMeter::bucket_of(us));
        CHECK(top >= us);
        CHECK(top <= us + us / 4);
    }
}

TEST_CASE("quantiles come out of the histogram") {
    media::TickMeter meter;
    media::TickMeter::Counts counts{};
    CHECK(media::TickMeter::quantile(counts, 500) == 0);
    for (int i = 0; i < 980; ++i) meter.record(100);
    for (int i = 0; i < 20; ++i) meter.record(5'000);
    meter.add_to(counts);
    CHECK(meter.max_us() == 5'000);
    CHECK(media::TickMeter::quantile(counts, 500) >= 100);
    CHECK(media::TickMeter::quantile(counts, 500) < 125);
    CHECK(media::TickMeter::quantile(counts, 990) >= 5'000);
}

TEST_CASE("the integer sine is a sine") {
    for (int phase = 0; phase < 65'536; phase += 97) {
        const double real = 32'767 * std::sin(2 * std::numbers::pi * phase / 65'536);
        CHECK(std::abs(media::sine_q15(static_cast<std::uint16_t>(phase)) - real) < 60);
    }
}

TEST_CASE("addresses are parsed or refused") {
    CHECK(media::parse_address("127.0.0.1", 5'000) ==
          media::Address{.ip = 0x7f00'0001, .port = 5'000});
    for (const char* text :
         {"", "localhost", "::1", "1.2.3", "1.2.3.4.5", "256.1.1.1", " 1.2.3.4"}) {
        CAPTURE(text);
        CHECK(!media::parse_address(text, 1).has_value());
    }
}
