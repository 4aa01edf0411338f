#include "media/packet_ring.hpp"

#include <doctest/doctest.h>

#include <array>
#include <numeric>
#include <thread>
#include <vector>

#include "base/prng.hpp"
#include "media/test_allocations.hpp"

using media::PacketRing;

namespace {

std::array<std::uint8_t, 1'501> scratch;

bool push(PacketRing& ring, std::uint16_t number, std::size_t bytes) {
    std::vector<std::uint8_t> packet(bytes);
    std::iota(packet.begin(), packet.end(), static_cast<std::uint8_t>(number));
    return ring.try_push({.from = {.ip = number, .port = number},
                          .arrived_wall_us = number,
                          .port = 3,
                          .bytes = static_cast<std::uint16_t>(bytes),
                          .rtcp = number % 2 == 1},
                         packet);
}

// Does `head` with `bytes` say what push() said?
bool is_whole(const PacketRing::Head& head, std::span<const std::uint8_t> bytes) {
    const auto number = static_cast<std::uint16_t>(head.arrived_wall_us);
    bool same = head.from == media::Address{.ip = number, .port = number} && head.port == 3 &&
                head.bytes == bytes.size() && head.rtcp == (number % 2 == 1);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        same = same && bytes[i] == static_cast<std::uint8_t>(number + i);
    return same;
}

}  // namespace

TEST_CASE("packets of any size come out whole and in order, round and round") {
    PacketRing ring(4'096);
    Prng prng{5};
    std::uint16_t in = 0, out = 0;
    for (int round = 0; round < 5'000; ++round) {
        while (push(ring, in, prng.below(1'501))) ++in;
        ring.drain(scratch, [&](const PacketRing::Head& head, std::span<const std::uint8_t> bytes) {
            REQUIRE(head.arrived_wall_us == out++);
            REQUIRE(is_whole(head, bytes));
        });
        REQUIRE(in == out);
    }
}

TEST_CASE("a full ring refuses, and an empty one gives nothing") {
    PacketRing ring(1'024);
    int taken = 0;
    const auto count = [&](const PacketRing::Head&, std::span<const std::uint8_t>) { ++taken; };
    ring.drain(scratch, count);
    CHECK(taken == 0);
    CHECK(push(ring, 1, 900));
    CHECK(!push(ring, 2, 172));
    CHECK(media::test::allocations_during([&] { ring.drain(scratch, count); }) == 0);
    CHECK(taken == 1);
    CHECK(push(ring, 2, 172));
}

TEST_CASE("between two threads no packet is torn, lost or turned round") {
    PacketRing ring(16'384);
    constexpr std::uint16_t all = 50'000;
    std::thread producer([&] {
        Prng prng{6};
        for (std::uint16_t i = 0; i < all;) {
            if (push(ring, i, prng.below(300)))
                ++i;
            else
                std::this_thread::yield();
        }
    });
    std::uint16_t next = 0;
    bool right = true;
    while (next < all) {
        ring.drain(scratch, [&](const PacketRing::Head& head, std::span<const std::uint8_t> bytes) {
            right = right && head.arrived_wall_us == next && is_whole(head, bytes);
            ++next;
        });
        std::this_thread::yield();
    }
    producer.join();
    CHECK(right);
}
