// See crypto.hpp.
#include "edges/sip/crypto.hpp"

#include <algorithm>
#include <charconv>

#include "base/hash.hpp"

namespace sip {
namespace {

constexpr std::string_view long_suite = "AES_CM_128_HMAC_SHA1_80";
constexpr std::string_view short_suite = "AES_CM_128_HMAC_SHA1_32";
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t key_characters = media::SrtpKeys::bytes / 3 * 4;
static_assert(media::SrtpKeys::bytes % 3 == 0, "then base64 needs no padding (RFC 4648, 4)");

std::string_view take_word(std::string_view& rest) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    return word;
}

std::optional<SrtpKey> decode_key(std::string_view text) {
    if (text.size() != key_characters) return std::nullopt;
    SrtpKey key{};
    for (std::size_t at = 0; at < text.size(); at += 4) {
        std::uint32_t group = 0;
        for (const char c : text.substr(at, 4)) {
            const std::size_t value = alphabet.find(c);
            if (value == std::string_view::npos) return std::nullopt;
            group = group << 6 | static_cast<std::uint32_t>(value);
        }
        for (std::size_t i = 0; i < 3; ++i)
            key[at / 4 * 3 + i] = static_cast<std::uint8_t>(group >> (16 - 8 * i));
    }
    return key;
}

std::string encode_key(const SrtpKey& key) {
    std::string text;
    for (std::size_t at = 0; at < key.size(); at += 3) {
        const std::uint32_t group = static_cast<std::uint32_t>(key[at] << 16) |
                                    static_cast<std::uint32_t>(key[at + 1] << 8) | key[at + 2];
        for (int shift = 18; shift >= 0; shift -= 6) text += alphabet[group >> shift & 63];
    }
    return text;
}

/// "2^20" or "1048576"
bool is_lifetime(std::string_view text) {
    if (text.starts_with("2^")) text.remove_prefix(2);
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<Crypto> parse_crypto(std::string_view value) {
    Crypto out;
    const std::string_view tag = take_word(value);
    const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), out.tag);
    if (error != std::errc{} || end != tag.data() + tag.size() || out.tag > 999'999'999)
        return std::nullopt;
    const std::string_view suite = take_word(value);
    if (suite != long_suite && suite != short_suite) return std::nullopt;
    out.short_tag = suite == short_suite;
    std::string_view params = take_word(value);
    if (!params.starts_with("inline:")) return std::nullopt;
    params.remove_prefix(7);
    // Further keys ("...;inline:...") and identifiers ("|1:4") would want an MKI in each packet.
    if (params.find_first_of(":;") != std::string_view::npos) return std::nullopt;
    const std::size_t bar = params.find('|');
    if (bar != std::string_view::npos && !is_lifetime(params.substr(bar + 1))) return std::nullopt;
    const auto key = decode_key(params.substr(0, bar));
    if (!key) return std::nullopt;
    out.key = *key;
    // Of the session parameters only a hint about windows changes nothing (RFC 4568, 6.3).
    for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
        if (!word.starts_with("WSH=") && !word.starts_with('-')) return std::nullopt;
    }
    return out;
}

std::string print_crypto(unsigned tag, bool short_tag, const SrtpKey& key) {
    std::string line = "a=crypto:" + std::to_string(tag) + " ";
    line.append(short_tag ? short_suite : long_suite).append(" inline:").append(encode_key(key));
    return line.append("\r\n");
}

SrtpKey make_key() {
    const std::string bytes = base::random_bytes(media::SrtpKeys::bytes);
    SrtpKey key{};
    std::ranges::transform(bytes, key.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
    return key;
}

}  // namespace sip
