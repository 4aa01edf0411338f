// Digest authentication of phones (RFC 2617 and 7616 with MD5 and qop=auth; anything weaker is
// refused).
//
// Nonces are stateless: time and a keyed hash, so that a stranger's challenge costs no memory. Only
// a nonce that a right password has used is remembered, with a window of its counts, so that
// nothing can be played twice.
//
// Thread: one owner. Memory: nonces_max windows. Time: only what is passed in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace sip {

inline constexpr std::size_t authorization_bytes_max = 2048;
inline constexpr Duration nonce_life = minutes(5);
inline constexpr std::size_t nonces_max = 20'000;  // phones that authenticated within nonce_life

/// What an Authorization header says.
struct Credentials {
    std::string username, realm, nonce, uri, response, algorithm, cnonce, opaque, qop, nc;
    bool operator==(const Credentials&) const = default;
};

/// Parses `Digest username="...", ...`. Nothing: another scheme, no parameters, a parameter twice,
/// or too long.
[[nodiscard]] std::optional<Credentials> parse_authorization(std::string_view value);
/// The header value again, quoted where RFC 2617, 3.2.2 wants quotes.
[[nodiscard]] std::string print_authorization(const Credentials& credentials);

/// MD5(HA1:nonce:nc:cnonce:qop:MD5(method:uri)), or the form without qop when `qop` is empty.
[[nodiscard]] std::string digest_response(std::string_view ha1, std::string_view method,
                                          const Credentials& credentials);

enum class Proof : std::uint8_t {
    right,
    wrong,  // the password does not fit
    stale,  // the nonce is too old, not ours, or this count was used: ask again, it is nobody's
            // fault
    unsupported,  // no qop=auth, another algorithm, no count
};

class DigestGate {
public:
    /// `key` makes the nonces of this run; any bytes.
    DigestGate(std::string realm, std::string key)
        : realm_(std::move(realm)), key_(std::move(key)) {}

    /// A WWW-Authenticate value. `stale` tells the phone that its password was not the problem.
    [[nodiscard]] std::string challenge(Instant now, bool stale) const;

    /// Judges credentials for `method` by the account's HA1; `ha1` absent: there is no such
    /// account, which takes as long and looks the same as a wrong password.
    [[nodiscard]] Proof judge(const Credentials& credentials, std::string_view method,
                              const std::optional<std::string>& ha1, Instant now);

    [[nodiscard]] const std::string& realm() const { return realm_; }
    [[nodiscard]] std::size_t remembered() const { return windows_.size(); }

private:
    struct Window {
        std::uint32_t highest = 0;  // count
        std::uint64_t seen = 0;     // bit i: count `highest - i` was used
    };
    [[nodiscard]] std::string nonce_of(Instant at) const;
    [[nodiscard]] std::optional<Instant> time_of(std::string_view nonce) const;
    [[nodiscard]] bool use_count(const std::string& nonce, std::uint32_t count, Instant made);
    void forget(Instant now);

    std::string realm_, key_;
    std::map<std::string, Window> windows_;  // by nonce, which begins with its time: oldest first
    Instant floor_{};  // nonces up to here are stale: their windows were given up
};

}  // namespace sip
