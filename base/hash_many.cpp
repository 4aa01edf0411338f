// BLAKE2b of many messages, one in each lane of a vector (RFC 7693, 3): four to five times as fast
// as one after the other, since each message alone is one long chain of additions and rotations.
// This file is compiled once for each vector unit: foreach_target.h includes it again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/hash_many.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.hpp"
#include "base/hash.hpp"

#ifndef PARTYLINE_HASH_MANY  // what all units share
#define PARTYLINE_HASH_MANY
namespace base::lanes {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");
constexpr std::size_t lanes_max = 8;
constexpr std::size_t block_bytes = 128;
constexpr std::uint64_t start_words[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::uint64_t parameters = 0x01010000 ^ sizeof(Hash);  // no key, no tree (RFC 7693, 2.5)
constexpr std::uint8_t schedule[12][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                           {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                           {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                           {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                           {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                           {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                           {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                           {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                           {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                           {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
                                           {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                           {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

/// A block of each lane's message, word by word, and what each has been hashed to so far.
struct Blocks {
    alignas(64) std::uint64_t hashed[8][lanes_max];
    alignas(64) std::uint64_t words[16][lanes_max];
    alignas(64) std::uint64_t bytes[lanes_max];  // of its message, up to the end of this block
    alignas(64) std::uint64_t last[lanes_max];   // all ones in a message's last block
};

/// Keeps every lane busy with the next message until there are no more.
class Feeder {
public:
    Feeder(std::span<const std::string_view> messages, std::span<Hash> hashes, std::size_t lanes)
        : messages_(messages), hashes_(hashes), lanes_(lanes) {
        for (std::size_t lane = 0; lane < lanes_; ++lane) begin(lane);
    }
    /// False when all messages are through.
    [[nodiscard]] bool load() {
        for (std::size_t lane = 0; lane < lanes_; ++lane) {
            Message& message = at_[lane];
            const std::size_t bytes = std::min(message.rest.size(), block_bytes);
            std::uint64_t words[16] = {};
            if (bytes > 0) std::memcpy(words, message.rest.data(), bytes);
            for (std::size_t i = 0; i < 16; ++i) blocks.words[i][lane] = words[i];
            message.rest.remove_prefix(bytes);
            blocks.bytes[lane] += bytes;
            blocks.last[lane] = message.rest.empty() ? ~std::uint64_t{0} : 0;
        }
        return active_ > 0;
    }
    void store() {
        for (std::size_t lane = 0; lane < lanes_; ++lane) {
            if (blocks.last[lane] == 0 || !at_[lane].active) continue;
            hashes_[at_[lane].index] = {blocks.hashed[0][lane], blocks.hashed[1][lane],
                                        blocks.hashed[2][lane], blocks.hashed[3][lane]};
            --active_;
            begin(lane);
        }
    }
    Blocks blocks{};

private:
    struct Message {
        std::string_view rest;
        std::size_t index = 0;
        bool active = false;
    };

    void begin(std::size_t lane) {
        at_[lane] = {};
        if (next_ == messages_.size()) return;
        for (std::size_t i = 0; i < 8; ++i) blocks.hashed[i][lane] = start_words[i];
        blocks.hashed[0][lane] ^= parameters;
        blocks.bytes[lane] = 0;
        at_[lane] = {messages_[next_], next_, true};
        ++next_;
        ++active_;
    }

    std::span<const std::string_view> messages_;
    std::span<Hash> hashes_;
    std::size_t lanes_, next_ = 0, active_ = 0;
    Message at_[lanes_max];
};

}  // namespace base::lanes
#endif

HWY_BEFORE_NAMESPACE();
namespace base::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Words = hn::CappedTag<std::uint64_t, lanes::lanes_max>;
using Word = hn::Vec<Words>;

HWY_INLINE void mix(Word& a, Word& b, Word& c, Word& d, const std::uint64_t* x,
                    const std::uint64_t* y) {
    a = hn::Add(hn::Add(a, b), hn::Load(Words(), x));
    d = hn::RotateRight<32>(hn::Xor(d, a));
    c = hn::Add(c, d);
    b = hn::RotateRight<24>(hn::Xor(b, c));
    a = hn::Add(hn::Add(a, b), hn::Load(Words(), y));
    d = hn::RotateRight<16>(hn::Xor(d, a));
    c = hn::Add(c, d);
    b = hn::RotateRight<63>(hn::Xor(b, c));
}

HWY_INLINE void fold(std::uint64_t* hashed, Word low, Word high) {
    hn::Store(hn::Xor(hn::Load(Words(), hashed), hn::Xor(low, high)), Words(), hashed);
}

// F of RFC 7693, 3.2, for all lanes.
HWY_INLINE void compress(lanes::Blocks& blocks) {
    const Words words;
    const auto hashed = [&](int i) { return hn::Load(words, blocks.hashed[i]); };
    const auto start = [&](int i) { return hn::Set(words, lanes::start_words[i]); };
    Word v0 = hashed(0), v1 = hashed(1), v2 = hashed(2), v3 = hashed(3);
    Word v4 = hashed(4), v5 = hashed(5), v6 = hashed(6), v7 = hashed(7);
    Word v8 = start(0), v9 = start(1), v10 = start(2), v11 = start(3);
    Word v12 = hn::Xor(start(4), hn::Load(words, blocks.bytes)), v13 = start(5);
    Word v14 = hn::Xor(start(6), hn::Load(words, blocks.last)), v15 = start(7);
    for (const auto& order : lanes::schedule) {
        const auto word = [&](int i) { return blocks.words[order[i]]; };
        mix(v0, v4, v8, v12, word(0), word(1));
        mix(v1, v5, v9, v13, word(2), word(3));
        mix(v2, v6, v10, v14, word(4), word(5));
        mix(v3, v7, v11, v15, word(6), word(7));
        mix(v0, v5, v10, v15, word(8), word(9));
        mix(v1, v6, v11, v12, word(10), word(11));
        mix(v2, v7, v8, v13, word(12), word(13));
        mix(v3, v4, v9, v14, word(14), word(15));
    }
    fold(blocks.hashed[0], v0, v8);
    fold(blocks.hashed[1], v1, v9);
    fold(blocks.hashed[2], v2, v10);
    fold(blocks.hashed[3], v3, v11);
    fold(blocks.hashed[4], v4, v12);
    fold(blocks.hashed[5], v5, v13);
    fold(blocks.hashed[6], v6, v14);
    fold(blocks.hashed[7], v7, v15);
}

void hash_in_lanes(std::span<const std::string_view> messages, std::span<Hash> hashes) {
    lanes::Feeder feeder{messages, hashes, hn::Lanes(Words())};
    while (feeder.load()) {
        compress(feeder.blocks);
        feeder.store();
    }
}

}  // namespace base::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace base {

HWY_EXPORT(hash_in_lanes);

void blake2b_each(std::span<const std::string_view> messages, std::span<Hash> hashes) noexcept {
    ASSERT(messages.size() == hashes.size());
    if (messages.size() == 1) {
        hashes[0] = blake2b(messages[0]);
    } else {
        HWY_DYNAMIC_DISPATCH(hash_in_lanes)(messages, hashes);
    }
}

}  // namespace base
#endif
