// A bounded ring between one producer thread and one consumer thread. Lock-free, no allocation.
// Full: try_push refuses; the producer decides and counts.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include "base/realtime.hpp"

inline constexpr std::size_t cache_line_bytes = 64;

template <class T, std::size_t slot_count>
class SpscRing {
    static_assert((slot_count & (slot_count - 1)) == 0,
                  "a power of two, so that indices wrap cleanly");
    static_assert(std::is_trivially_copyable_v<T>);

public:
    bool try_push(const T& item) noexcept REALTIME {
        const auto tail =
            tail_.load(std::memory_order_relaxed);  // ours: only the producer writes it
        const auto head = head_.load(std::memory_order_acquire);  // pairs with the store in try_pop
        if (tail - head == slot_count) return false;
        slots_[tail % slot_count] = item;
        tail_.store(tail + 1, std::memory_order_release);  // publishes the slot to try_pop
        return true;
    }

    bool try_pop(T& item) noexcept REALTIME {
        const auto head =
            head_.load(std::memory_order_relaxed);  // ours: only the consumer writes it
        const auto tail =
            tail_.load(std::memory_order_acquire);  // pairs with the store in try_push
        if (head == tail) return false;
        item = slots_[head % slot_count];
        head_.store(head + 1, std::memory_order_release);  // gives the slot back to try_push
        return true;
    }

private:
    alignas(cache_line_bytes) std::atomic<std::uint64_t> head_{0};  // written by the consumer
    alignas(cache_line_bytes) std::atomic<std::uint64_t> tail_{0};  // written by the producer
    std::array<T, slot_count> slots_{};
};
