#include "media/headroom.hpp"

#include <doctest/doctest.h>

using media::Headroom;
using media::TickMeter;

namespace {

// Half a second of ticks of one worker, noted.
struct Meter {
    TickMeter meter;
    Headroom headroom;
    std::uint64_t late = 0;

    void half_second(std::uint32_t usual_us, int slow = 0, std::uint32_t slow_us = 0) {
        for (int i = 0; i < 25; ++i) meter.record(i < slow ? slow_us : usual_us);
        TickMeter::Counts counts{};
        meter.add_to(counts);
        headroom.note(counts, late);
    }
    bool tight() const { return headroom.tight(); }
};

}  // namespace

TEST_CASE("ticks far below their budget leave room") {
    Meter meter;
    for (int i = 0; i < 40; ++i) meter.half_second(8'000);
    CHECK(!meter.tight());
}

TEST_CASE("ticks near their budget leave no room, until they are well below for some seconds") {
    Meter meter;
    for (int i = 0; i < 20; ++i) meter.half_second(8'000);
    meter.half_second(9'000, 2, 15'000);
    CHECK(meter.tight());
    for (int i = 0; i < 7; ++i) {
        meter.half_second(11'000);  // below 70 %, above half: it stays as it is
        CHECK(meter.tight());
    }
    for (int i = 0; i < 7; ++i) meter.half_second(8'000);
    CHECK(meter.tight());  // the last of the slow ones is still in the window
    meter.half_second(8'000);
    CHECK(!meter.tight());
    for (int i = 0; i < 20; ++i) meter.half_second(11'000);
    CHECK(!meter.tight());  // and so it stays on the way up
}

TEST_CASE("missed ticks leave no room until the window has none") {
    Meter meter;
    for (int i = 0; i < 10; ++i) meter.half_second(5'000);
    meter.late += 2;
    meter.half_second(5'000);
    CHECK(meter.tight());
    for (int i = 0; i < 7; ++i) {
        meter.half_second(5'000);
        CHECK(meter.tight());
    }
    meter.half_second(5'000);
    CHECK(!meter.tight());
}

TEST_CASE("what the machine does to an idle engine refuses nobody") {
    Meter meter;
    for (int i = 0; i < 10; ++i) {
        meter.half_second(100, 3, 60'000);  // somebody else had the core
        meter.late += 3;
        CHECK(!meter.tight());
    }
    Meter busy;
    for (int i = 0; i < 10; ++i) busy.half_second(5'000);
    busy.half_second(5'000, 1, 60'000);
    CHECK(!busy.tight());
}
