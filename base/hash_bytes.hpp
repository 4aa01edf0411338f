// A hash as the 32 bytes that libsodium writes, and back.
#pragma once

#include <array>
#include <cstring>

#include "base/hash.hpp"

namespace base {

inline constexpr std::size_t hash_bytes = 32;

[[nodiscard]] inline Hash hash_of(const std::array<unsigned char, hash_bytes>& bytes) noexcept {
    Hash hash;
    std::memcpy(&hash.a, bytes.data(), 8);
    std::memcpy(&hash.b, bytes.data() + 8, 8);
    std::memcpy(&hash.c, bytes.data() + 16, 8);
    std::memcpy(&hash.d, bytes.data() + 24, 8);
    return hash;
}

[[nodiscard]] inline std::array<char, hash_bytes> bytes_of(const Hash& hash) noexcept {
    std::array<char, hash_bytes> bytes;
    std::memcpy(bytes.data(), &hash.a, 8);
    std::memcpy(bytes.data() + 8, &hash.b, 8);
    std::memcpy(bytes.data() + 16, &hash.c, 8);
    std::memcpy(bytes.data() + 24, &hash.d, 8);
    return bytes;
}

}  // namespace base
