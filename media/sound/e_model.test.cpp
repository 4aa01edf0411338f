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

TEST_CASE("losses impair codecs as the tables of G.113, appendix I, say") {
    struct Case {
        media::Equipment codec;
        double percent, impairment, tolerance;
    };
    // Of the edition of 2001, in which Ie stands by loss, rounded: random losses of G.729A + VAD
    // (11 and 19 in the later editions), G.723.1 + VAD (15 and 16.1), G.711 with its appendix I,
    // this one in steps of five.
    constexpr media::Equipment g729a{11, 19}, g723{15, 16.1}, g711{0, 25.1};
    for (const Case& given :
         {Case{g729a, 0, 11, 0.01}, Case{g729a, 0.5, 13, 0.6}, Case{g729a, 1, 15, 0.6},
          Case{g729a, 2, 19, 0.6},  Case{g729a, 3, 23, 0.6},   Case{g729a, 4, 26, 0.6},
          Case{g729a, 8, 36, 0.6},  Case{g729a, 16, 49, 0.6},  Case{g723, 0, 15, 0.01},
          Case{g723, 1, 19, 1.2},   Case{g723, 2, 24, 1.2},    Case{g723, 4, 32, 1.2},
          Case{g723, 8, 41, 1.2},   Case{g723, 16, 55, 1.2},   Case{g711, 2, 7, 2.5},
          Case{g711, 3, 10, 2.5},   Case{g711, 5, 15, 2.5},    Case{g711, 7, 20, 2.5},
          Case{g711, 10, 25, 2.5},  Case{g711, 15, 35, 2.5}}) {
        CAPTURE(given.codec.impairment);
        CAPTURE(given.percent);
        CHECK(std::abs(media::effective_impairment(given.codec, given.percent / 100, 1) -
                       given.impairment) < given.tolerance);
    }
}

TEST_CASE("holes that nobody fills cost more") {
    const media::Path filled{.loss = 0.01};
    media::Path open = filled;
    open.concealed = false;
    // 95 / 26.1 and 95 / 5.3.
    CHECK(std::abs(media::rating_of({}) - media::rating_of(filled) - 3.640) < 0.001);
    CHECK(std::abs(media::rating_of({}) - media::rating_of(open) - 17.925) < 0.001);
}

TEST_CASE("losses that cluster cost more than as many by chance") {
    // Chydzinski and Adamczyk, "Burst Ratio of Packet Losses in Individual Network Flows"
    // (Informatica 34, 2023), section 1 and its example: of 16 packets 1 and 3 in a row are lost.
    CHECK(std::abs(media::burst_ratio(2, 4.0 / 16) - 1.5) < 1e-12);
    // By chance: runs of 1 / (1 - loss) in the mean.
    CHECK(std::abs(media::burst_ratio(1 / 0.9, 0.1) - 1) < 1e-12);
    CHECK(media::burst_ratio(0, 0) == 1);
    CHECK(media::burst_ratio(400, 0.02) == 8);
    // 95 * 10 / (10 / 2 + 25.1), by hand.
    CHECK(std::abs(media::effective_impairment({}, 0.1, 2) - 31.561) < 0.001);
    double before = 100;
    for (double ratio = 1; ratio <= 8; ratio += 0.5) {
        const double rating = media::rating_of({.loss = 0.03, .burst_ratio = ratio});
        CHECK(rating < before);
        before = rating;
    }
}

TEST_CASE("a measured path is rated as a connection is") {
    for (const std::uint32_t loss : {0u, 7u, 100u, 1'000u}) {
        for (const std::uint32_t ms : {0u, 99u, 101u, 400u}) {
            CHECK(media::rating_of({.loss = loss / 1'000.0, .delay_ms = double(ms)}) ==
                  media::transmission_rating({.loss_per_mille = loss, .delay_ms = ms}));
        }
    }
    CHECK(media::rating_of({.loss = -1, .delay_ms = -5}) == media::rating_of({}));
}

TEST_CASE("a wide band is rated on its own scale, with its codecs' own factors") {
    using media::Band;
    using media::Codec;
    // G.107.1: 129 less Ie,wb, and annex A. G.722 at 64 kbit/s has 13: 116, which is 89.92 there.
    CHECK(media::rating_of({.codec = Codec::g722}) == doctest::Approx(116).epsilon(0.0001));
    CHECK(media::opinion_score(116, Band::wide) == doctest::Approx(4.3371).epsilon(0.0001));
    CHECK(media::opinion_score(129, Band::wide) == 4.5);
    CHECK(media::rating_of({.codec = Codec::l16, .rate_hz = 16'000}) ==
          doctest::Approx(129).epsilon(0.0001));
    CHECK(media::rating_of({.codec = Codec::l16}) == media::rating_of({}));
    CHECK(media::equipment_of(Codec::opus, true).band == Band::wide);
    CHECK(media::equipment_of(Codec::pcma, true).band == Band::narrow);
    // G.107.1, 7-15, with G.722.2's values at 12.65 kbit/s, both ears (G.113, tables IV.3 and
    // IV.4): 20 + 75 x 2 / (2 + 4.3), a score of 3.41.
    const double impaired = media::effective_impairment({20, 4.3, Band::wide}, 0.02, 1);
    CHECK(impaired == doctest::Approx(43.8095).epsilon(0.0001));
    CHECK(media::opinion_score(129 - impaired, Band::wide) ==
          doctest::Approx(3.4062).epsilon(0.0001));
    // Opus at one percent: 16.8 + 78.2 / 11.4.
    CHECK(media::rating_of({.codec = Codec::opus, .loss = 0.01}) ==
          doctest::Approx(129 - 23.6596).epsilon(0.0001));
}

TEST_CASE("who is between two telephones decodes and codes again, and both ways lose") {
    for (const auto codec : {media::Codec::pcmu, media::Codec::g722, media::Codec::opus}) {
        const auto equipment = media::equipment_of(codec, true);
        const double bursts = equipment.band == media::Band::narrow ? 2 : 1;  // G.107.1 has none
        const double once = media::rating_of({.codec = codec, .loss = 0.02});
        const double twice = media::rating_of({.codec = codec,
                                               .loss = 0.02,
                                               .relayed = true,
                                               .relay_loss = 0.05,
                                               .relay_burst_ratio = 2});
        CHECK(once - twice ==
              doctest::Approx(media::effective_impairment(equipment, 0.05, bursts)).epsilon(1e-9));
    }
    CHECK(media::opinion_hundredths({.relayed = true}) == 441);
    CHECK(media::opinion_hundredths({.relayed = true, .relay_loss_per_mille = 30}) ==
          media::opinion_hundredths({.loss_per_mille = 30}));
    CHECK(media::opinion_hundredths({.codec = media::Codec::g722}) == 434);
}
