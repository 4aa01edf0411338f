#include "media/sound/concealer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/hash.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/test_sound.hpp"
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

TEST_CASE("at every rate a hole has the pitch and the strength of what was before it") {
    for (const std::uint32_t rate : {8'000u, 16'000u, 44'100u, 48'000u}) {
        for (const double hz : {70.0, 80.0, 100.0, 125.0, 160.0, 199.0}) {
            CAPTURE(rate);
            CAPTURE(hz);
            media::Concealer concealer(rate);
            const auto voice = [&](std::size_t from, std::size_t samples) {
                auto sound = media::test::sine(hz, rate, samples, 8'000, from);
                const auto high = media::test::sine(3 * hz, rate, samples, 4'000, from);
                for (std::size_t i = 0; i < samples; ++i)
                    sound[i] = static_cast<std::int16_t>(sound[i] + high[i]);
                return sound;
            };
            const std::size_t frame = rate / 50;
            std::vector<std::int16_t> heard;
            for (std::size_t i = 0; i < 5; ++i) {
                auto sound = voice(i * frame, frame);
                concealer.good(sound);
                heard.insert(heard.end(), sound.begin(), sound.end());
            }
            std::vector<std::int16_t> hole(frame);
            concealer.fill(hole);
            heard.insert(heard.end(), hole.begin(), hole.end());
            auto next = voice(6 * frame, frame);
            concealer.good(next);
            heard.insert(heard.end(), next.begin(), next.end());
            const auto expected = voice(0, 7 * frame);
            // Behind the quarter of a pitch that leads in, and before it begins to fade.
            const std::size_t after = 5 * frame + rate / 260;
            const auto exact = std::span{expected}.subspan(after, 5 * frame + rate / 100 - after);
            const auto invented = std::span{heard}.subspan(after, exact.size());
            CHECK(media::test::snr_db(exact, invented) > 10);
            int steepest = 0, steepest_clean = 0;
            for (std::size_t i = 1; i < expected.size(); ++i) {
                steepest = std::max(steepest, std::abs(heard[i] - heard[i - 1]));
                steepest_clean = std::max(steepest_clean, std::abs(expected[i] - expected[i - 1]));
            }
            CHECK(steepest <= 2 * steepest_clean);
        }
    }
}

TEST_CASE("at every rate a long hole is silent after 60 ms, and sound is back after 5") {
    for (const std::uint32_t rate : {8'000u, 16'000u, 44'100u, 48'000u}) {
        media::Concealer concealer(rate);
        auto sound = media::test::sine(160, rate, rate / 10, 20'000);
        concealer.good(sound);
        std::vector<std::int16_t> hole(rate / 10);
        concealer.fill(hole);
        const std::size_t end = rate * 60 / 1'000;
        CHECK(std::ranges::all_of(std::span{hole}.subspan(end), [](auto s) { return s == 0; }));
        CHECK(std::abs(hole[end - 1]) < 300);  // faded, not cut
        const auto clean = media::test::sine(400, rate, rate / 50, 20'000);
        auto back = clean;
        concealer.good(back);
        CHECK(std::equal(back.begin() + rate / 200, back.end(), clean.begin() + rate / 200));
    }
}

TEST_CASE("what is invented has the same bits on every machine") {
    std::vector<std::int16_t> all;
    for (const std::uint32_t rate : {8'000u, 16'000u, 44'100u, 48'000u}) {
        media::Concealer concealer(rate);
        const std::size_t frame = rate / 50;
        for (std::size_t i = 0; i < 40; ++i) {
            std::vector<std::int16_t> sound(frame);
            for (std::size_t k = 0; k < frame; ++k) {
                const auto phase = static_cast<std::uint16_t>((i * frame + k) * 8'700'000 / rate);
                sound[k] = static_cast<std::int16_t>(media::sine_q15(phase) / 4);
            }
            if (i % 5 == 4)
                concealer.fill(sound);
            else
                concealer.good(sound);
            all.insert(all.end(), sound.begin(), sound.end());
        }
    }
    base::start_crypto();
    const auto hash = base::blake2b({reinterpret_cast<const char*>(all.data()), all.size() * 2});
    CHECK(base::hex(hash).substr(0, 16) == "41e811b5729b1269");
}
