// As much of SIP and SDP as a telephone that only calls must read and write (RFC 3261, RFC 4566).
// Strict: what is not as it should be is refused, and the call fails; a generator of load does not
// guess.
//
// Pure. Thread: any. Total: any bytes give a message or nothing. A message points into what was
// parsed and lives no longer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "media/engine.hpp"

namespace sim {

struct SipMessage {
    int status = 0;           // of a response; 0: a request
    std::string_view method;  // of a request; of a response, that of its CSeq
    std::string_view uri;     // of a request: whom it is for
    std::uint32_t cseq = 0;
    std::string_view call_id, from, to, contact, content_type, body;
    std::string_view challenge;  // WWW-Authenticate or Proxy-Authenticate
    std::vector<std::string_view> vias, record_routes;
};
/// None: not a message; a mandatory header is missing; Content-Length is not that of the body.
[[nodiscard]] std::optional<SipMessage> parse_sip(std::string_view text);

constexpr Duration sip_t1 = milliseconds(500);  // between tries (RFC 3261, 17.1.1.2)
constexpr Duration sip_patience = sip_t1 * 64;

/// "<sip:a@b;x>;y" and "sip:a@b;y" give the address; empty: there is none.
[[nodiscard]] std::string_view uri_of(std::string_view value);
/// The user part of an address: "a" of "sip:a@b;x"; empty: it has none.
[[nodiscard]] std::string_view user_of(std::string_view uri);
/// A response to `request` without a tag of our own; with a body: a description of sound.
[[nodiscard]] std::string plain_response(const SipMessage& request, const std::string& status,
                                         const std::string& contact = {},
                                         const std::string& body = {});
/// What answers a digest challenge (RFC 2617, 3.2.2, MD5 with qop=auth or without). `count`: how
/// often its nonce was answered, this time included. Empty: not a challenge that we understand.
struct Account {
    std::string user, password;
};
[[nodiscard]] std::string answer_challenge(std::string_view challenge, const Account& account,
                                           std::string_view method, std::string_view uri,
                                           std::uint32_t count);

/// The tag of From or To; empty: none.
[[nodiscard]] std::string_view tag_of(std::string_view value);

struct SdpAnswer {
    media::Address remote;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> event_type;  // of RFC 4733; none: keys are not understood
};
/// None: not an audio stream that is switched on, to an IPv4 address.
[[nodiscard]] std::optional<SdpAnswer> parse_sdp_answer(std::string_view text);

/// An offer of one codec and of keys.
[[nodiscard]] std::string write_sdp_offer(const media::Address& ours, const media::Format& format);
/// What `offer` calls `format`; none: it does not offer it.
[[nodiscard]] std::optional<std::uint8_t> payload_type_in(std::string_view offer,
                                                          const media::Format& format);
/// An answer to an offer that calls `format` and the keys so.
[[nodiscard]] std::string write_sdp_answer(const media::Address& ours, const media::Format& format,
                                           std::uint8_t payload_type,
                                           std::optional<std::uint8_t> event_type);
/// The same description once more, changed: "sendonly" for "sendrecv" and back (RFC 3264, 8).
[[nodiscard]] std::string with_direction(const std::string& sdp, std::string_view direction,
                                         unsigned version);
/// What we offer `format` as.
[[nodiscard]] std::uint8_t offered_payload_type(const media::Format& format);
inline constexpr std::uint8_t offered_event_type = 101;

}  // namespace sim
