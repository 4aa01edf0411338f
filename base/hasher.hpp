// BLAKE2b-256 over what comes bit by bit: for a hash of all that ever happened, of which nothing is
// kept.
//
// Thread: one owner. Memory: fixed. Time: a nanosecond a byte.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/hash.hpp"

namespace base {

class Hasher {
public:
    Hasher();
    void add(std::string_view bytes);
    /// Its 32 bytes, little-endian words.
    void add(const Hash& hash);
    /// Of everything so far; more may follow.
    [[nodiscard]] Hash hash() const;

private:
    alignas(64) std::array<unsigned char, 384> state_;  // libsodium's, which it may not show
};

}  // namespace base
