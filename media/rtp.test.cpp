#include "media/rtp.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

using media::RtcpError;
using media::RtpError;
using Bytes = std::vector<std::uint8_t>;

namespace {

Bytes header_of(std::uint8_t first) { return {first, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}; }

Bytes with(Bytes bytes, const Bytes& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return bytes;
}

Bytes written(const media::RtcpCompound& compound) {
    Bytes out(media::rtcp_bytes_max);
    out.resize(media::write_rtcp(compound, out));
    return out;
}

}  // namespace

TEST_CASE("an RTP header survives being written and parsed") {
    const bool held = rc::check("round trip", [] {
        media::RtpHeader header;
        header.marker = *rc::gen::arbitrary<bool>();
        header.payload_type = *rc::gen::inRange<std::uint8_t>(0, 128);
        header.sequence = *rc::gen::arbitrary<std::uint16_t>();
        header.timestamp = *rc::gen::arbitrary<std::uint32_t>();
        header.ssrc = *rc::gen::arbitrary<std::uint32_t>();
        const auto payload = *rc::gen::resize(200, rc::gen::arbitrary<Bytes>());
        const auto front = media::write_rtp_header(header);
        const Bytes bytes = with(Bytes{front.begin(), front.end()}, payload);
        const auto parsed = media::parse_rtp(bytes);
        RC_ASSERT(parsed.ok());
        RC_ASSERT(parsed.value().header == header);
        RC_ASSERT(std::ranges::equal(parsed.value().payload, payload));
    });
    CHECK(held);
}

TEST_CASE("contributors, extension and padding are stepped over") {
    Bytes bytes = header_of(0x80 | 0x20 | 0x10 | 2);
    bytes = with(bytes, {1, 1, 1, 1, 2, 2, 2, 2});        // two contributors
    bytes = with(bytes, {0xbe, 0xde, 0, 1, 9, 9, 9, 9});  // one word of extension
    bytes = with(bytes, {42, 43, 0, 0, 3});               // payload, three bytes of padding
    const auto parsed = media::parse_rtp(bytes);
    REQUIRE(parsed.ok());
    CHECK(parsed.value().contributors == 2);
    REQUIRE(parsed.value().payload.size() == 2);
    CHECK(parsed.value().payload[0] == 42);
}

TEST_CASE("an RTP packet that contradicts itself is refused with the reason") {
    struct Case {
        const char* name;
        Bytes bytes;
        RtpError why;
    };
    for (const Case& given : {
             Case{"nothing", {}, RtpError::too_short},
             Case{"eleven bytes", Bytes(11, 0x80), RtpError::too_short},
             Case{"version 1", header_of(0x40), RtpError::bad_version},
             Case{"a contributor is missing", header_of(0x81), RtpError::bad_contributors},
             Case{"the extension is missing", header_of(0x90), RtpError::bad_extension},
             Case{"the extension is short", with(header_of(0x90), {0, 0, 0, 1}),
                  RtpError::bad_extension},
             Case{"padding of none", with(header_of(0xa0), {0}), RtpError::bad_padding},
             Case{"padding beyond the payload", with(header_of(0xa0), {7, 3}),
                  RtpError::bad_padding},
             Case{"padding without payload", header_of(0xa0), RtpError::bad_padding},
             Case{"a jumbo", Bytes(media::packet_bytes_max + 1, 0x80), RtpError::too_long},
         }) {
        CAPTURE(given.name);
        const auto parsed = media::parse_rtp(given.bytes);
        REQUIRE(!parsed.ok());
        CHECK(parsed.error() == given.why);
    }
}

TEST_CASE("any cut of a valid packet is parsed without reading past its end") {
    const Bytes whole =
        with(with(header_of(0xb1), {1, 1, 1, 1, 0, 0, 0, 1, 5, 5, 5, 5}), {1, 2, 3, 1});
    for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes));
        const auto parsed = media::parse_rtp(cut);
        if (parsed.ok())
            CHECK(parsed.value().payload.size() <= cut.size());
        else
            CHECK(bytes < whole.size());
    }
}

