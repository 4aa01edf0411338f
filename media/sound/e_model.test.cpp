#include "media/sound/e_model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

TEST_CASE("an unimpaired connection is rated 93.2, which is a score of 4.41") {
    CHECK(std::abs(media::transmission_rating({}) - 93.2) < 0.05);
    CHECK(media::opinion_hundredths({}) == 441);
}

TEST_CASE("scores are those of the recommendation's table") {
    struct Case {
        double rating, score;
    };
    // G.107, table B.1, lower limits; they are rounded there.
    for (const Case& given :
         {Case{90, 4.34}, Case{80, 4.03}, Case{70, 3.60}, Case{60, 3.10}, Case{50, 2.58},
          Case{0, 1}, Case{-20, 1}, Case{100, 4.5}, Case{120, 4.5}}) {
        CAPTURE(given.rating);
        CHECK(std::abs(media::opinion_score(given.rating) - given.score) < 0.01);
    }
}

TEST_CASE("losses cost what G.113 says for G.711 with concealment") {
    // 95 p / (p + 25.1), by hand.
    struct Case {
        std::uint32_t per_mille;
        double rating;
    };
    for (const Case& given :
         {Case{10, 89.57}, Case{30, 83.06}, Case{50, 77.43}, Case{100, 66.14}}) {
        CAPTURE(given.per_mille);
        CHECK(std::abs(media::transmission_rating({.loss_per_mille = given.per_mille}) -
                       given.rating) < 0.05);
    }
}

TEST_CASE("delay costs what the formulas of G.107 say, all of them computed apart from this code") {
    struct Case {
        std::uint32_t ms;
        double rating;
    };
    for (const Case& given : {Case{0, 93.206}, Case{100, 90.664}, Case{150, 89.539},
                              Case{200, 85.805}, Case{300, 72.666}, Case{400, 62.247}}) {
        CAPTURE(given.ms);
        CHECK(std::abs(media::transmission_rating({.delay_ms = given.ms}) - given.rating) < 0.01);
    }
    // And near the well-known lines through them, 0.024 d + 0.11 (d - 177.3).
    for (std::uint32_t ms = 0; ms <= 350; ms += 10) {
        CAPTURE(ms);
        const double lines = 93.2 - 0.024 * ms - 0.11 * std::max(0.0, ms - 177.3);
        CHECK(std::abs(media::transmission_rating({.delay_ms = ms}) - lines) < 2.6);
    }
}

TEST_CASE("more loss and more delay are never better, and nothing leaves the scale") {
    for (const auto codec : {media::Codec::pcmu, media::Codec::pcma, media::Codec::g722,
                             media::Codec::l16, media::Codec::opus}) {
        for (std::uint32_t loss = 0; loss <= 1'100; loss += 50) {
            std::uint16_t before = 451;
            for (std::uint32_t ms = 0; ms <= 5'000; ms += 125) {
                const auto score = media::opinion_hundredths(
                    {.codec = codec, .loss_per_mille = loss, .delay_ms = ms});
                CHECK(score <= before);
                CHECK(score >= 100);
                before = score;
            }
        }
    }
    CHECK(media::opinion_hundredths({.loss_per_mille = 1'000, .delay_ms = 4'000'000'000u}) == 100);
}
