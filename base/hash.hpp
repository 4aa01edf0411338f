// Hashes and random bytes (libsodium). Call base::start_crypto() once before any of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace base {

/// Initialises libsodium; idempotent and thread-safe. Asserts that it worked.
void start_crypto();

/// 256 bits of BLAKE2b, as four little-endian words, so that it compares and stores as numbers.
struct Hash {
    std::uint64_t a = 0, b = 0, c = 0, d = 0;
    bool operator==(const Hash&) const = default;
};

/// BLAKE2b-256 of `bytes` (RFC 7693), optionally keyed: with a key it is a MAC.
[[nodiscard]] Hash blake2b(std::string_view bytes, std::string_view key = {}) noexcept;

/// The hash of each message, in their order, without a key: for many the faster way.
void blake2b_each(std::span<const std::string_view> messages, std::span<Hash> hashes) noexcept;

/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string hex(const Hash& hash);
[[nodiscard]] std::string hex(std::string_view bytes);
/// The bytes that `text` spells in hexadecimal; empty if it is not hexadecimal.
[[nodiscard]] std::string unhex(std::string_view text);

/// `count` bytes of the system's cryptographic randomness. Only edges call it.
[[nodiscard]] std::string random_bytes(std::size_t count);
[[nodiscard]] std::uint64_t random_u64();

}  // namespace base
