// RTP and RTCP packets (RFC 3550): bytes to words and back.
//
// Thread: pure functions. Memory: views into the caller's bytes, nothing else. Time: none of its
// own. The parsers are total: any bytes give a packet or a reason, and never read past their end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/realtime.hpp"
#include "base/result.hpp"
#include "media/voip_metrics.hpp"

namespace media {

inline constexpr std::size_t rtp_header_bytes = 12;
inline constexpr std::size_t packet_bytes_max =
    1'500;  // what an Ethernet frame carries: more is nobody we know

enum class RtpError : std::uint8_t {
    too_short,
    too_long,
    bad_version,
    bad_contributors,
    bad_extension,
    bad_padding
};

struct RtpHeader {
    bool marker = false;
    std::uint8_t payload_type = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    bool operator==(const RtpHeader&) const = default;
};

struct RtpPacket {
    RtpHeader header;
    std::uint8_t contributors = 0;          // how many CSRC were there
    std::span<const std::uint8_t> payload;  // points into what was parsed, without padding
};

/// Refuses: too_short, too_long, bad_version, and counts of contributors, extension words or
/// padding that do not fit into `bytes`. An empty payload is allowed.
[[nodiscard]] Result<RtpPacket, RtpError> parse_rtp(
    std::span<const std::uint8_t> bytes) noexcept REALTIME;

/// The twelve bytes in front of a payload: no contributors, extension or padding.
[[nodiscard]] std::array<std::uint8_t, rtp_header_bytes> write_rtp_header(
    const RtpHeader& header) noexcept REALTIME;

// ---- RTCP -----------------------------------------------------------------------------------

/// What one receiver says of one source (RFC 3550, 6.4.1).
struct ReportBlock {
    std::uint32_t ssrc = 0;
    std::uint8_t fraction_lost = 0;      // of 256, since the last report
    std::int32_t cumulative_lost = 0;    // 24 bits with sign
    std::uint32_t highest_sequence = 0;  // with the count of wraps in the upper half
    std::uint32_t jitter = 0;            // in timestamp units
    std::uint32_t last_sr = 0;           // the middle of the NTP time of the last sender report
    std::uint32_t delay_since_sr = 0;    // in 1/65536 s
    bool operator==(const ReportBlock&) const = default;
};

struct SenderInfo {
    std::uint64_t ntp = 0;  // seconds since 1900 in the upper half, fraction in the lower
    std::uint32_t timestamp = 0, packets = 0, octets = 0;
    bool operator==(const SenderInfo&) const = default;
};

inline constexpr std::size_t report_blocks_max = 31;  // five bits count them
inline constexpr std::size_t cname_bytes_max = 255;   // one byte counts them
inline constexpr std::size_t rtcp_bytes_max =
    1'200;  // 8 + 20 + 31 * 24 of the report, 8 + 258 of SDES, 44 of XR, 8 of BYE
static_assert(8 + 20 + report_blocks_max * 24 + 8 + 260 + 44 + 8 <= rtcp_bytes_max);

enum class RtcpError : std::uint8_t { too_short, too_long, bad_version, bad_length, not_a_report };

/// A compound packet: a report (SR with `sender`, else
/// RR), then maybe SDES with a CNAME, then maybe BYE.
struct RtcpCompound {
    std::uint32_t ssrc = 0;
    std::optional<SenderInfo> sender;
    std::array<ReportBlock, report_blocks_max> blocks{};
    std::uint8_t block_count = 0;
    std::string_view cname;          // points into what was parsed
    std::optional<VoipReport> voip;  // only written (RFC 3611): who sends us one is not asked
    bool bye = false;
};

/// Takes what it knows and steps over other packet types (APP, XR,
/// feedback). The first packet must be a report (RFC 3550, A.2); a
/// packet whose length does not fit ends the parsing with bad_length.
[[nodiscard]] Result<RtcpCompound, RtcpError> parse_rtcp(
    std::span<const std::uint8_t> bytes) noexcept REALTIME;

/// Writes `compound` to the front of `out` and returns the bytes used. `out` has rtcp_bytes_max
/// bytes or more; the cname at most cname_bytes_max.
[[nodiscard]] std::size_t write_rtcp(const RtcpCompound& compound,
                                     std::span<std::uint8_t> out) noexcept REALTIME;

}  // namespace media
