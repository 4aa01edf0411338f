#include "media/source_latch.hpp"

#include <doctest/doctest.h>

using media::Address;

namespace {

constexpr Address named{.ip = 0x0a000001, .port = 5'000},
    same_host{.ip = 0x0a000001, .port = 6'000};
constexpr Address behind_nat{.ip = 0xc0000201, .port = 7'000},
    stranger{.ip = 0xc6336401, .port = 8'000};

/// Packets `first`..`first + count - 1`; how many were accepted.
int send(media::SourceLatch& latch, const Address& from, int count, int first = 0,
         std::int64_t at_ms = 0) {
    int accepted = 0;
    for (int i = 0; i < count; ++i) {
        const media::RtpHeader header{.sequence = static_cast<std::uint16_t>(first + i),
                                      .ssrc = from.port};
        if (latch.accepts(from, header, (at_ms + i * 20) * 1'000)) ++accepted;
    }
    return accepted;
}

}  // namespace

TEST_CASE("before signalling nobody is accepted and nothing is sent") {
    media::SourceLatch latch;
    CHECK(send(latch, named, 10) == 0);
    CHECK(!latch.target().has_value());
}

TEST_CASE("the address of the SDP is sent to at once and believed at once") {
    media::SourceLatch latch;
    latch.configure(named);
    CHECK(latch.target() == named);
    CHECK(!latch.latched());
    CHECK(send(latch, named, 1) == 1);
    CHECK(latch.latched());
}

TEST_CASE("another port of the named host needs two packets, another host five in a row") {
    media::SourceLatch latch;
    latch.configure(named);
    CHECK(send(latch, same_host, 3) == 2);
    CHECK(latch.target() == same_host);
    media::SourceLatch other;
    other.configure(named);
    CHECK(send(other, behind_nat, 4) == 0);
    CHECK(send(other, behind_nat, 4, 5) == 0);  // a hole: from the beginning
    CHECK(send(other, behind_nat, 2, 9) == 2);
    CHECK(other.target() == behind_nat);
}

TEST_CASE("a latched source is kept against strangers until it is silent for three seconds") {
    media::SourceLatch latch;
    latch.configure(named);
    CHECK(send(latch, named, 1, 0, 0) == 1);
    CHECK(send(latch, stranger, 100, 0, 100) == 0);
    CHECK(send(latch, same_host, 40, 0, 2'100) == 0);
    CHECK(latch.target() == named);
    CHECK(send(latch, same_host, 2, 100, 3'100) >= 1);
    CHECK(latch.target() == same_host);
}

TEST_CASE("a stranger that came first loses against the named phone") {
    media::SourceLatch latch;
    latch.configure(named);
    CHECK(send(latch, stranger, 10) > 0);
    CHECK(send(latch, named, 1, 0, 210) == 1);
    CHECK(send(latch, stranger, 10, 10, 230) == 0);
    CHECK(latch.target() == named);
}

TEST_CASE("strangers cannot disturb the run of the named host") {
    media::SourceLatch latch;
    latch.configure(named);
    CHECK(send(latch, same_host, 1, 0) == 0);
    CHECK(send(latch, stranger, 1, 0) == 0);
    CHECK(send(latch, same_host, 1, 1) == 1);
}

TEST_CASE("signalling a new address forgets the latch, the same one keeps it") {
    media::SourceLatch latch;
    latch.configure(named);
    CHECK(send(latch, same_host, 2) == 1);
    latch.configure(named);
    CHECK(latch.target() == same_host);
    latch.configure(behind_nat);
    CHECK(latch.target() == behind_nat);
    CHECK(send(latch, same_host, 2, 2) == 0);
}

TEST_CASE("RTCP is taken from the source's host only") {
    media::SourceLatch latch;
    CHECK(!latch.accepts_rtcp(named));
    latch.configure(named);
    CHECK(latch.accepts_rtcp(same_host));
    CHECK(!latch.accepts_rtcp(stranger));
}
