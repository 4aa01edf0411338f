// What a phone offers to send and hear (SDP, RFC 4566), and what we answer (RFC 3264): one audio
// stream of one codec, with telephone-event and comfort noise. Everything else in an offer is
// declined, stream by stream.
//
// Pure. Thread: any. Memory: bounded by the limits below. Total: any bytes give an Offer or a
// Misfit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "edges/sip/codecs.hpp"
#include "media/engine.hpp"

namespace sip {

inline constexpr std::size_t sdp_bytes_max = 8192;  // a large WebRTC offer has some 6 kB
inline constexpr std::size_t sdp_streams_max = 16;  // an answer repeats every stream of its offer
inline constexpr std::size_t sdp_formats_max = 64;  // per stream

/// Whether sound flows, seen from who wrote the description (RFC 4566, 6).
enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };

/// What we say to a direction: they send, we receive.
[[nodiscard]] Direction mirrored(Direction theirs) noexcept;
[[nodiscard]] std::string_view name_of(Direction direction) noexcept;

/// Why no call can come of a description. All but `malformed` are a 488.
enum class Misfit : std::uint8_t {
    malformed,      // not SDP: 400
    no_audio,       // no stream of RTP audio that is switched on
    no_codec,       // none of those we speak
    not_encrypted,  // RTP/AVP without keys, and the rule is SRTP
    bad_key,        // RTP/SAVP without a key that we can use
    bad_address,    // no IPv4 literal to send to
};
[[nodiscard]] int status_of(Misfit misfit) noexcept;
[[nodiscard]] std::string_view sentence_of(Misfit misfit) noexcept;

/// A stream of the offer, as much of it as an answer has to repeat.
struct Stream {
    std::string kind;       // "audio"
    std::string transport;  // "RTP/AVP"
    std::string format;     // its first format: what a declined stream is answered with
    bool operator==(const Stream&) const = default;
};

/// An offer, or an answer to ours: reduced to what a leg needs.
struct Description {
    std::vector<Stream> streams;
    std::size_t audio = 0;  // index of the stream we take
    media::Format format;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> event_payload_type;
    std::uint32_t event_rate_hz = 8'000;  // their clock: the codec's, where they offer it
    std::optional<std::uint8_t> noise_payload_type;
    media::OpusSettings opus;  // what their fmtp leaves of ours
    Direction direction = Direction::sendrecv;
    std::optional<media::Address>
        remote;  // none: 0.0.0.0, the old way to say "hold" (RFC 3264, 8.4)
    std::optional<media::Address> remote_rtcp;  // a=rtcp (RFC 3605)
    unsigned ptime_ms = 20;
    std::optional<Crypto> crypto;   // how they encrypt
    bool extended_reports = false;  // a=rtcp-xr:voip-metrics (RFC 3611, 5.1)
    bool operator==(const Description&) const = default;

    /// They do not want to hear us.
    [[nodiscard]] bool on_hold() const {
        return direction == Direction::sendonly || direction == Direction::inactive || !remote;
    }
};

enum class Kind : std::uint8_t {
    offer,   // of their codecs, the first in our order
    answer,  // of their codecs, their first: it is what they will send
};
/// Reads a session description.
[[nodiscard]] Result<Description, Misfit> parse_sdp(std::string_view text,
                                                    const SoundPolicy& policy = {},
                                                    Kind kind = Kind::offer);

/// What we write in o= and c=. Version counts up with each change (RFC 3264, 8).
struct Local {
    std::string ip;
    std::uint16_t port = 0;
    std::uint64_t session = 0;
    std::uint64_t version = 1;
    std::array<SrtpKey, 2> keys{};  // ours: of the suite with the long tag, and the short
};

/// Every codec of the policy with telephone-event and comfort noise, sendrecv. Within a call, what
/// is agreed comes first and its streams and payload types keep their places (RFC 3264, 8).
[[nodiscard]] std::string print_offer(const Local& local, const SoundPolicy& policy = {},
                                      const Description* agreed = nullptr);
/// One codec, the offer's payload types, the mirrored direction; every other stream with port 0.
[[nodiscard]] std::string print_answer(const Local& local, const Description& offer);

/// What the engine has to know of it.
[[nodiscard]] media::LegConfig leg_config(const Description& theirs, const SoundPolicy& policy = {},
                                          const Local& local = {});

}  // namespace sip
