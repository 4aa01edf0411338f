#include "media/sound/resampler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <thread>
#include <vector>

#include "base/hash.hpp"
#include "base/prng.hpp"
#include "media/sound/test_sound.hpp"
#include "media/test_allocations.hpp"

namespace {

using media::Resampler;
using media::test::Sound;

constexpr std::uint32_t rates[]{8'000, 16'000, 44'100, 48'000};

Sound convert(Resampler& resampler, std::span<const std::int16_t> sound) {
    const std::size_t in = resampler.from_hz() / 50, out = resampler.to_hz() / 50;
    Sound converted(sound.size() / in * out);
    for (std::size_t i = 0; i < sound.size() / in; ++i)
        resampler.process(sound.subspan(i * in, in), std::span{converted}.subspan(i * out, out));
    return converted;
}

// What is left in dB below the tone when the best sine of `hz` is taken out; and the tone's level.
struct Purity {
    double level_db, rest_db, delay_ms;
};
Purity purity(std::span<const std::int16_t> sound, double hz, std::uint32_t rate_hz,
              double amplitude, std::size_t skip) {
    double sines = 0, cosines = 0, n = 0;
    const auto angle = [&](std::size_t i) {
        return 2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
    };
    for (std::size_t i = skip; i < sound.size(); ++i, ++n) {
        sines += sound[i] * std::sin(angle(i));
        cosines += sound[i] * std::cos(angle(i));
    }
    sines *= 2 / n;
    cosines *= 2 / n;
    double rest = 0;
    for (std::size_t i = skip; i < sound.size(); ++i) {
        const double d = sound[i] - sines * std::sin(angle(i)) - cosines * std::cos(angle(i));
        rest += d * d;
    }
    const double power = (sines * sines + cosines * cosines) / 2;
    return {10 * std::log10(power / (amplitude * amplitude / 2)), 10 * std::log10(rest / n / power),
            1'000 * std::atan2(-cosines, sines) / (2 * std::numbers::pi * hz)};
}

}  // namespace

TEST_CASE("tones below 0.42 of the lower rate keep their level and bring no image") {
    double worst_level = 0, worst_rest = -200;
    for (const std::uint32_t from : rates) {
        for (const std::uint32_t to : rates) {
            if (from == to) continue;
            CAPTURE(from);
            CAPTURE(to);
            for (const double part : {0.01, 0.0625, 0.125, 0.25, 0.35, 0.4, 0.42}) {
                CAPTURE(part);
                // A whole number of periods in half a second, so that sines are orthogonal.
                const double hz = std::round(part * std::min(from, to) / 2) * 2;
                Resampler resampler(from, to);
                const Sound out =
                    convert(resampler, media::test::sine(hz, from, from * 6 / 10, 20'000));
                const Purity heard = purity(out, hz, to, 20'000, to / 10);
                worst_level = std::max(worst_level, std::abs(heard.level_db));
                worst_rest = std::max(worst_rest, heard.rest_db);
                CHECK(std::abs(heard.level_db) < 0.2);
                CHECK(heard.rest_db < -60);
            }
        }
    }
    CHECK(worst_level < 0.01);  // measured 0.0054 dB
    CHECK(worst_rest < -69);    // measured -69.7 dB
}

TEST_CASE("tones above 0.58 of the lower rate are gone") {
    double worst = -200;
    for (const std::uint32_t from : rates) {
        for (const std::uint32_t to : rates) {
            if (to >= from) continue;
            CAPTURE(from);
            CAPTURE(to);
            for (const double part : {0.58, 0.6, 0.66, 0.75, 0.9, 1.0, 1.3, 2.0}) {
                const double hz = part * to;
                if (hz > from * 0.49) continue;
                CAPTURE(part);
                Resampler resampler(from, to);
                const Sound out =
                    convert(resampler, media::test::sine(hz, from, from * 6 / 10, 30'000));
                const double level = media::test::dbov(std::span{out}.subspan(to / 10)) -
                                     10 * std::log10(30'000.0 * 30'000 / 2 / (1 << 30));
                worst = std::max(worst, level);
                CHECK(level < -60);
            }
        }
    }
    CHECK(worst < -65);  // measured -65.5 dB
}

TEST_CASE("sound comes less than 3 ms later") {
    for (const std::uint32_t from : rates) {
        for (const std::uint32_t to : rates) {
            if (from == to) continue;
            Resampler resampler(from, to);
            const Sound out = convert(resampler, media::test::sine(100, from, from, 20'000));
            const Purity heard = purity(out, 100, to, 20'000, to / 10);
            CAPTURE(heard.delay_ms);
            CHECK(heard.delay_ms > 0);
            CHECK(heard.delay_ms < 2.05);
        }
    }
}

TEST_CASE("a constant stays what it is, and full scale neither wraps nor rings over") {
    for (const std::uint32_t from : rates) {
        for (const std::uint32_t to : rates) {
            Resampler resampler(from, to);
            for (const std::int16_t level : {-32'768, -1, 1'000, 32'767}) {
                const Sound out = convert(resampler, Sound(from, level));
                CHECK(std::ranges::all_of(std::span{out}.subspan(to / 10),
                                          [&](std::int16_t s) { return s == level; }));
            }
            Sound square(from);
            for (std::size_t i = 0; i < square.size(); ++i)
                square[i] = i * 100 / from % 2 == 0 ? 32'767 : -32'768;
            const Sound out = convert(resampler, square);
            // 5 ms into each half wave the sign is the square's: a wrapped sample would not be.
            int wrong = 0;
            const std::size_t half = to / 100, late = to / 400;
            for (std::size_t i = 10 * half; i + half < out.size(); ++i) {
                const std::size_t inside = i % half;
                if (inside < 2 * late || inside > half - 2) continue;
                if ((out[i] > 0) != (i / half % 2 == 0)) ++wrong;
            }
            CHECK(wrong == 0);
        }
    }
}

TEST_CASE("equal rates pass samples through untouched") {
    Resampler resampler(16'000, 16'000);
    const Sound sound = media::test::speech(16'000, 3'200);
    CHECK(convert(resampler, sound) == sound);
}

TEST_CASE("primed with the past it goes on as if it had always been there") {
    for (const std::uint32_t from : rates) {
        for (const std::uint32_t to : rates) {
            if (from == to) continue;
            const Sound sound = media::test::speech(from, from);
            const std::size_t in = from / 50, out = to / 50, tick = 20;
            Resampler always(from, to), late(from, to);
            const Sound expected = convert(always, sound);
            late.prime(std::span{sound}.first(tick * in));
            Sound begun(out);
            late.process(std::span{sound}.subspan(tick * in, in), begun);
            CHECK(std::equal(begun.begin(), begun.end(), expected.begin() + tick * out));
            late.reset();
            const Sound again = convert(late, sound);
            CHECK(again == expected);
        }
    }
}

TEST_CASE("a short past is preceded by silence") {
    Resampler primed(48'000, 8'000), fed(48'000, 8'000);
    Sound past(960, 0), out(160), expected(160);
    for (std::size_t i = 900; i < 960; ++i) past[i] = 5'000;
    fed.process(past, expected);
    primed.prime(std::span{past}.last(60));
    const Sound now = media::test::sine(440, 48'000, 960, 5'000);
    fed.process(now, expected);
    primed.process(now, out);
    CHECK(out == expected);
}

TEST_CASE("the same bits on every machine") {
    std::vector<std::int16_t> all;
    Prng prng{1};
    for (const std::uint32_t from : rates) {
        for (const std::uint32_t to : rates) {
            Resampler resampler(from, to);
            Sound noise(from / 5);
            for (auto& s : noise) s = static_cast<std::int16_t>(prng.next());
            const Sound out = convert(resampler, noise);
            all.insert(all.end(), out.begin(), out.end());
        }
    }
    base::start_crypto();
    const auto hash = base::blake2b({reinterpret_cast<const char*>(all.data()), all.size() * 2});
    CHECK(base::hex(hash).substr(0, 16) == "adb8e1c1d7180e54");
}

TEST_CASE("processing allocates nothing, and kernels may be asked for from many threads") {
    std::vector<std::thread> askers;
    for (int i = 0; i < 8; ++i) {
        askers.emplace_back([] {
            for (const std::uint32_t from : rates)
                for (const std::uint32_t to : rates) Resampler(from, to).reset();
        });
    }
    for (auto& asker : askers) asker.join();
    Resampler resampler(44'100, 48'000);
    Sound in(882, 1'000), out(960);
    CHECK(media::test::allocations_during([&] {
              resampler.prime(in);
              resampler.process(in, out);
              resampler.reset();
          }) == 0);
}
