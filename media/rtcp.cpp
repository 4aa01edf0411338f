// RTCP compound packets: the second half of rtp.hpp.
#include <cstring>

#include "base/assert.hpp"
#include "media/rtp.hpp"
#include "media/wire.hpp"

namespace media {
namespace {

// Every RTCP packet (RFC 3550, 6.4)
// offset  bytes  field
//      0      1  version 2 (2 bits), padding (1), count of blocks or chunks or sources (5)
//      1      1  packet type: 200 SR, 201 RR, 202 SDES, 203 BYE
//      2      2  length in 4-byte words without this first one
// SR: 4 ssrc, 8 NTP time, 4 timestamp, 4 packets, 4 octets, then blocks. RR: 4 ssrc, then blocks.
// Block: 4 ssrc, 1 fraction lost, 3 cumulative lost, 4 highest sequence, 4 jitter, 4 last SR, 4
// delay SDES chunk: 4 ssrc, items of (1 type, 1 length, text), a zero, padded with zeros to 4 bytes
// BYE: 4 bytes per source, then maybe a reason
constexpr std::uint8_t type_sr = 200, type_rr = 201, type_sdes = 202, type_bye = 203;
constexpr std::uint8_t type_xr = 207, block_voip = 7, unknown = 127;
constexpr std::uint8_t item_end = 0, item_cname = 1;
constexpr std::size_t header_bytes = 4, sender_bytes = 20, block_bytes = 24;

using Bytes = std::span<const std::uint8_t>;

ReportBlock read_block(Bytes at) {
    ReportBlock block;
    block.ssrc = read_u32(at, 0);
    block.fraction_lost = at[4];
    const std::uint32_t lost = read_u32(at, 4) & 0xff'ffff;
    block.cumulative_lost =
        static_cast<std::int32_t>(lost << 8) >> 8;  // carries the sign of 24 bits
    block.highest_sequence = read_u32(at, 8);
    block.jitter = read_u32(at, 12);
    block.last_sr = read_u32(at, 16);
    block.delay_since_sr = read_u32(at, 20);
    return block;
}

/// `body` starts after the four header bytes. False: it is too short for what it claims.
bool read_report(Bytes body, bool is_sender, std::size_t blocks, RtcpCompound& into) {
    if (body.size() < 4) return false;
    into.ssrc = read_u32(body, 0);
    body = body.subspan(4);
    if (is_sender) {
        if (body.size() < sender_bytes) return false;
        SenderInfo info;
        info.ntp = std::uint64_t{read_u32(body, 0)} << 32 | read_u32(body, 4);
        info.timestamp = read_u32(body, 8);
        info.packets = read_u32(body, 12);
        info.octets = read_u32(body, 16);
        into.sender = info;
        body = body.subspan(sender_bytes);
    }
    if (body.size() < blocks * block_bytes) return false;
    for (std::size_t i = 0; i < blocks; ++i) {
        // A later report of the same compound continues
        // the list; what does not fit any more is dropped.
        if (into.block_count == report_blocks_max) break;
        into.blocks[into.block_count++] = read_block(body.subspan(i * block_bytes, block_bytes));
    }
    return true;
}

bool read_cname(Bytes body, std::size_t chunks, RtcpCompound& into) {
    std::size_t at = 0;
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
        const std::size_t start = at;
        if (body.size() - at < 4) return false;
        at += 4;
        while (true) {
            if (at >= body.size()) return false;
            if (body[at] == item_end) break;
            if (body.size() - at < 2) return false;
            const std::size_t length = body[at + 1];
            if (body.size() - at - 2 < length) return false;
            if (body[at] == item_cname && into.cname.empty()) {
                into.cname = {reinterpret_cast<const char*>(body.data()) + at + 2, length};
            }
            at += 2 + length;
        }
        at = start + ((at - start) / 4 + 1) * 4;  // the zero and its padding end on a word
        if (at > body.size()) return false;
    }
    return true;
}

void write_header(std::span<std::uint8_t> out, std::size_t count, std::uint8_t type,
                  std::size_t bytes) {
    out[0] = static_cast<std::uint8_t>(2 << 6 | count);
    out[1] = type;
    write_u16(out, 2, static_cast<std::uint32_t>(bytes / 4 - 1));
}

void write_block(const ReportBlock& block, std::span<std::uint8_t> out) {
    write_u32(out, 0, block.ssrc);
    write_u32(out, 4,
              std::uint32_t{block.fraction_lost} << 24 |
                  (static_cast<std::uint32_t>(block.cumulative_lost) & 0xff'ffff));
    write_u32(out, 8, block.highest_sequence);
    write_u32(out, 12, block.jitter);
    write_u32(out, 16, block.last_sr);
    write_u32(out, 20, block.delay_since_sr);
}

std::size_t write_report(const RtcpCompound& compound, std::span<std::uint8_t> out) {
    std::size_t at = header_bytes;
    write_u32(out, at, compound.ssrc);
    at += 4;
    if (compound.sender) {
        write_u32(out, at, static_cast<std::uint32_t>(compound.sender->ntp >> 32));
        write_u32(out, at + 4, static_cast<std::uint32_t>(compound.sender->ntp));
        write_u32(out, at + 8, compound.sender->timestamp);
        write_u32(out, at + 12, compound.sender->packets);
        write_u32(out, at + 16, compound.sender->octets);
        at += sender_bytes;
    }
    for (std::size_t i = 0; i < compound.block_count; ++i, at += block_bytes) {
        write_block(compound.blocks[i], out.subspan(at, block_bytes));
    }
    write_header(out, compound.block_count, compound.sender ? type_sr : type_rr, at);
    return at;
}

std::size_t write_cname(const RtcpCompound& compound, std::span<std::uint8_t> out) {
    const std::size_t length = compound.cname.size();
    ASSERT(length <= cname_bytes_max);
    const std::size_t bytes = header_bytes + ((4 + 2 + length) / 4 + 1) * 4;
    std::memset(out.data(), 0, bytes);
    write_header(out, 1, type_sdes, bytes);
    write_u32(out, 4, compound.ssrc);
    out[8] = item_cname;
    out[9] = static_cast<std::uint8_t>(length);
    std::memcpy(out.data() + 10, compound.cname.data(), length);
    return bytes;
}

// An extended report with one block of VoIP metrics (RFC 3611, 2 and 4.7).
std::size_t write_voip(std::uint32_t ssrc, const VoipReport& report, std::span<std::uint8_t> out) {
    constexpr std::size_t bytes = 44;
    std::memset(out.data(), 0, bytes);
    write_header(out, 0, type_xr, bytes);
    write_u32(out, 4, ssrc);
    out[8] = block_voip;
    write_u16(out, 10, 8);
    write_u32(out, 12, report.source);
    out[16] = report.loss_rate;
    out[17] = report.discard_rate;
    out[18] = report.burst_density;
    out[19] = report.gap_density;
    write_u16(out, 20, report.burst_ms);
    write_u16(out, 22, report.gap_ms);
    write_u16(out, 24, report.round_trip_ms);
    write_u16(out, 26, report.end_system_ms);
    out[28] = static_cast<std::uint8_t>(report.signal_dbm0);
    out[29] = out[30] = unknown;  // noise, echo: not measured
    out[31] = BurstCounter::gap_min;
    out[32] = report.rating;
    out[33] = unknown;  // of another network
    out[34] = report.listening_tenths;
    out[35] = report.call_tenths;
    out[36] = 0xf0;  // losses are concealed as well as we can; the jitter buffer adapts
    write_u16(out, 38, report.buffer_now_ms);
    write_u16(out, 40, report.buffer_most_ms);
    write_u16(out, 42, report.buffer_most_ms);
    return bytes;
}

}  // namespace

Result<RtcpCompound, RtcpError> parse_rtcp(Bytes bytes) noexcept REALTIME {
    if (bytes.size() < 8) return fail(RtcpError::too_short);
    if (bytes.size() > packet_bytes_max) return fail(RtcpError::too_long);
    if (bytes[1] != type_sr && bytes[1] != type_rr) return fail(RtcpError::not_a_report);
    RtcpCompound compound;
    while (!bytes.empty()) {
        if (bytes.size() < header_bytes) return fail(RtcpError::bad_length);
        if (bytes[0] >> 6 != 2) return fail(RtcpError::bad_version);
        const std::size_t length = (std::size_t{read_u16(bytes, 2)} + 1) * 4;
        if (length > bytes.size()) return fail(RtcpError::bad_length);
        const std::size_t count = bytes[0] & 0x1f;
        const Bytes body = bytes.subspan(header_bytes, length - header_bytes);
        bool fits = true;
        switch (bytes[1]) {
            case type_sr: fits = read_report(body, true, count, compound); break;
            case type_rr: fits = read_report(body, false, count, compound); break;
            case type_sdes: fits = read_cname(body, count, compound); break;
            case type_bye:
                fits = body.size() >= count * 4;
                compound.bye = true;
                break;
            default:
                break;  // a byte of the outside, not an enum of ours: other types are stepped over
        }
        if (!fits) return fail(RtcpError::bad_length);
        bytes = bytes.subspan(length);
    }
    return compound;
}

std::size_t write_rtcp(const RtcpCompound& compound,
                       std::span<std::uint8_t> out) noexcept REALTIME {
    ASSERT(out.size() >= rtcp_bytes_max);
    ASSERT(compound.block_count <= report_blocks_max);
    std::size_t at = write_report(compound, out);
    if (!compound.cname.empty()) at += write_cname(compound, out.subspan(at));
    if (compound.voip) at += write_voip(compound.ssrc, *compound.voip, out.subspan(at));
    if (compound.bye) {
        write_header(out.subspan(at), 1, type_bye, 8);
        write_u32(out, at + 4, compound.ssrc);
        at += 8;
    }
    return at;
}

}  // namespace media
