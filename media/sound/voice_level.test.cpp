#include "media/sound/voice_level.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/prng.hpp"
#include "media/sound/level.hpp"
#include "media/sound/test_sound.hpp"
#include "media/test_allocations.hpp"

namespace {

using media::test::Sound;

constexpr std::uint32_t rates[]{8'000, 16'000, 48'000};

Sound at_level(Sound sound, double dbov) {
    const double factor = std::pow(10, (dbov - media::test::dbov(sound)) / 20);
    for (auto& s : sound) s = media::test::to_sample(s * factor);
    return sound;
}

Sound noise(std::size_t samples, double dbov, std::uint64_t seed = 1) {
    Prng prng{seed};
    Sound sound(samples);
    for (auto& s : sound) s = static_cast<std::int16_t>(prng.below(20'001)) - 10'000;
    return at_level(sound, dbov);
}

template <class Worker>
Sound through(Worker& worker, Sound sound, std::uint32_t rate) {
    for (std::size_t at = 0; at + rate / 50 <= sound.size(); at += rate / 50)
        (void)worker.process(std::span{sound}.subspan(at, rate / 50));
    return sound;
}

double gain_db(const media::VoiceLeveller& leveller) {
    return 20 * std::log10(leveller.gain() / 4'096.0);
}

}  // namespace

TEST_CASE("a quiet talker is brought up and a loud one down, to -20 dBov while it talks") {
    for (const std::uint32_t rate : rates) {
        for (const double level : {-36.0, -30.0, -24.0, -20.0, -14.0, -10.0}) {
            CAPTURE(rate);
            CAPTURE(level);
            media::VoiceLeveller leveller;
            const Sound said = at_level(media::test::speech(rate, rate * 15), level);
            const Sound heard = through(leveller, said, rate);
            const double loud = media::test::dbov(std::span{heard}.subspan(rate * 12));
            // The level is that of the voiced frames: with its gaps, speech is some 2 dB less.
            CHECK(loud > -23.5);
            CHECK(loud < -18.5);
        }
    }
}

TEST_CASE("the gain stays within its limits") {
    media::VoiceLeveller up, down;
    (void)through(up, at_level(media::test::speech(8'000, 8'000 * 20), -45), 8'000);
    CHECK(gain_db(up) > 17.5);
    CHECK(gain_db(up) < 18.01);
    (void)through(down, at_level(media::test::speech(8'000, 8'000 * 20), -5), 8'000);
    CHECK(gain_db(down) >= -12.01);
}

TEST_CASE("silence and steady noise are not pumped up") {
    for (const double level : {-90.0, -60.0, -45.0}) {
        CAPTURE(level);
        media::VoiceLeveller leveller;
        (void)through(leveller, noise(8'000 * 60, level), 8'000);
        CHECK(std::abs(gain_db(leveller)) < 0.1);
        // A voice has set the gain: it stays through a minute of that noise.
        (void)through(leveller, at_level(media::test::speech(8'000, 8'000 * 10), -28), 8'000);
        const double talking = gain_db(leveller);
        (void)through(leveller, noise(8'000 * 60, level, 2), 8'000);
        CHECK(std::abs(gain_db(leveller) - talking) < 0.5);
    }
    // Loud noise that begins suddenly is taken for a voice until it has lasted 1.5 s.
    media::VoiceLeveller leveller;
    (void)through(leveller, Sound(8'000 * 5, 0), 8'000);
    (void)through(leveller, noise(8'000 * 60, -35), 8'000);
    CHECK(gain_db(leveller) < 6);
}

TEST_CASE("between frames the gain makes no step") {
    media::VoiceLeveller leveller;
    // A voice 100 ms long each second, over a tone that shows each step of the gain.
    const std::uint32_t rate = 48'000;
    Sound sound = media::test::sine(100, rate, rate * 10, 600);
    const Sound voice = at_level(media::test::speech(rate, rate * 10), -26);
    for (std::size_t i = 0; i < sound.size(); ++i)
        sound[i] = static_cast<std::int16_t>(sound[i] + (i / (rate / 2) % 2 == 0 ? voice[i] : 0));
    const Sound heard = through(leveller, sound, rate);
    CHECK(std::abs(gain_db(leveller)) > 1);
    int worst = 0;
    for (std::size_t at = 960; at < heard.size(); at += 960) {
        // The second difference at a frame's border, of both; a jump would stand out.
        const int raw = sound[at] - 2 * sound[at - 1] + sound[at - 2];
        const int made = heard[at] - 2 * heard[at - 1] + heard[at - 2];
        worst = std::max(worst, std::abs(made) - std::abs(raw) * 8);
    }
    CHECK(worst <= 8);
}

TEST_CASE("a shout after a whisper does not wrap or clip for long") {
    media::VoiceLeveller leveller;
    (void)through(leveller, at_level(media::test::speech(8'000, 8'000 * 20), -40), 8'000);
    REQUIRE(gain_db(leveller) > 12);
    const Sound shout = media::test::sine(300, 8'000, 1'600, 30'000);
    const Sound heard = through(leveller, shout, 8'000);
    const auto clipped =
        std::ranges::count_if(heard, [](auto s) { return s == 32'767 || s == -32'768; });
    CHECK(clipped < 5);
    for (std::size_t i = 0; i < heard.size(); ++i) CHECK(heard[i] * shout[i] >= 0);
}

TEST_CASE("the gate lets words through whole, and nothing of the noise between them") {
    for (const std::uint32_t rate : rates) {
        for (const double hiss : {-75.0, -60.0, -50.0}) {
            CAPTURE(rate);
            CAPTURE(hiss);
            media::NoiseGate gate;
            Sound sound = noise(rate * 12, hiss);
            const Sound word = at_level(media::test::speech(rate, rate), -24);
            for (std::size_t second = 3; second < 12; second += 3) {
                for (std::size_t i = 0; i < word.size(); ++i) {
                    auto& s = sound[second * rate + i];
                    s = media::test::to_sample(s + word[i]);
                }
            }
            const Sound heard = through(gate, sound, rate);
            for (std::size_t second = 3; second < 12; second += 3) {
                const auto part = [&](const Sound& all, double from, double to) {
                    return std::span{all}.subspan(
                        static_cast<std::size_t>((static_cast<double>(second) + from) * rate),
                        static_cast<std::size_t>((to - from) * rate));
                };
                CHECK(media::test::snr_db(part(sound, 0, 1), part(heard, 0, 1)) > 30);
                CHECK(media::test::dbov(part(heard, 1.4, 1.9)) < -150);
                CHECK(media::test::dbov(part(heard, -1, -0.05)) < -150);
            }
        }
    }
}

TEST_CASE("what is louder than -39 dBov always passes, however steady") {
    media::NoiseGate gate;
    const Sound hum = media::test::sine(440, 8'000, 8'000 * 10, 32'767 * std::pow(10, -35.0 / 20));
    const Sound heard = through(gate, hum, 8'000);
    CHECK(std::equal(heard.begin() + 160, heard.end(), hum.begin() + 160));
}

TEST_CASE("the gate closes over 20 ms and opens within 2, without a step") {
    media::NoiseGate gate;
    const std::int16_t loud = 4'000;
    Sound sound(8'000, 0);
    std::fill(sound.begin(), sound.begin() + 1'600, loud);
    // Energy falls below the threshold, not to nothing: what is faded can be seen.
    std::fill(sound.begin() + 1'600, sound.end(), std::int16_t{30});
    std::fill(sound.begin() + 6'400, sound.end(), loud);
    const Sound heard = through(gate, sound, 8'000);
    CHECK(heard[0] < 1'000);
    CHECK(heard[16] == loud);
    const auto first_zero = std::find(heard.begin() + 1'600, heard.end(), 0) - heard.begin();
    CHECK(first_zero > 1'600 + 160 * 9);
    CHECK(first_zero <= 1'600 + 160 * 10);
    CHECK(heard[5'000] == 0);
    for (std::size_t i = 1'601; i < 6'400; ++i) CHECK(std::abs(heard[i] - heard[i - 1]) <= 1);
    CHECK(heard[6'400] < 1'000);
    CHECK(heard[6'416] == loud);
}

TEST_CASE("levelling and gating allocate nothing") {
    media::VoiceLeveller leveller;
    media::NoiseGate gate;
    Sound frame = media::test::sine(300, 8'000, 160, 8'000);
    CHECK(media::test::allocations_during([&] {
              leveller.process(frame);
              (void)gate.process(frame);
          }) == 0);
}
