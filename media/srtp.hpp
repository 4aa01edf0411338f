// One leg's SRTP and SRTCP (RFC 3711): AES_CM_128 with HMAC_SHA1 of 80 or 32 bits, both directions.
//
//     protect    -->  bytes + tag of one stream, ours
//     unprotect  -->  any stream of the peer; it may change its SSRC without asking
//
// The transforms stand on OpenSSL's AES and SHA-1. Debian's libsrtp2 sits on NSS, which makes and
// frees a context for every packet under a lock: 14 allocations and 3.1 us, against none and 0.4
// us. It is the oracle of the tests. Only what the tag proves changes any state, so forged packets
// find nothing to fill. Thread: made by the control side (that allocates), then owned by one worker
// at a time. Memory: fixed when made, about 8 kB. Time: no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/realtime.hpp"
#include "media/engine.hpp"

namespace media {

/// What has been seen of one counter: its greatest value, and which of the 128 below it.
class ReplayWindow {
public:
    static constexpr std::uint64_t width = 128;
    [[nodiscard]] bool fresh(std::uint64_t index) const noexcept REALTIME;
    void mark(std::uint64_t index) noexcept REALTIME;
    [[nodiscard]] bool empty() const noexcept REALTIME { return !started_; }
    [[nodiscard]] std::uint64_t greatest() const noexcept REALTIME { return greatest_; }

private:
    bool started_ = false;
    std::uint64_t greatest_ = 0;
    std::array<std::uint64_t, 2> seen_{};  // bit n: greatest_ - n was there
};

/// The 48-bit index that `sequence` most likely means behind `greatest` (RFC 3711, 3.3.1).
[[nodiscard]] std::uint64_t guess_index(std::uint64_t greatest,
                                        std::uint16_t sequence) noexcept REALTIME;

class Srtp {
public:
    static constexpr std::size_t rtp_room = 10;   // protect() may add so many bytes
    static constexpr std::size_t rtcp_room = 14;  // protect_rtcp() does
    static constexpr std::size_t streams_max =
        64;  // SSRCs that a peer may use with one key; no more are believed, so none is forgotten

    /// Both directions begin with a rollover count of 0, as SDES has it: our first sequence number
    /// should be below 2^15, lest a lost first packet hides the first wrap; and whoever negotiates
    /// again keeps this object while the keys stay the same.
    Srtp(const SrtpKeys& keys, std::uint32_t our_ssrc);
    ~Srtp();
    Srtp(const Srtp&) = delete;
    Srtp& operator=(const Srtp&) = delete;

    /// Protects the RTP packet in the first `length` bytes of `buffer`, in place, and returns its
    /// new length. 0: not a packet of ours, or no room for rtp_room more.
    [[nodiscard]] std::size_t protect(std::span<std::uint8_t> buffer,
                                      std::size_t length) noexcept REALTIME;
    [[nodiscard]] std::size_t protect_rtcp(std::span<std::uint8_t> buffer,
                                           std::size_t length) noexcept REALTIME;
    /// Opens `packet` in place and returns its plain length. None: forged, replayed, malformed, or
    /// of one SSRC too many; then nothing has changed, here or in the packet.
    [[nodiscard]] std::optional<std::size_t> unprotect(
        std::span<std::uint8_t> packet) noexcept REALTIME;
    [[nodiscard]] std::optional<std::size_t> unprotect_rtcp(
        std::span<std::uint8_t> packet) noexcept REALTIME;

private:
    struct Transform;  // session keys of one direction of RTP or RTCP
    struct Stream {
        std::uint32_t ssrc = 0;
        ReplayWindow rtp, rtcp;
    };

    [[nodiscard]] Stream* known(std::uint32_t ssrc) noexcept;
    [[nodiscard]] Stream* known_or_new(std::uint32_t ssrc) noexcept;

    const std::uint32_t our_ssrc_;
    const std::size_t tag_bytes_;
    std::unique_ptr<Transform> rtp_out_, rtcp_out_, rtp_in_, rtcp_in_;
    std::optional<std::uint64_t> sent_;  // index of the newest packet we sent
    std::uint32_t reports_sent_ = 0;
    std::array<Stream, streams_max> streams_{};
    std::size_t stream_count_ = 0, last_found_ = 0;
};

}  // namespace media
