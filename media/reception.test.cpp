#include "media/reception.hpp"

#include <doctest/doctest.h>

namespace {

media::RtpHeader header_of(int n, std::uint32_t ssrc = 1) {
    return {.sequence = static_cast<std::uint16_t>(n),
            .timestamp = static_cast<std::uint32_t>(n) * 160,
            .ssrc = ssrc};
}

}  // namespace

TEST_CASE("every packet in time: no loss, no jitter, and wraps are counted") {
    media::Reception reception;
    for (int n = 65'000; n < 66'000; ++n) reception.packet(header_of(n), true, n * 20'000LL);
    const auto block = reception.report(0);
    CHECK(block.ssrc == 1);
    CHECK(block.highest_sequence == 65'999);
    CHECK(block.cumulative_lost == 0);
    CHECK(block.fraction_lost == 0);
    CHECK(block.jitter == 0);
    CHECK(reception.packets() == 1'000);
}

TEST_CASE("loss is told in all and for the interval") {
    media::Reception reception;
    for (int n = 0; n < 100; ++n) {
        if (n % 4 != 1) reception.packet(header_of(n), true, n * 20'000LL);
    }
    auto block = reception.report(0);
    CHECK(block.cumulative_lost == 25);
    CHECK(block.fraction_lost == 64);  // a quarter of 256
    for (int n = 100; n < 200; ++n) reception.packet(header_of(n), true, n * 20'000LL);
    block = reception.report(0);
    CHECK(block.cumulative_lost == 25);
    CHECK(block.fraction_lost == 0);
    CHECK(reception.lost() == 25);
}

TEST_CASE("reordered packets are no loss, duplicates never make the fraction negative") {
    media::Reception reception;
    for (const int n : {0, 2, 1, 3, 5, 4, 5, 5, 5})
        reception.packet(header_of(n), true, n * 20'000LL);
    const auto block = reception.report(0);
    CHECK(block.cumulative_lost == -3);  // RFC 3550, 6.4.1: duplicates may make it negative
    CHECK(block.fraction_lost == 0);
    CHECK(reception.lost() == 0);
}

TEST_CASE("jitter follows RFC 3550, A.8") {
    media::Reception reception;
    for (int n = 0; n < 2'000; ++n)
        reception.packet(header_of(n), true, n * 20'000LL + (n % 2) * 5'000);
    // Every difference is 5 ms, 40 samples; the filter settles there.
    CHECK(reception.jitter_us() >= 4'500);
    CHECK(reception.jitter_us() <= 5'000);
}

TEST_CASE("a stray packet far away is ignored, a second one restarts the count") {
    media::Reception reception;
    for (int n = 0; n < 50; ++n) reception.packet(header_of(n), true, n * 20'000LL);
    reception.packet(header_of(30'000), true, 0);
    CHECK(reception.report(0).highest_sequence == 49);
    reception.packet(header_of(40'000), true, 0);
    reception.packet(header_of(40'001), true, 0);
    const auto block = reception.report(0);
    CHECK(block.highest_sequence == 40'001);
    CHECK(block.cumulative_lost == 0);
}

TEST_CASE("another source begins anew and keeps the totals") {
    media::Reception reception;
    reception.packet(header_of(0), true, 0);
    reception.packet(header_of(9), true, 0);
    reception.packet(header_of(500, 2), true, 0);
    CHECK(reception.ssrc() == 2);
    CHECK(reception.lost() == 8);
    CHECK(reception.packets() == 3);
}

TEST_CASE("the time since the last sender report is told") {
    media::Reception reception;
    reception.packet(header_of(0), true, 0);
    CHECK(reception.report(1'000).last_sr == 0);
    reception.sender_report(0x1111'2222'3333'4444, 1'000'000);
    const auto block = reception.report(2'500'000);
    CHECK(block.last_sr == 0x2222'3333);
    CHECK(block.delay_since_sr == 65'536 * 3 / 2);
}
