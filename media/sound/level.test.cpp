#include "media/sound/level.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/prng.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/tone.hpp"

using Change = media::TalkDetector::Change;

namespace {

// The amplitude of a sine of so many dBov (a sine of full scale has -3).
std::int32_t amplitude_of_dbov(double dbov) {
    return static_cast<std::int32_t>(32'768 * std::sqrt(2.0) * std::pow(10, dbov / 20));
}

std::uint32_t tone_energy(double dbov, std::int32_t hz, std::int64_t at) {
    media::Frame frame;
    for (std::size_t i = 0; i < frame.size(); ++i) {
        frame[i] = media::tone_sample(hz, at * 160 + static_cast<std::int64_t>(i),
                                      amplitude_of_dbov(dbov));
    }
    return media::energy_of(frame);
}

struct Counted {
    int started = 0, stopped = 0, first_start = -1, last_stop = -1;
};

template <class Energy>
Counted listen(media::TalkDetector& detector, int frames, Energy energy) {
    Counted counted;
    for (int i = 0; i < frames; ++i) {
        switch (detector.hear(energy(i), true)) {
            case Change::none: break;
            case Change::started:
                if (counted.started++ == 0) counted.first_start = i;
                break;
            case Change::stopped:
                ++counted.stopped;
                counted.last_stop = i;
                break;
        }
    }
    return counted;
}

}  // namespace

TEST_CASE("energy is the mean square") {
    std::vector<std::int16_t> square(160, 32'767);
    CHECK(media::energy_of(square) == 32'767u * 32'767u);
    square.assign(160, -32'768);
    CHECK(media::energy_of(square) == 1u << 30);
    CHECK(media::energy_of({}) == 0);
    CHECK(std::abs(10 * std::log10(tone_energy(-20, 400, 0) / std::pow(2, 30)) + 20) < 0.1);
}

TEST_CASE("talk is noticed within 150 ms and its end after about 600 ms") {
    for (const double dbov : {-12.0, -20.0, -26.0}) {
        CAPTURE(dbov);
        media::TalkDetector detector;
        (void)listen(detector, 50, [](int i) { return tone_energy(-65, 50, i); });
        const Counted talk =
            listen(detector, 100, [&](int i) { return tone_energy(dbov, 300, i); });
        CHECK(talk.started == 1);
        CHECK((talk.first_start + 1) * 20 < 150);
        const Counted after = listen(detector, 100, [](int i) { return tone_energy(-65, 50, i); });
        CHECK(after.stopped == 1);
        CHECK((after.last_stop + 1) * 20 >= 580);
        CHECK((after.last_stop + 1) * 20 <= 700);
    }
}

TEST_CASE("pauses between words do not end the talk") {
    media::TalkDetector detector;
    const Counted talk = listen(detector, 1'000, [](int i) {
        return i % 40 < 18 ? tone_energy(-24, 300, i) : tone_energy(-62, 50, i);
    });
    CHECK(talk.started == 1);
    CHECK(talk.stopped == 0);
}

TEST_CASE("hum and hold music at -40 dBov are no talk, sudden or not") {
    for (const int quiet_before : {0, 200}) {
        CAPTURE(quiet_before);
        media::TalkDetector detector;
        (void)listen(detector, quiet_before, [](int) { return 10u; });
        CHECK(listen(detector, 500, [](int i) { return tone_energy(-40, 50, i); }).started == 0);
        // Music: -40 dBov on average, with a beat of 3 dB.
        CHECK(listen(detector, 500, [](int i) {
                  return tone_energy(i % 25 < 12 ? -38.5 : -42, 440, i);
              }).started == 0);
    }
}

TEST_CASE("a click is no talk") {
    media::TalkDetector detector;
    CHECK(listen(detector, 500, [](int i) { return i % 50 == 0 ? 500'000'000u : 100u; }).started ==
          0);
}

TEST_CASE("steady noise raises the threshold, and talk above it is still heard") {
    media::TalkDetector detector;
    Prng prng{3};
    const auto noise = [&](double dbov) {
        return static_cast<std::uint32_t>(std::pow(2, 30) * std::pow(10, dbov / 10) *
                                          (0.8 + 0.4 * double(prng.below(1'000)) / 1'000));
    };
    (void)listen(detector, 3'000, [&](int) { return noise(-38); });  // a minute of a noisy street
    CHECK(!detector.talking());
    CHECK(listen(detector, 50, [&](int) { return noise(-33); }).started ==
          0);  // 5 dB more is still the street
    CHECK(listen(detector, 50, [&](int) { return noise(-20); }).started == 1);
}

TEST_CASE("who is muted stops talking at once and does not start") {
    media::TalkDetector detector;
    (void)listen(detector, 50, [](int i) { return tone_energy(-20, 300, i); });
    REQUIRE(detector.talking());
    CHECK(detector.hear(100'000'000, false) == Change::stopped);
    for (int i = 0; i < 100; ++i) CHECK(detector.hear(100'000'000, false) == Change::none);
}

TEST_CASE("the gate opens on the first frame worth hearing and holds for a second") {
    media::Gate gate;
    CHECK(!gate.passes(tone_energy(-70, 300, 0)));
    CHECK(gate.passes(tone_energy(-50, 300, 0)));
    int open = 0;
    while (gate.passes(tone_energy(-70, 300, 0))) ++open;
    CHECK(open == 49);
}
