#include <doctest/doctest.h>

#include "media/wire.hpp"
#include "sim/load/plan.hpp"
#include "sim/load/stream.hpp"

namespace {

struct Phone {
    Phone() {
        for (std::size_t i = 0; i < sim::loop_frames; ++i) {
            const auto byte = static_cast<std::uint8_t>(i);
            loop.add(std::span{&byte, 1});
        }
        speaker.answer_with(0, 101);
    }
    sim::Loop loop;
    sim::Speaker speaker{media::pcmu_format, 77, {.loop = &loop, .begin = 5, .marked = true}};
};

std::vector<std::uint8_t> packet(std::uint16_t sequence, std::uint32_t stamp = 0,
                                 std::uint32_t ssrc = 9) {
    const auto header = media::write_rtp_header(
        {.sequence = sequence, .timestamp = stamp == 0 ? sequence * 160u : stamp, .ssrc = ssrc});
    return {header.begin(), header.end()};
}

}  // namespace

TEST_CASE("a telephone repeats its loop in step with the frames of all") {
    Phone phone;
    for (std::uint64_t frame = 300; frame < 1'000; ++frame) {
        const sim::Packet sent = phone.speaker.next(frame);
        REQUIRE(sent.payload.size() == 1);
        CHECK(sent.payload[0] == (frame + 5) % sim::loop_frames);
        CHECK(sent.marked == ((frame + 5) % sim::loop_frames == 0));
    }
}

TEST_CASE("a key is five packets that grow, three that end, and a rest") {
    Phone phone;
    (void)phone.speaker.next(0);
    phone.speaker.key("7");
    std::uint32_t stamp = 0;
    std::uint16_t sequence = 0;
    for (unsigned i = 0; i < 12; ++i) {
        CHECK(phone.speaker.keying());
        const sim::Packet sent = phone.speaker.next(i + 1);
        const std::uint16_t number = media::read_u16(sent.front, 2);
        if (i > 0) CHECK(number == static_cast<std::uint16_t>(sequence + 1));
        sequence = number;
        if (i >= 8) {  // sound again
            CHECK(sent.front_bytes == media::rtp_header_bytes);
            continue;
        }
        CHECK(sent.front_bytes == media::rtp_header_bytes + 4);
        CHECK((sent.front[1] & 0x7f) == 101);
        CHECK((sent.front[1] >> 7) == (i == 0 ? 1 : 0));
        if (i == 0) stamp = media::read_u32(sent.front, 4);
        CHECK(media::read_u32(sent.front, 4) == stamp);
        CHECK(sent.front[12] == 7);
        CHECK((sent.front[13] >> 7) == (i >= 5 ? 1 : 0));
        CHECK(media::read_u16(sent.front, 14) == 160 * (i < 5 ? i + 1 : 5));
    }
    CHECK_FALSE(phone.speaker.keying());
}

TEST_CASE("a comma is a second of sound between keys") {
    Phone phone;
    phone.speaker.key(",1");
    for (unsigned i = 0; i < 50; ++i)
        CHECK(phone.speaker.next(i).front_bytes == media::rtp_header_bytes);
    CHECK(phone.speaker.next(50).front_bytes > media::rtp_header_bytes);
}

TEST_CASE("losses, gaps and doubles are counted, sequence numbers wrap") {
    sim::Reception heard{8'000};
    std::int64_t at_us = 1'000'000;
    const auto arrive = [&](std::uint16_t sequence, std::int64_t after_us) {
        CHECK(heard.take(packet(sequence), at_us += after_us));
    };
    arrive(65'534, 0);
    arrive(65'535, 20'000);
    arrive(0, 20'000);
    arrive(3, 60'000);       // two lost, but no gap yet
    arrive(3, 10);           // twice
    arrive(2, 10);           // late: not lost after all
    arrive(4, 60'001 - 10);  // a gap
    CHECK(heard.received() == 6);
    CHECK(heard.lost() == 1);
    CHECK(heard.doubled() == 1);
    CHECK(heard.gaps() == 1);
    heard.finish(at_us + 70'000);
    CHECK(heard.gaps() == 2);
    heard.reset();
    arrive(5, 20'000);
    CHECK(heard.received() == 1);
    CHECK(heard.lost() == 0);
}

TEST_CASE("another source or a far jump is a new beginning, not a loss") {
    sim::Reception heard{8'000};
    CHECK(heard.take(packet(10), 0));
    CHECK(heard.take(packet(20'000), 20'000));
    CHECK(heard.take(packet(1, 1, 10), 40'000));
    CHECK(heard.received() == 3);
    CHECK(heard.lost() == 0);
}

TEST_CASE("what is not RTP is no packet of the stream") {
    sim::Reception heard{8'000};
    CHECK_FALSE(heard.take(std::vector<std::uint8_t>(11), 0));
    CHECK_FALSE(heard.take(std::vector<std::uint8_t>(12), 0));
    CHECK(heard.received() == 0);
}

TEST_CASE("packets that come evenly have no jitter") {
    sim::Reception even{8'000}, uneven{8'000};
    for (std::uint16_t i = 0; i < 500; ++i) {
        CHECK(even.take(packet(i, 160u * i + 1), i * 20'000));
        CHECK(uneven.take(packet(i, 160u * i + 1), i * 20'000 + (i % 2) * 4'000));
    }
    CHECK(even.jitter_us() < 1);
    CHECK(uneven.jitter_us() == doctest::Approx(4'000).epsilon(0.01));
}

TEST_CASE("every room has its talkers, spread over it") {
    const sim::LoadPlan one{.legs = 100, .talking = 3};
    std::vector<unsigned> talkers;
    for (unsigned leg = 0; leg < one.legs; ++leg) {
        if (sim::talker_number(one, leg)) talkers.push_back(leg);
    }
    CHECK(talkers == std::vector<unsigned>{0, 33, 66});
    const sim::LoadPlan eights{.legs = 20, .room_size = 8, .talking = 2};
    talkers.clear();
    for (unsigned leg = 0; leg < eights.legs; ++leg) {
        if (sim::talker_number(eights, leg)) talkers.push_back(leg);
    }
    CHECK(talkers == std::vector<unsigned>{0, 4, 8, 12, 16, 18});  // the last room has four
}
