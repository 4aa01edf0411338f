#include "base/hash.hpp"

#include <sodium.h>

#include <cstring>

#include "base/assert.hpp"

namespace base {

void start_crypto() { ASSERT(sodium_init() >= 0); }

Hash blake2b(std::string_view bytes, std::string_view key) noexcept {
    unsigned char out[32];
    crypto_generichash(out, sizeof out, reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size(), reinterpret_cast<const unsigned char*>(key.data()),
                       key.size());
    Hash hash;
    std::memcpy(&hash.a, out, 8);
    std::memcpy(&hash.b, out + 8, 8);
    std::memcpy(&hash.c, out + 16, 8);
    std::memcpy(&hash.d, out + 24, 8);
    return hash;
}

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        text += digits[(static_cast<unsigned char>(byte) >> 4) & 15];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

std::string hex(const Hash& hash) {
    char bytes[32];
    std::memcpy(bytes, &hash.a, 8);
    std::memcpy(bytes + 8, &hash.b, 8);
    std::memcpy(bytes + 16, &hash.c, 8);
    std::memcpy(bytes + 24, &hash.d, 8);
    return hex(std::string_view{bytes, sizeof bytes});
}

std::string unhex(std::string_view text) {
    const auto value = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0) return {};
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = value(text[i]), low = value(text[i + 1]);
        if (high < 0 || low < 0) return {};
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

std::uint64_t random_u64() {
    std::uint64_t value;
    randombytes_buf(&value, sizeof value);
    return value;
}

}  // namespace base
