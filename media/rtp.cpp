#include "media/rtp.hpp"

#include "media/wire.hpp"

namespace media {
namespace {

// RTP header (RFC 3550, 5.1), network order
// offset  bytes  field
//      0      1  version 2 (2 bits), padding (1), extension (1), contributor count (4)
//      1      1  marker (1 bit), payload type (7)
//      2      2  sequence number
//      4      4  timestamp, in samples of the payload's clock
//      8      4  synchronisation source
//     12    4*n  contributing sources
//        then    extension: 2 bytes of profile, 2 bytes that count the 4-byte words after these
//        four bytes last    with padding: the number of padding bytes, itself among them
constexpr std::size_t extension_header_bytes = 4;

}  // namespace

Result<RtpPacket, RtpError> parse_rtp(std::span<const std::uint8_t> bytes) noexcept REALTIME {
    if (bytes.size() < rtp_header_bytes) return fail(RtpError::too_short);
    if (bytes.size() > packet_bytes_max) return fail(RtpError::too_long);
    if (bytes[0] >> 6 != 2) return fail(RtpError::bad_version);
    RtpPacket packet;
    packet.header.marker = (bytes[1] & 0x80) != 0;
    packet.header.payload_type = bytes[1] & 0x7f;
    packet.header.sequence = read_u16(bytes, 2);
    packet.header.timestamp = read_u32(bytes, 4);
    packet.header.ssrc = read_u32(bytes, 8);
    packet.contributors = bytes[0] & 0x0f;
    std::size_t start = rtp_header_bytes + 4u * packet.contributors;
    if (start > bytes.size()) return fail(RtpError::bad_contributors);
    if ((bytes[0] & 0x10) != 0) {
        if (bytes.size() - start < extension_header_bytes) return fail(RtpError::bad_extension);
        const std::size_t words = read_u16(bytes, start + 2);
        start += extension_header_bytes;
        if (words * 4 > bytes.size() - start) return fail(RtpError::bad_extension);
        start += words * 4;
    }
    std::size_t end = bytes.size();
    if ((bytes[0] & 0x20) != 0) {
        const std::size_t padding = bytes.back();
        if (padding == 0 || padding > end - start) return fail(RtpError::bad_padding);
        end -= padding;
    }
    packet.payload = bytes.subspan(start, end - start);
    return packet;
}

std::array<std::uint8_t, rtp_header_bytes> write_rtp_header(
    const RtpHeader& header) noexcept REALTIME {
    std::array<std::uint8_t, rtp_header_bytes> bytes{};
    bytes[0] = 2 << 6;
    bytes[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f));
    write_u16(bytes, 2, header.sequence);
    write_u32(bytes, 4, header.timestamp);
    write_u32(bytes, 8, header.ssrc);
    return bytes;
}

}  // namespace media
