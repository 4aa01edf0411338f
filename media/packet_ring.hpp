// Packets on their way from the worker that read them to the worker that owns their leg.
//
// A packet takes as many bytes as it has, rounded up, behind a short head. It names its port and
// its source, not its leg: who takes it out looks the leg up, so nothing here can dangle.
//
// Thread: one producer, one consumer. Memory: fixed when made, touched as it is used. Time: O(bytes
// of the packet). Full: try_push refuses, and the producer counts a dropped packet.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "base/assert.hpp"
#include "base/realtime.hpp"
#include "base/spsc_ring.hpp"
#include "media/engine.hpp"

namespace media {

class PacketRing {
public:
    struct Head {
        Address from;
        std::int64_t arrived_wall_us = 0;
        std::uint16_t port = 0;  // index of the shared port it came in at
        std::uint16_t bytes = 0;
        bool rtcp = false;
    };

    /// Rounded up to a power of two.
    explicit PacketRing(std::size_t bytes)
        : mask_(std::bit_ceil(bytes) - 1),
          bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(mask_ + 1)) {}

    [[nodiscard]] bool try_push(const Head& head,
                                std::span<const std::uint8_t> packet) noexcept REALTIME {
        ASSERT(head.bytes == packet.size());
        const auto tail = tail_.load(std::memory_order_relaxed);   // ours: only the producer writes
        const auto taken = head_.load(std::memory_order_acquire);  // pairs with the store in pop
        const std::size_t length = length_of(packet.size());
        if (tail - taken + length > mask_ + 1) return false;
        copy_in(tail, {reinterpret_cast<const std::uint8_t*>(&head), sizeof head});
        copy_in(tail + sizeof head, packet);
        tail_.store(tail + length, std::memory_order_release);  // publishes the packet to pop
        return true;
    }

    /// Gives every packet that was there to `take(head, bytes)`, oldest first; the bytes live
    /// during the call. What is pushed meanwhile waits for the next time.
    template <class Take>
    void drain(std::span<std::uint8_t> scratch, Take&& take) noexcept REALTIME {
        auto at = head_.load(std::memory_order_relaxed);  // ours: only the consumer writes it
        const auto end = tail_.load(std::memory_order_acquire);  // pairs with the store in push
        while (at != end) {
            Head head;
            copy_out(at, {reinterpret_cast<std::uint8_t*>(&head), sizeof head});
            const auto packet = scratch.first(head.bytes);
            copy_out(at + sizeof head, packet);
            at += length_of(head.bytes);
            head_.store(at, std::memory_order_release);  // gives the bytes back to try_push
            take(std::as_const(head), std::span<const std::uint8_t>{packet});
        }
    }

private:
    [[nodiscard]] static std::size_t length_of(std::size_t bytes) noexcept {
        return (sizeof(Head) + bytes + alignof(Head) - 1) / alignof(Head) * alignof(Head);
    }
    void copy_in(std::uint64_t position, std::span<const std::uint8_t> from) noexcept {
        const std::size_t at = position & mask_, first = std::min(from.size(), mask_ + 1 - at);
        std::memcpy(bytes_.get() + at, from.data(), first);
        std::memcpy(bytes_.get(), from.data() + first, from.size() - first);
    }
    void copy_out(std::uint64_t position, std::span<std::uint8_t> to) const noexcept {
        const std::size_t at = position & mask_, first = std::min(to.size(), mask_ + 1 - at);
        std::memcpy(to.data(), bytes_.get() + at, first);
        std::memcpy(to.data() + first, bytes_.get(), to.size() - first);
    }

    const std::size_t mask_;
    const std::unique_ptr<std::uint8_t[]> bytes_;
    alignas(cache_line_bytes) std::atomic<std::uint64_t> head_{0};  // written by the consumer
    alignas(cache_line_bytes) std::atomic<std::uint64_t> tail_{0};  // written by the producer
};

}  // namespace media