TEST_CASE("an RTCP compound survives being written and parsed") {
    const bool held = rc::check("round trip", [] {
        media::RtcpCompound compound;
        compound.ssrc = *rc::gen::arbitrary<std::uint32_t>();
        if (*rc::gen::arbitrary<bool>()) {
            compound.sender = media::SenderInfo{
                *rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint32_t>(),
                *rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint32_t>()};
        }
        compound.block_count = *rc::gen::inRange<std::uint8_t>(0, media::report_blocks_max + 1);
        for (std::size_t i = 0; i < compound.block_count; ++i) {
            auto& block = compound.blocks[i];
            block.ssrc = *rc::gen::arbitrary<std::uint32_t>();
            block.fraction_lost = *rc::gen::arbitrary<std::uint8_t>();
            block.cumulative_lost = *rc::gen::inRange(-0x80'0000, 0x80'0000);
            block.highest_sequence = *rc::gen::arbitrary<std::uint32_t>();
            block.jitter = *rc::gen::arbitrary<std::uint32_t>();
            block.last_sr = *rc::gen::arbitrary<std::uint32_t>();
            block.delay_since_sr = *rc::gen::arbitrary<std::uint32_t>();
        }
        const std::string cname(*rc::gen::inRange<std::size_t>(0, media::cname_bytes_max + 1), 'x');
        compound.cname = cname;
        compound.bye = *rc::gen::arbitrary<bool>();
        const Bytes bytes = written(compound);
        RC_ASSERT(bytes.size() % 4 == 0);
        const auto parsed = media::parse_rtcp(bytes);
        RC_ASSERT(parsed.ok());
        RC_ASSERT(parsed.value().ssrc == compound.ssrc);
        RC_ASSERT(parsed.value().sender == compound.sender);
        RC_ASSERT(parsed.value().block_count == compound.block_count);
        RC_ASSERT(parsed.value().blocks == compound.blocks);
        RC_ASSERT(parsed.value().cname == compound.cname);
        RC_ASSERT(parsed.value().bye == compound.bye);
    });
    CHECK(held);
}

TEST_CASE("a broken RTCP packet is refused with the reason") {
    media::RtcpCompound compound;
    compound.ssrc = 7;
    compound.block_count = 1;
    compound.cname = "somebody";
    const Bytes good = written(compound);
    REQUIRE(media::parse_rtcp(good).ok());
    struct Case {
        const char* name;
        Bytes bytes;
        RtcpError why;
    };
    Bytes long_length = good, wrong_version = good, too_many_blocks = good, bye_first = good;
    long_length[3] = 200;
    wrong_version[0] = 0x41;
    too_many_blocks[0] = 0x80 | 31;
    bye_first[1] = 203;
    Bytes endless_item = good;
    endless_item[32 + 9] = 250;  // the length of the CNAME item
    for (const Case& given : {
             Case{"four bytes", Bytes(good.begin(), good.begin() + 4), RtcpError::too_short},
             Case{"a length beyond the end", long_length, RtcpError::bad_length},
             Case{"version 1", wrong_version, RtcpError::bad_version},
             Case{"more blocks than bytes", too_many_blocks, RtcpError::bad_length},
             Case{"an item beyond its chunk", endless_item, RtcpError::bad_length},
             Case{"BYE before a report", bye_first, RtcpError::not_a_report},
             Case{"a jumbo", Bytes(2'000, 0x80), RtcpError::too_long},
         }) {
        CAPTURE(given.name);
        const auto parsed = media::parse_rtcp(given.bytes);
        REQUIRE(!parsed.ok());
        CHECK(parsed.error() == given.why);
    }
}

TEST_CASE("unknown RTCP packets within a compound are stepped over") {
    media::RtcpCompound compound;
    compound.ssrc = 7;
    Bytes bytes = written(compound);
    bytes = with(bytes, {0x80, 207, 0, 1, 1, 2, 3, 4});  // an extended report (RFC 3611)
    compound.bye = true;
    bytes = with(bytes, written(compound));
    const auto parsed = media::parse_rtcp(bytes);
    REQUIRE(parsed.ok());
    CHECK(parsed.value().bye);
}
