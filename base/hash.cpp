#include "base/hash.hpp"

#include <sodium.h>

#include <array>

#include "base/assert.hpp"
#include "base/hash_bytes.hpp"

namespace base {

void start_crypto() { ASSERT(sodium_init() >= 0); }

Hash blake2b(std::string_view bytes, std::string_view key) noexcept {
    std::array<unsigned char, hash_bytes> out;
    crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size(), reinterpret_cast<const unsigned char*>(key.data()),
                       key.size());
    return hash_of(out);
}

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text(bytes.size() * 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text[2 * i] = digits[(static_cast<unsigned char>(bytes[i]) >> 4) & 15];
        text[2 * i + 1] = digits[static_cast<unsigned char>(bytes[i]) & 15];
    }
    return text;
}

std::string hex(const Hash& hash) {
    const auto bytes = bytes_of(hash);
    return hex(std::string_view{bytes.data(), bytes.size()});
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
