// Records of any length on their way from one thread to another: a short head, then bytes.
//
// Thread: one producer, one consumer. Memory: fixed when made, touched as it is used. Time: O(bytes
// of the record). Full: try_push refuses the whole record; the producer counts.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "base/realtime.hpp"
#include "base/spsc_ring.hpp"

namespace media {

template <class Head>
class RecordRing {
    static_assert(std::is_trivially_copyable_v<Head>);

public:
    /// Rounded up to a power of two.
    explicit RecordRing(std::size_t bytes)
        : mask_(std::bit_ceil(bytes) - 1),
          bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(mask_ + 1)) {}

    [[nodiscard]] bool try_push(const Head& head,
                                std::span<const std::uint8_t> body) noexcept REALTIME {
        const auto tail = tail_.load(std::memory_order_relaxed);   // ours: only the producer writes
        const auto taken = head_.load(std::memory_order_acquire);  // pairs with the store in drain
        const std::size_t length = sizeof(Prefix) + body.size();
        if (length > mask_ + 1 - (tail - taken)) return false;
        const Prefix prefix{head, static_cast<std::uint32_t>(body.size())};
        copy_in(tail, {reinterpret_cast<const std::uint8_t*>(&prefix), sizeof prefix});
        copy_in(tail + sizeof prefix, body);
        tail_.store(tail + length, std::memory_order_release);  // publishes the record to drain
        return true;
    }

    /// Gives every record that was there to `take(head, body)`, oldest first; the body lives during
    /// the call. What is pushed meanwhile waits for the next time. Allocates.
    template <class Take>
    void drain(Take&& take) {
        auto at = head_.load(std::memory_order_relaxed);  // ours: only the consumer writes it
        const auto end = tail_.load(std::memory_order_acquire);  // pairs with the store in try_push
        while (at != end) {
            Prefix prefix;
            copy_out(at, {reinterpret_cast<std::uint8_t*>(&prefix), sizeof prefix});
            body_.resize(prefix.body_bytes);
            copy_out(at + sizeof prefix, body_);
            at += sizeof prefix + body_.size();
            head_.store(at, std::memory_order_release);  // gives the bytes back to try_push
            take(prefix.head, std::span<const std::uint8_t>{body_});
        }
    }

private:
    struct Prefix {
        Head head;
        std::uint32_t body_bytes;
    };
    void copy_in(std::uint64_t position, std::span<const std::uint8_t> from) noexcept {
        const std::size_t at = position & mask_, first = std::min(from.size(), mask_ + 1 - at);
        if (first > 0) std::memcpy(bytes_.get() + at, from.data(), first);
        if (first < from.size())
            std::memcpy(bytes_.get(), from.data() + first, from.size() - first);
    }
    void copy_out(std::uint64_t position, std::span<std::uint8_t> to) const noexcept {
        const std::size_t at = position & mask_, first = std::min(to.size(), mask_ + 1 - at);
        if (first > 0) std::memcpy(to.data(), bytes_.get() + at, first);
        if (first < to.size()) std::memcpy(to.data() + first, bytes_.get(), to.size() - first);
    }

    const std::size_t mask_;
    const std::unique_ptr<std::uint8_t[]> bytes_;
    std::vector<std::uint8_t> body_;                                // the consumer's
    alignas(cache_line_bytes) std::atomic<std::uint64_t> head_{0};  // written by the consumer
    alignas(cache_line_bytes) std::atomic<std::uint64_t> tail_{0};  // written by the producer
};

}  // namespace media
