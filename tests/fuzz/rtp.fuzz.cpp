// Any bytes on an RTP or RTCP port: the parsers answer without reading past the end, and what they
// accept survives being written and parsed again.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "media/rtp.hpp"

namespace {

void try_rtp(std::span<const std::uint8_t> bytes) {
    const auto parsed = media::parse_rtp(bytes);
    if (!parsed.ok()) return;
    const auto front = media::write_rtp_header(parsed.value().header);
    std::vector<std::uint8_t> again(front.begin(), front.end());
    again.insert(again.end(), parsed.value().payload.begin(), parsed.value().payload.end());
    const auto twice = media::parse_rtp(again);
    ASSERT(twice.ok());
    ASSERT(twice.value().header == parsed.value().header);
    ASSERT(std::ranges::equal(twice.value().payload, parsed.value().payload));
}

void try_rtcp(std::span<const std::uint8_t> bytes) {
    const auto parsed = media::parse_rtcp(bytes);
    if (!parsed.ok()) return;
    std::array<std::uint8_t, media::rtcp_bytes_max> out;
    const std::size_t used = media::write_rtcp(parsed.value(), out);
    const auto twice = media::parse_rtcp(std::span{out}.first(used));
    ASSERT(twice.ok());
    ASSERT(twice.value().ssrc == parsed.value().ssrc);
    ASSERT(twice.value().sender == parsed.value().sender);
    ASSERT(twice.value().block_count == parsed.value().block_count);
    ASSERT(twice.value().blocks == parsed.value().blocks);
    ASSERT(twice.value().cname == parsed.value().cname);
    ASSERT(twice.value().bye == parsed.value().bye);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    // A copy of its own size, so that a sanitizer sees the first byte too many.
    const std::vector<std::uint8_t> own(data, data + bytes);
    try_rtp(own);
    try_rtcp(own);
    return 0;
}
