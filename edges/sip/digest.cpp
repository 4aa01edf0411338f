// Parses, prints and judges digest credentials; see digest.hpp.
#include "edges/sip/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.hpp"
#include "base/hash.hpp"

namespace sip {
namespace {

std::string md5_hex(std::string_view text) {
    std::array<unsigned char, 16> out{};
    unsigned length = 0;
    const int done = EVP_Digest(text.data(), text.size(), out.data(), &length, EVP_md5(), nullptr);
    ASSERT(done == 1 && length == out.size());
    return base::hex(std::string_view{reinterpret_cast<const char*>(out.data()), out.size()});
}

/// Compares without telling by its time where two texts differ.
bool same_secret(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(a[i] ^ b[i]);
    return difference == 0;
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void skip_blanks(std::string_view& rest) {
    while (!rest.empty() && blank(rest.front())) rest.remove_prefix(1);
}

bool token_char(char c) {
    return c > ' ' && c < 127 &&
           std::string_view{"()<>@,;:\\\"/[]?={}"}.find(c) == std::string_view::npos;
}

std::string_view take_token(std::string_view& rest) {
    std::size_t length = 0;
    while (length < rest.size() && token_char(rest[length])) ++length;
    const std::string_view token = rest.substr(0, length);
    rest.remove_prefix(length);
    return token;
}

/// A token, or a quoted string with its escapes undone. No control character gets through.
std::optional<std::string> take_value(std::string_view& rest) {
    if (rest.empty() || rest.front() != '"') {
        const std::string_view token = take_token(rest);
        if (token.empty()) return std::nullopt;
        return std::string{token};
    }
    std::string out;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '"') {
            rest.remove_prefix(i + 1);
            return out;
        }
        if (rest[i] == '\\' && ++i == rest.size()) break;
        if (static_cast<unsigned char>(rest[i]) < ' ' || rest[i] == 127) return std::nullopt;
        out += rest[i];
    }
    return std::nullopt;
}

std::string* field_of(Credentials& c, const std::string& name) {
    if (name == "username") return &c.username;
    if (name == "realm") return &c.realm;
    if (name == "nonce") return &c.nonce;
    if (name == "uri") return &c.uri;
    if (name == "response") return &c.response;
    if (name == "algorithm") return &c.algorithm;
    if (name == "cnonce") return &c.cnonce;
    if (name == "opaque") return &c.opaque;
    if (name == "qop") return &c.qop;
    if (name == "nc") return &c.nc;
    return nullptr;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::optional<std::uint64_t> hex_number(std::string_view text, std::size_t digits) {
    std::uint64_t value = 0;
    if (text.size() != digits) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string hex16(std::uint64_t value) {
    std::string out(16, '0');
    for (int i = 15; i >= 0; --i, value >>= 4)
        out[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15];
    return out;
}

constexpr std::size_t nonce_time_digits = 16, nonce_mac_digits = 32;

}  // namespace

std::optional<Credentials> parse_authorization(std::string_view value) {
    if (value.size() > authorization_bytes_max) return std::nullopt;
    skip_blanks(value);
    if (lower(take_token(value)) != "digest") return std::nullopt;
    Credentials credentials;
    std::string seen = ",";
    for (bool first = true;; first = false) {
        skip_blanks(value);
        if (value.empty() && !first) break;
        if (!first) {
            if (value.front() != ',') return std::nullopt;
            value.remove_prefix(1);
            skip_blanks(value);
        }
        const std::string name = lower(take_token(value));
        skip_blanks(value);
        if (name.empty() || value.empty() || value.front() != '=') return std::nullopt;
        value.remove_prefix(1);
        skip_blanks(value);
        const auto text = take_value(value);
        if (!text || seen.find("," + name + ",") != std::string::npos) return std::nullopt;
        seen += name + ",";
        if (std::string* field = field_of(credentials, name)) *field = *text;
    }
    return credentials;
}

std::string print_authorization(const Credentials& c) {
    std::string out = "Digest username=" + quoted(c.username) + ", realm=" + quoted(c.realm) +
                      ", nonce=" + quoted(c.nonce) + ", uri=" + quoted(c.uri) +
                      ", response=" + quoted(c.response);
    // Tokens by the grammar, but whatever they hold must come back as it was: quotes are harmless.
    if (!c.algorithm.empty()) out += ", algorithm=" + quoted(c.algorithm);
    if (!c.cnonce.empty()) out += ", cnonce=" + quoted(c.cnonce);
    if (!c.opaque.empty()) out += ", opaque=" + quoted(c.opaque);
    if (!c.qop.empty()) out += ", qop=" + quoted(c.qop);
    if (!c.nc.empty()) out += ", nc=" + quoted(c.nc);
    return out;
}

std::string digest_response(std::string_view ha1, std::string_view method, const Credentials& c) {
    const std::string ha2 = md5_hex(std::string{method} + ":" + c.uri);
    const std::string head = std::string{ha1} + ":" + c.nonce + ":";
    if (c.qop.empty()) return md5_hex(head + ha2);
    return md5_hex(head + c.nc + ":" + c.cnonce + ":" + c.qop + ":" + ha2);
}

std::string DigestGate::nonce_of(Instant at) const {
    const std::string time = hex16(static_cast<std::uint64_t>(at.us));
    return time + base::hex(base::blake2b("nonce:" + time, key_)).substr(0, nonce_mac_digits);
}

std::optional<Instant> DigestGate::time_of(std::string_view nonce) const {
    if (nonce.size() != nonce_time_digits + nonce_mac_digits) return std::nullopt;
    const auto us = hex_number(nonce.substr(0, nonce_time_digits), nonce_time_digits);
    if (!us) return std::nullopt;
    const Instant at{static_cast<std::int64_t>(*us)};
    if (!same_secret(nonce_of(at), nonce)) return std::nullopt;
    return at;
}

std::string DigestGate::challenge(Instant now, bool stale) const {
    return "Digest realm=" + quoted(realm_) + ", nonce=\"" + nonce_of(now) +
           "\", algorithm=MD5, qop=\"auth\"" + (stale ? ", stale=true" : "");
}

void DigestGate::forget(Instant now) {
    while (!windows_.empty()) {
        const auto made = time_of(windows_.begin()->first);
        if (windows_.size() < nonces_max && made && now - *made <= nonce_life) return;
        // A window that is given up while its nonce could still live would let counts be used
        // twice.
        if (made && *made > floor_) floor_ = *made;
        windows_.erase(windows_.begin());
    }
}

bool DigestGate::use_count(const std::string& nonce, std::uint32_t count, Instant made) {
    if (made <= floor_ && !windows_.contains(nonce)) return false;
    Window& window = windows_[nonce];
    if (count > window.highest) {
        const std::uint32_t ahead = count - window.highest;
        window.seen = ahead >= 64 ? 0 : window.seen << ahead;
        window.seen |= 1;
        window.highest = count;
        return true;
    }
    const std::uint32_t behind = window.highest - count;
    if (behind >= 64 || ((window.seen >> behind) & 1) != 0) return false;
    window.seen |= std::uint64_t{1} << behind;
    return true;
}

Proof DigestGate::judge(const Credentials& credentials, std::string_view method,
                        const std::optional<std::string>& ha1, Instant now) {
    const std::string algorithm = lower(credentials.algorithm);
    if (lower(credentials.qop) != "auth" || (!algorithm.empty() && algorithm != "md5"))
        return Proof::unsupported;
    const auto count = hex_number(credentials.nc, 8);
    if (!count || *count == 0 || credentials.cnonce.empty()) return Proof::unsupported;
    const auto made = time_of(credentials.nonce);
    if (!made || now - *made > nonce_life || *made > now) return Proof::stale;

    const std::string expected =
        digest_response(ha1.value_or("no such account"), method, credentials);
    const bool fits = same_secret(expected, lower(credentials.response));
    if (!fits || !ha1 || credentials.realm != realm_) return Proof::wrong;
    forget(now);
    return use_count(credentials.nonce, static_cast<std::uint32_t>(*count), *made) ? Proof::right
                                                                                   : Proof::stale;
}

}  // namespace sip
