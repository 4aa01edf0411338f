#include "media/sound/concealer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "media/sound/frame.hpp"
#include "media/sound/tone.hpp"

namespace {

std::vector<std::int16_t> tone(std::int32_t hz, std::int64_t from, std::size_t samples) {
    std::vector<std::int16_t> sound;
    for (std::size_t i = 0; i < samples; ++i)
        sound.push_back(media::tone_sample(hz, from + static_cast<std::int64_t>(i), 10'000));
    return sound;
}

std::int64_t energy(std::span<const std::int16_t> sound) {
    std::int64_t sum = 0;
    for (const std::int16_t s : sound) sum += std::int64_t{s} * s;
    return sum / static_cast<std::int64_t>(sound.size());
}

}  // namespace

TEST_CASE("a hole in a voiced sound is filled with the same pitch, without a step at either end") {
    for (const std::int32_t hz :
         {80, 100, 125, 160, 200}) {  // whole pitch periods within 40..120 samples
        CAPTURE(hz);
        media::Concealer concealer;
        std::vector<std::int16_t> all = tone(hz, 0, 1'600);
        concealer.good(all);
        std::vector<std::int16_t> hole(160);
        concealer.fill(hole);
        const auto missed = tone(hz, 1'600, 160);
        CHECK(energy(hole) > energy(missed) / 2);
        CHECK(energy(hole) < energy(missed) * 2);
        all.insert(all.end(), hole.begin(), hole.end());
        auto next = tone(hz, 1'760, 160);
        concealer.good(next);
        all.insert(all.end(), next.begin(), next.end());
        int greatest = 0, greatest_clean = 0;
        for (std::size_t i = 1; i < all.size(); ++i)
            greatest = std::max(greatest, std::abs(all[i] - all[i - 1]));
        const auto clean = tone(hz, 0, 1'600);
        for (std::size_t i = 1; i < clean.size(); ++i)
            greatest_clean = std::max(greatest_clean, std::abs(clean[i] - clean[i - 1]));
        CHECK(greatest <= 2 * greatest_clean);
    }
}

TEST_CASE("a long hole fades to silence after 60 ms") {
    media::Concealer concealer;
    auto sound = tone(160, 0, 800);
    concealer.good(sound);
    std::vector<std::int16_t> hole(960);
    concealer.fill(hole);
    CHECK(energy(std::span{hole}.first(80)) > energy(sound) / 2);
    CHECK(energy(std::span{hole}.subspan(400, 80)) < energy(sound) / 8);
    CHECK(std::all_of(hole.begin() + 480, hole.end(), [](std::int16_t s) { return s == 0; }));
}

TEST_CASE("what comes after silence is blended in within 5 ms and then untouched") {
    media::Concealer concealer;
    std::vector<std::int16_t> hole(1'600);
    concealer.fill(hole);
    const auto clean = tone(400, 0, 160);
    auto sound = clean;
    concealer.good(sound);
    CHECK(std::abs(sound[0]) <= std::abs(clean[0]));
    CHECK(std::equal(sound.begin() + 40, sound.end(), clean.begin() + 40));
    auto next = tone(400, 160, 160);
    const auto before = next;
    concealer.good(next);
    CHECK(next == before);
}

TEST_CASE("full-scale sound is concealed without overflow") {
    media::Concealer concealer;
    std::vector<std::int16_t> square(800);
    for (std::size_t i = 0; i < square.size(); ++i) square[i] = i / 40 % 2 == 0 ? 32'767 : -32'768;
    concealer.good(square);
    std::vector<std::int16_t> hole(160);
    concealer.fill(hole);
    CHECK(energy(hole) > 800'000'000);
}
