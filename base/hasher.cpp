#include "base/hasher.hpp"

#include <sodium.h>

#include "base/hash_bytes.hpp"

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
    const auto bytes = bytes_of(hash);
    add(std::string_view{bytes.data(), bytes.size()});
}

Hash Hasher::hash() const {
    auto copy = state_;
    std::array<unsigned char, hash_bytes> out;
    crypto_generichash_final(inside(copy), out.data(), out.size());
    return hash_of(out);
}

}  // namespace base
