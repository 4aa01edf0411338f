// One leg in virtual time: what it tells, what it sends, and whom it believes.
#include "media/leg.hpp"

#include <doctest/doctest.h>

#include <array>

#include "media/test_room.hpp"

using media::EventKind;
using media::test::VirtualRoom;

TEST_CASE("silence is noticed after 30 s, also when nothing ever came, and its end is told") {
    VirtualRoom room(2);
    room.phones[1].sends = false;
    room.steps(1'499);
    CHECK(room.outlet.of(EventKind::silence_noticed, 1).empty());
    room.steps(3);
    CHECK(room.outlet.of(EventKind::silence_noticed, 1).size() == 1);
    room.steps(3'000);
    CHECK(room.outlet.of(EventKind::silence_noticed, 1).size() == 1);
    CHECK(room.outlet.of(EventKind::silence_noticed, 0).empty());
    room.phones[1].sends = true;
    room.step();
    CHECK(room.outlet.of(EventKind::silence_ended, 1).size() == 1);
    room.phones[1].sends = false;
    room.steps(1'503);
    CHECK(room.outlet.of(EventKind::silence_noticed, 1).size() == 2);
}

TEST_CASE("a leg on hold is not expected to send, and is not sent to") {
    VirtualRoom room(1);
    room.steps(10);
    auto held = room.config_of(room.phones[0]);
    held.sends = held.receives = false;
    room.configure(0, held);
    room.phones[0].sends = false;
    room.step();
    const std::size_t before = room.outlet.sent[0].packets;
    room.steps(2'000);
    CHECK(room.outlet.sent[0].packets == before);
    CHECK(room.outlet.of(EventKind::silence_noticed, 0).empty());
    const std::uint32_t held_at = room.outlet.sent[0].header.timestamp;
    const std::uint16_t sequence = room.outlet.sent[0].header.sequence;
    room.configure(0, room.config_of(room.phones[0]));
    room.steps(1'400);
    CHECK(room.outlet.of(EventKind::silence_noticed, 0).empty());  // the 30 s begin with the resume
    CHECK(room.outlet.sent[0].header.timestamp - held_at == 160 * (1 + 2'000 + 1'400));
    CHECK(static_cast<std::uint16_t>(room.outlet.sent[0].header.sequence - sequence) == 1'400);
}

TEST_CASE("an address of zeros, as old phones hold, is sent nothing") {
    VirtualRoom room(1);
    auto held = room.config_of(room.phones[0]);
    held.remote = media::Address{.ip = 0, .port = 5'000};
    room.configure(0, held);
    room.phones[0].sends = false;
    room.steps(5);
    CHECK(room.outlet.sent[0].packets == 0);
    held.remote = media::Address{.ip = 0x0a00'0001, .port = 0};
    room.configure(0, held);
    room.steps(5);
    CHECK(room.outlet.sent[0].packets == 0);
    room.configure(0, room.config_of(room.phones[0]));
    room.step();
    CHECK(room.outlet.sent[0].packets == 1);
}

TEST_CASE("the first packet after a pause carries the marker, the others do not") {
    VirtualRoom room(1);
    CHECK(room.outlet.sent[0].header.marker);
    room.step();
    CHECK(!room.outlet.sent[0].header.marker);
    auto held = room.config_of(room.phones[0]);
    held.sends = false;
    room.configure(0, held);
    room.step();
    room.configure(0, room.config_of(room.phones[0]));
    room.step();
    CHECK(room.outlet.sent[0].header.marker);
}

TEST_CASE("reports go out every five seconds or so, with what was sent and received") {
    VirtualRoom room(1);
    for (int i = 0; i < 1'500; ++i) {
        room.phones[0].sends = i % 10 != 5;
        if (!room.phones[0].sends) ++room.phones[0].sequence, room.phones[0].timestamp += 160;
        room.step();
    }
    REQUIRE(room.outlet.rtcp.size() >= 4);
    REQUIRE(room.outlet.rtcp.size() <= 9);
    const auto report = media::parse_rtcp(room.outlet.rtcp.back().second);
    REQUIRE(report.ok());
    REQUIRE(report.value().sender.has_value());
    CHECK(report.value().cname == "leg0");
    CHECK(report.value().ssrc == 0x5000'0000);
    CHECK(report.value().sender->packets > 1'000);
    CHECK(report.value().sender->octets == report.value().sender->packets * 160);
    REQUIRE(report.value().block_count == 1);
    CHECK(report.value().blocks[0].ssrc == room.phones[0].address.port);
    CHECK(report.value().blocks[0].fraction_lost >= 22);  // 1 of 10 is 26 of 256
    CHECK(report.value().blocks[0].fraction_lost <= 30);
    const auto statistics = room.phones[0].leg->statistics();
    CHECK(statistics.packets_received == 1'350);
    CHECK(statistics.packets_sent == 1'501);
    CHECK(statistics.packets_lost == 150);
    CHECK(statistics.concealed_frames >= 149);
    CHECK(statistics.jitter_us == 0);
}

TEST_CASE("the round trip is measured from the peer's report") {
    VirtualRoom room(1);
    while (room.outlet.rtcp.empty()) room.step();
    const auto ours = media::parse_rtcp(room.outlet.rtcp.back().second);
    REQUIRE(ours.value().sender.has_value());
    media::RtcpCompound theirs{.ssrc = room.phones[0].address.port, .block_count = 1};
    theirs.blocks[0] = {.ssrc = 0x5000'0000,
                        .last_sr = static_cast<std::uint32_t>(ours.value().sender->ntp >> 16),
                        .delay_since_sr = 65'536 / 10};
    std::array<std::uint8_t, media::rtcp_bytes_max> bytes;
    const std::size_t used = media::write_rtcp(theirs, bytes);
    const media::TickTime later{.tick = room.now.tick,
                                .now_us = room.now.now_us,
                                .wall_us = room.now.wall_us - media::tick_us + 150'000};
    room.phones[0].leg->rtcp_arrived(std::span{bytes}.first(used), room.phones[0].address, later,
                                     room.outlet);
    CHECK(room.phones[0].leg->statistics().round_trip_us >= 49'900);
    CHECK(room.phones[0].leg->statistics().round_trip_us <= 50'100);
}

TEST_CASE("wrong payload types, strangers and malformed packets are counted, and nothing else") {
    VirtualRoom room(2);
    room.phones[0].hz = 400;
    room.steps(20);
    const std::array<std::uint8_t, 172> wrong_type{0x80, 96};
    const std::array<std::uint8_t, 172> right_type{0x80, 0};
    media::Leg& leg = *room.phones[1].leg;
    for (int i = 0; i < 50; ++i) {
        leg.rtp_arrived(wrong_type, room.phones[1].address, room.now.now_us, room.now, room.outlet);
        leg.rtp_arrived(right_type, {.ip = 1, .port = 2}, room.now.now_us, room.now, room.outlet);
        leg.rtp_arrived({}, room.phones[1].address, room.now.now_us, room.now, room.outlet);
    }
    room.step();
    CHECK(leg.statistics().packets_refused == 150);
    CHECK(leg.statistics().packets_received == 21);
    CHECK(room.outlet.sent[1].to == room.phones[1].address);
    CHECK(!leg.contributes());
}

TEST_CASE("a source that changes its SSRC is followed, one stray packet of another is not") {
    VirtualRoom room(2);
    room.phones[0].hz = 400;
    room.steps(20);
    const auto packet = [&](std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp) {
        std::array<std::uint8_t, 172> bytes{};
        const auto header =
            media::write_rtp_header({.sequence = sequence, .timestamp = timestamp, .ssrc = ssrc});
        std::copy(header.begin(), header.end(), bytes.begin());
        room.phones[0].leg->rtp_arrived(bytes, room.phones[0].address, room.now.now_us, room.now,
                                        room.outlet);
    };
    packet(99, 1, 1);
    CHECK(room.phones[0].leg->statistics().packets_received == 20);
    room.steps(5);
    CHECK(room.phones[0].leg->statistics().packets_received == 25);
    CHECK(room.phones[0].leg->contributes());
    room.phones[0].sends = false;
    for (std::uint16_t i = 0; i < 10; ++i) {
        packet(77, i, 5'000u + i * 160u);
        room.step();
    }
    CHECK(room.phones[0].leg->statistics().packets_received == 34);
    CHECK(room.phones[0].leg->decision().packets == 1);
}

TEST_CASE("while a key is down, its leg adds no sound") {
    VirtualRoom room(2);
    room.phones[0].hz = 697;  // the phone sends the tone in band as well
    room.steps(20);
    REQUIRE(room.phones[0].leg->contributes());
    std::array<std::uint8_t, 16> bytes{};
    const auto header = media::write_rtp_header({.payload_type = 101,
                                                 .sequence = room.phones[0].sequence++,
                                                 .timestamp = room.phones[0].timestamp,
                                                 .ssrc = room.phones[0].address.port});
    std::copy(header.begin(), header.end(), bytes.begin());
    bytes[12] = 5;
    room.phones[0].leg->rtp_arrived(bytes, room.phones[0].address, room.now.now_us, room.now,
                                    room.outlet);
    room.step();
    CHECK(!room.phones[0].leg->contributes());
    const auto digits = room.outlet.of(EventKind::digit, 0);
    REQUIRE(digits.size() == 1);
    CHECK(digits[0].digit == '5');
    room.steps(5);
    CHECK(room.phones[0].leg->contributes());
}

TEST_CASE("a last report says BYE") {
    VirtualRoom room(1);
    room.steps(5);
    std::array<std::uint8_t, media::rtcp_bytes_max> bytes;
    media::Address to;
    const std::size_t used = room.phones[0].leg->write_bye(bytes, room.now, to);
    const auto parsed = media::parse_rtcp(std::span{bytes}.first(used));
    REQUIRE(parsed.ok());
    CHECK(parsed.value().bye);
    CHECK(to.port == room.phones[0].address.port + 1);
}

TEST_CASE("it is known since when a leg has not talked, if it ever did") {
    VirtualRoom room(2);
    room.steps(20);
    CHECK(room.phones[0].leg->statistics().silent_for_ms == UINT32_MAX);
    room.phones[0].hz = 400;
    room.steps(20);
    CHECK(room.phones[0].leg->statistics().silent_for_ms == 0);
    room.phones[0].hz = 0;
    room.steps(130);  // 600 ms until it counts as silent, and the jitter buffer's 20
    const auto silent = room.phones[0].leg->statistics().silent_for_ms;
    CHECK(silent >= 1'900);
    CHECK(silent <= 2'000);
    CHECK(room.phones[1].leg->statistics().silent_for_ms == UINT32_MAX);
}
