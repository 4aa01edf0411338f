#include "media/sound/comfort_noise.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

#include "base/hash.hpp"
#include "media/sound/level.hpp"
#include "media/sound/test_sound.hpp"

TEST_CASE("noise is as loud as the payload says, at every rate") {
    for (const std::size_t frame : {160u, 320u, 882u, 960u}) {
        for (int level = 5; level <= 80; ++level) {
            CAPTURE(level);
            media::ComfortNoise noise(7);
            const std::array payload{static_cast<std::uint8_t>(level)};
            REQUIRE(noise.accept(payload));
            std::vector<std::int16_t> all;
            for (int i = 0; i < 50; ++i) {
                std::vector<std::int16_t> out(frame);
                noise.fill(out);
                all.insert(all.end(), out.begin(), out.end());
            }
            CHECK(std::abs(media::test::dbov(all) + level) < 0.7);
            double mean = 0;
            for (const double s : all) mean += s / static_cast<double>(all.size());
            CHECK(std::abs(mean) < 0.05 * std::sqrt(media::test::energy(all)) + 0.05);
        }
    }
}

TEST_CASE("the level that is told is the level that was measured") {
    CHECK(media::noise_level(1u << 30) == 0);
    CHECK(media::noise_level((1u << 30) / 10) == 10);
    CHECK(media::noise_level((1u << 30) / 100'000) == 50);
    CHECK(media::noise_level(1) == 90);
    CHECK(media::noise_level(0) == 127);
    for (std::uint8_t level = 5; level < 70; ++level) {
        CAPTURE(static_cast<int>(level));
        media::ComfortNoise noise(level);
        noise.set_level(level);
        std::vector<std::int16_t> out(48'000);
        noise.fill(out);
        CHECK(std::abs(media::noise_level(media::energy_of(out)) - level) <= 1);
    }
}

TEST_CASE("spectrum and unknown bits are ignored, an empty payload changes nothing") {
    media::ComfortNoise plain(3), fancy(3);
    CHECK(plain.accept(std::array<std::uint8_t, 1>{40}));
    CHECK(fancy.accept(std::array<std::uint8_t, 5>{0x80 | 40, 1, 200, 3, 4}));
    CHECK(!fancy.accept({}));
    std::vector<std::int16_t> a(160), b(160);
    plain.fill(a);
    fancy.fill(b);
    CHECK(a == b);
}

TEST_CASE("a level of 127, or none yet, is silence") {
    std::vector<std::int16_t> out(160, 5);
    media::ComfortNoise noise(3);
    noise.fill(out);
    CHECK(out == std::vector<std::int16_t>(160, 0));
    noise.set_level(127);
    noise.fill(out);
    CHECK(out == std::vector<std::int16_t>(160, 0));
}

TEST_CASE("a new level is reached by gliding") {
    media::ComfortNoise noise(3);
    std::vector<std::int16_t> out(960);
    noise.set_level(70);
    noise.fill(out);
    noise.set_level(20);
    noise.fill(out);
    const auto piece = [&](std::size_t i) {
        return media::test::dbov(std::span{out}.subspan(i, 96));
    };
    CHECK(piece(0) < piece(864) - 15);
    noise.fill(out);
    CHECK(std::abs(media::test::dbov(out) + 20) < 1);
}

TEST_CASE("the same seed makes the same noise on every machine") {
    media::ComfortNoise noise(2'026);
    std::vector<std::int16_t> out(960);
    noise.set_level(30);
    noise.fill(out);
    base::start_crypto();
    const auto hash = base::blake2b({reinterpret_cast<const char*>(out.data()), out.size() * 2});
    CHECK(base::hex(hash).substr(0, 16) == "dcb119cddd0f4917");
}
