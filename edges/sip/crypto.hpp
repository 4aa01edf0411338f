// Keys of SRTP in a description (SDES, RFC 4568): "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...".
// Whoever can read the signalling can read these keys: they are worth as much as its protection.
//
// Pure but for make_key. Thread: any. Total: any text gives a Crypto or nothing. Keys are never
// logged and never journaled.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "media/engine.hpp"

namespace sip {

/// Whether sound is encrypted.
enum class SrtpRule : std::uint8_t {
    never,    // RTP/AVP only; keys in it are ignored
    offer,    // RTP/SAVP is answered as such; our own offers are RTP/AVP with keys (RFC 8643)
    require,  // our own offers are RTP/SAVP; nothing without keys is taken
};

using SrtpKey = std::array<std::uint8_t, media::SrtpKeys::bytes>;

/// One crypto line whose suite we have.
struct Crypto {
    unsigned tag = 0;        // an answer repeats the one it takes
    bool short_tag = false;  // AES_CM_128_HMAC_SHA1_32
    SrtpKey key{};
    bool operator==(const Crypto&) const = default;
};

/// Reads what follows "a=crypto:". Nothing for other suites, for a master key identifier (MKI),
/// more than one key, or a session parameter that changes what is sent. A lifetime is read over:
/// 2^31 packets are more than a year of sound.
[[nodiscard]] std::optional<Crypto> parse_crypto(std::string_view value);
/// A whole line with its end.
[[nodiscard]] std::string print_crypto(unsigned tag, bool short_tag, const SrtpKey& key);

/// Tags of our own offers: one line a suite.
[[nodiscard]] constexpr unsigned offered_tag(bool short_tag) noexcept { return short_tag ? 2 : 1; }

[[nodiscard]] SrtpKey make_key();

}  // namespace sip
