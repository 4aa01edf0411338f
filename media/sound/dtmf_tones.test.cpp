#include "media/sound/dtmf_tones.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "media/sound/resampler.hpp"
#include "media/sound/test_sound.hpp"
#include "media/test_allocations.hpp"

namespace {

using media::test::Sound;

constexpr std::string_view keys = "123A456B789C*0#D";
constexpr double rows[]{697, 770, 852, 941}, columns[]{1'209, 1'336, 1'477, 1'633};

// Both tones at `dbm0` each; 0 dBm0 is 3.14 dB below a sine of full scale (G.711).
void add_key(Sound& sound, char key, double dbm0, std::size_t ms, std::uint32_t rate_hz = 8'000) {
    const std::size_t index = keys.find(key);
    const double amplitude = 32'767 * std::pow(10, (dbm0 - 3.14) / 20);
    const auto low = media::test::sine(rows[index / 4], rate_hz, ms * rate_hz / 1'000, amplitude);
    const auto high =
        media::test::sine(columns[index % 4], rate_hz, ms * rate_hz / 1'000, amplitude);
    for (std::size_t i = 0; i < low.size(); ++i)
        sound.push_back(media::test::to_sample(low[i] + high[i]));
}

std::string heard_in(const Sound& sound, media::DtmfTones& ear) {
    std::string digits;
    for (std::size_t at = 0; at + 160 <= sound.size(); at += 160) {
        if (const auto digit = ear.hear(std::span{sound}.subspan(at, 160))) digits += *digit;
    }
    return digits;
}

}  // namespace

TEST_CASE("every key is heard once, 50 ms long, loud and soft, wherever frames begin") {
    for (const double dbm0 : {-6.0, -12.0, -18.0, -24.0, -30.0}) {
        for (std::size_t offset = 0; offset < 160; offset += 37) {
            CAPTURE(dbm0);
            CAPTURE(offset);
            Sound sound(offset, 0);
            for (const char key : keys) {
                add_key(sound, key, dbm0, 50);
                sound.resize(sound.size() + 400);  // 50 ms of pause
            }
            sound.resize(sound.size() + 800);
            media::DtmfTones ear;
            CHECK(heard_in(sound, ear) == keys);
        }
    }
}

TEST_CASE("a key that is held for seconds is one digit, and two presses are two") {
    Sound sound;
    add_key(sound, '5', -10, 3'000);
    sound.resize(sound.size() + 800);
    add_key(sound, '5', -10, 80);
    sound.resize(sound.size() + 480);
    add_key(sound, '5', -10, 80);
    sound.resize(sound.size() + 800);
    media::DtmfTones ear;
    CHECK(heard_in(sound, ear) == "555");
    CHECK(!ear.sounding());
}

TEST_CASE("one knows while a key sounds") {
    Sound sound;
    add_key(sound, '9', -10, 100);
    media::DtmfTones ear;
    CHECK(heard_in(sound, ear) == "9");
    CHECK(ear.sounding());
    ear.reset();
    CHECK(!ear.sounding());
}

TEST_CASE("a minute of speech has no digit in it") {
    for (std::uint64_t speaker = 1; speaker <= 5; ++speaker) {
        CAPTURE(speaker);
        auto sound = media::test::speech(8'000, 8'000 * 60, speaker);
        for (auto& s : sound) s = media::test::to_sample(s * 1.5);
        media::DtmfTones ear;
        CHECK(heard_in(sound, ear) == "");
    }
    Prng prng{5};
    Sound noise(8'000 * 60);
    double slow = 0;
    for (auto& s : noise) {  // noise of the colour of speech
        slow = 0.85 * slow + static_cast<double>(prng.below(8'001)) - 4'000;
        s = media::test::to_sample(slow);
    }
    media::DtmfTones ear;
    CHECK(heard_in(noise, ear) == "");
}

TEST_CASE("digits are heard over a talker's noise") {
    auto sound = media::test::speech(8'000, 8'000 * 2, 3);
    Sound keyed;
    for (const char key : std::string{"1470#"}) {
        add_key(keyed, key, -8, 100);
        keyed.resize(keyed.size() + 800);
    }
    for (std::size_t i = 0; i < keyed.size(); ++i)
        keyed[i] = media::test::to_sample(keyed[i] + 0.05 * sound[i]);
    media::DtmfTones ear;
    CHECK(heard_in(keyed, ear) == "1470#");
}

TEST_CASE("at 48 kHz keys are heard through a resampler") {
    Sound sound;
    for (const char key : keys) {
        add_key(sound, key, -12, 60, 48'000);
        sound.resize(sound.size() + 48 * 60);
    }
    media::Resampler down(48'000, 8'000);
    media::DtmfTones ear;
    std::string digits;
    Sound narrow(160);
    for (std::size_t at = 0; at + 960 <= sound.size(); at += 960) {
        down.process(std::span{sound}.subspan(at, 960), narrow);
        if (const auto digit = ear.hear(narrow)) digits += *digit;
    }
    CHECK(digits == keys);
}

TEST_CASE("hearing keys allocates nothing") {
    Sound sound;
    add_key(sound, '1', -10, 100);
    media::DtmfTones ear;
    CHECK(media::test::allocations_during([&] {
              (void)ear.hear(sound);
              ear.reset();
          }) == 0);
}
