#include "media/voip_metrics.hpp"

#include <doctest/doctest.h>

#include <array>

#include "media/rtp.hpp"
#include "media/test_room.hpp"
#include "media/wire.hpp"

using media::BurstCounter;
using media::VoipReport;

namespace {

VoipReport told(const BurstCounter& counter) {
    VoipReport report;
    counter.tell(report, 20);
    return report;
}

}  // namespace

TEST_CASE("a call without a loss is one gap") {
    BurstCounter counter;
    for (std::uint16_t i = 0; i < 500; ++i)
        counter.arrived(static_cast<std::uint16_t>(65'300 + i), false);
    const VoipReport report = told(counter);
    CHECK(report.loss_rate == 0);
    CHECK(report.gap_density == 0);
    CHECK(report.burst_ms == 0);
    CHECK(report.gap_ms == 10'000);
}

TEST_CASE("losses far apart are in gaps, losses close together are bursts") {
    BurstCounter counter;
    std::uint16_t sequence = 0;
    const auto good = [&](int count) {
        for (int i = 0; i < count; ++i) counter.arrived(sequence++, false);
    };
    good(100);
    ++sequence;  // one alone
    good(100);
    sequence = static_cast<std::uint16_t>(sequence + 2);  // a burst: 2, 5 good, 3
    good(5);
    sequence = static_cast<std::uint16_t>(sequence + 3);
    good(99);
    const VoipReport report = told(counter);
    CHECK(report.loss_rate == 6 * 256 / 310);
    CHECK(report.discard_rate == 0);
    CHECK(report.burst_density == 5 * 256 / 10);
    CHECK(report.gap_density == 1 * 256 / 300);
    CHECK(report.burst_ms == 10 * 20);
    CHECK(report.gap_ms == 300 * 20);
}

TEST_CASE("late packets are discarded, not lost; duplicates and stragglers count for nothing") {
    BurstCounter counter;
    for (std::uint16_t i = 0; i < 256; ++i) counter.arrived(i, i == 100);
    counter.arrived(255, false);
    counter.arrived(90, false);
    const VoipReport report = told(counter);
    CHECK(report.loss_rate == 0);
    CHECK(report.discard_rate == 1);
    CHECK(report.gap_ms == 256 * 20);
}

TEST_CASE("a peer that agreed on it is told how the call sounds") {
    media::test::VirtualRoom room(2);
    auto config = room.config_of(room.phones[0]);
    config.extended_reports = true;
    room.configure(0, config);
    room.phones[0].hz = 400;
    for (int tick = 0; tick < 600; ++tick) {
        if (tick % 50 == 7) ++room.phones[0].sequence, room.phones[0].timestamp += 160;
        room.step();
    }
    const auto& reports = room.outlet.rtcp;
    REQUIRE(!reports.empty());
    int seen = 0;
    for (const auto& [leg, bytes] : reports) {
        CHECK(media::parse_rtcp(bytes).ok());
        for (std::size_t at = 0; at < bytes.size();
             at += (std::size_t{media::read_u16(bytes, at + 2)} + 1) * 4) {
            if (bytes[at + 1] != 207) continue;
            REQUIRE(leg == 0);  // the other did not ask
            ++seen;
            CHECK(bytes[at + 8] == 7);                    // VoIP metrics,
            CHECK(media::read_u16(bytes, at + 10) == 8);  // of nine words
            CHECK(media::read_u32(bytes, at + 12) == room.phones[0].address.port);
            CHECK(bytes[at + 16] >= 3);  // 2 % lost
            CHECK(bytes[at + 16] <= 6);
            CHECK(bytes[at + 31] == media::BurstCounter::gap_min);
            CHECK(bytes[at + 32] > 70);   // R
            CHECK(bytes[at + 34] >= 40);  // MOS 4.0 and more
            CHECK(bytes[at + 35] >= 40);
        }
    }
    CHECK(seen >= 1);
}
