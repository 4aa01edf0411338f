#include "base/hasher.hpp"

#include <sodium.h>

#include <cstring>

namespace base {
namespace {

using State = crypto_generichash_state;
State* inside(std::array<unsigned char, 384>& bytes) {
    static_assert(sizeof(State) <= sizeof bytes && alignof(State) <= 64);
    return reinterpret_cast<State*>(bytes.data());
}

}  // namespace

Hasher::Hasher() : state_{} { crypto_generichash_init(inside(state_), nullptr, 0, 32); }

void Hasher::add(std::string_view bytes) {
    crypto_generichash_update(inside(state_), reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
}

void Hasher::add(const Hash& hash) {
    char bytes[32];
    std::memcpy(bytes, &hash.a, 8);
    std::memcpy(bytes + 8, &hash.b, 8);
    std::memcpy(bytes + 16, &hash.c, 8);
    std::memcpy(bytes + 24, &hash.d, 8);
    add(std::string_view{bytes, sizeof bytes});
}

Hash Hasher::hash() const {
    auto copy = state_;
    unsigned char out[32];
    crypto_generichash_final(inside(copy), out, sizeof out);
    Hash hash;
    std::memcpy(&hash.a, out, 8);
    std::memcpy(&hash.b, out + 8, 8);
    std::memcpy(&hash.c, out + 16, 8);
    std::memcpy(&hash.d, out + 24, 8);
    return hash;
}

}  // namespace base
