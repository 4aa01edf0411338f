#include "media/sound/gain.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

TEST_CASE("gains are what decibels say, within a hundredth of one or half a step of the table") {
    for (int db = media::gain_least_db; db <= media::gain_most_db; ++db) {
        CAPTURE(db);
        const double exact = 4'096 * std::pow(10.0, db / 20.0);
        CHECK(std::abs(media::gain_q12(db) - exact) <= 0.5 + exact * 0.001);
    }
    CHECK(media::gain_q12(0) == 4'096);
    CHECK(media::gain_q12(-100) == media::gain_q12(-40));
    CHECK(media::gain_q12(100) == media::gain_q12(20));
}

TEST_CASE("a gain saturates instead of wrapping, and a fade begins and ends at nothing") {
    std::array<std::int16_t, 3> loud{30'000, -30'000, 100};
    media::apply_gain(loud, 20);
    CHECK(loud == std::array<std::int16_t, 3>{32'767, -32'768, 1'000});
    std::array<std::int16_t, 4> out{1'000, 1'000, 1'000, 1'000};
    std::array<std::int16_t, 4> in = out;
    media::fade(out, false);
    media::fade(in, true);
    CHECK(out == std::array<std::int16_t, 4>{1'000, 750, 500, 250});
    CHECK(in == std::array<std::int16_t, 4>{0, 250, 500, 750});
}

TEST_CASE("a gliding gain begins where it was and ends where it shall be, without a step") {
    std::array<std::int16_t, 960> sound;
    sound.fill(10'000);
    media::glide(sound, 4'096, 2'048);
    CHECK(sound.front() >= 9'990);
    CHECK(std::abs(sound.back() - 5'000) <= 3);
    for (std::size_t i = 1; i < sound.size(); ++i) CHECK(std::abs(sound[i] - sound[i - 1]) <= 8);
    sound.fill(-32'768);
    media::glide(sound, 4'096, 65'535);
    CHECK(sound.back() == -32'768);
    media::glide({}, 4'096, 0);
}
