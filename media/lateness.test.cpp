#include "media/lateness.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>

#include "base/prng.hpp"
#include "media/sound/e_model.hpp"

using media::Lateness;

namespace {

constexpr std::int32_t frame_us = 20'000, most = 8;

/// One in `every` packets takes `late_ms` longer than the others do.
Lateness heard(int packets, int every, std::int32_t late_ms, std::int32_t transit_us = 50'000) {
    Lateness lateness;
    for (int i = 0; i < packets; ++i)
        lateness.note(transit_us + (every > 0 && i % every == every / 2 ? late_ms * 1'000 : 0));
    return lateness;
}

}  // namespace

TEST_CASE("prices are those of the E-model") {
    const double here = media::delay_impairment(media::elsewhere_ms);
    for (std::int32_t ms = 0; ms < 300; ++ms) {
        CAPTURE(ms);
        const double impairment = media::delay_impairment(media::elsewhere_ms + ms) - here;
        CHECK(std::abs(media::price_of_wait(ms * 1'000) / 1'000.0 - impairment) < 0.03);
    }
    CHECK(media::price_of_wait(-5) == 0);
    CHECK(media::price_of_wait(INT32_MAX) == media::price_of_wait(299'999));
    for (std::int32_t per_mille = 0; per_mille <= 1'000; ++per_mille) {
        CAPTURE(per_mille);
        const double impairment = media::effective_impairment(
            media::equipment_of(media::Codec::pcmu, true), per_mille / 1'000.0, 1);
        CHECK(std::abs(media::price_of_loss(per_mille * 1'000) / 1'000.0 - impairment) < 0.002);
    }
}

TEST_CASE("who knows nothing holds all back that may be held back") {
    CHECK(Lateness{}.depth_frames(0, most) == most);
    CHECK_FALSE(heard(63, 0, 0).knows());
    CHECK(heard(63, 0, 0).depth_frames(60'000, most) == most);
    CHECK(heard(64, 0, 0).knows());
    CHECK(heard(64, 0, 0).depth_frames(60'000, most) == 0);
}

TEST_CASE("packets that are late often are waited for, packets that are late seldom are not") {
    // Played 8 ms after the fastest ones, or 28, 48, 68, ...
    CHECK(heard(2'000, 10, 50).depth_frames(58'000, most) == 3);
    CHECK(heard(2'000, 10, 30).depth_frames(58'000, most) == 2);
    CHECK(heard(2'000, 400, 50).depth_frames(58'000, most) == 0);
    // Half of all 150 ms late: what is lost costs more than the wait; later than the histogram
    // knows, nothing helps.
    CHECK(heard(2'000, 2, 150).depth_frames(58'000, most) == 8);
    CHECK(heard(2'000, 10, 900).depth_frames(58'000, most) == 0);
}

TEST_CASE("it is the cheapest depth, by the E-model itself") {
    Prng prng{5};
    for (int round = 0; round < 20; ++round) {
        CAPTURE(round);
        Lateness lateness;
        std::array<double, media::lateness_bins> share{};
        const double scale = 2 + 3.0 * round;
        // By chance, on bins alone: no rounding between the two computations.
        double weight = 0;
        for (int i = 0; i < 20'000; ++i) {
            const double u = (static_cast<double>(prng.below(1'000'000)) + 0.5) / 1e6;
            const int bin = std::min(59, static_cast<int>(scale / 4 * (std::pow(u, -0.4) - 1)));
            lateness.note(bin * media::lateness_bin_us);
            const double now = std::exp2(i / 710.0);  // 31/32 every 32 packets
            share[static_cast<std::size_t>(bin)] += now;
            weight += now;
        }
        const auto price = [&](int depth) {
            double late = 0;
            for (std::size_t bin = static_cast<std::size_t>(5 * depth + 2); bin < share.size();
                 ++bin)
                late += share[bin] / weight;
            return media::rating_of({.loss = late, .delay_ms = 150.0 + 8 + 20 * depth});
        };
        double best = -100;
        for (int depth = 0; depth <= most; ++depth) best = std::max(best, price(depth));
        const int chosen = lateness.depth_frames(8'000, most);
        CHECK(best - price(chosen) < 0.5);
    }
}

TEST_CASE("origins do not matter, nor does a clock that drifts") {
    for (const std::int32_t from_us : {-900'000'000, -50'003, 0, 77'777, 900'000'000}) {
        CAPTURE(from_us);
        const Lateness lateness = heard(2'000, 10, 50, from_us / 4'000 * 4'000);
        CHECK(lateness.depth_frames(from_us / 4'000 * 4'000 + 8'000, most) == 3);
        CHECK(lateness.depth_now(from_us / 4'000 * 4'000 + 8'000) == 0);
        CHECK(lateness.depth_now(from_us / 4'000 * 4'000 - 8'000) == -1);
        CHECK(lateness.depth_now(from_us / 4'000 * 4'000 + 45'000) == 2);
    }
    for (const std::int32_t drift_us : {-4, 4}) {  // 200 ppm
        Lateness lateness;
        std::int32_t at_us = 0;
        for (int i = 0; i < 100'000; ++i) lateness.note((at_us += drift_us));
        CHECK(lateness.depth_now(at_us + 8'000) <= 1);
        CHECK(lateness.depth_frames(at_us + 8'000, most) <= 1);
    }
}

TEST_CASE("another way is learned within a second, and the old one forgotten within two minutes") {
    Lateness lateness = heard(5'000, 0, 0);
    for (int i = 0; i < 50; ++i) lateness.note(50'000 + 100'000);
    CHECK(lateness.depth_frames(58'000, most) >= 5);
    for (int i = 0; i < 6'000; ++i) lateness.note(50'000 + 100'000);
    CHECK(lateness.depth_now(158'000) == 0);
    // Faster than ever: what was before came late.
    for (int i = 0; i < 6'000; ++i) lateness.note(0);
    CHECK(lateness.depth_now(8'000) == 0);
    CHECK(lateness.depth_frames(8'000, most) == 0);
    // Another second: nothing of what is known helps, and is soon forgotten.
    for (int i = 0; i < 1'000; ++i) lateness.note(1'000'000);
    CHECK(lateness.depth_now(1'008'000) == 0);
}
