// How long ticks take: a histogram that one worker fills and anybody reads, without a lock.
//
// Thread: one writer, any readers. Memory: fixed. Time: three relaxed stores a tick.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/realtime.hpp"

namespace media {

class TickMeter {
public:
    static constexpr std::size_t bucket_count = 80;
    using Counts = std::array<std::uint64_t, bucket_count>;

    void record(std::uint32_t us) noexcept REALTIME {
        auto& bucket = counts_[bucket_of(us)];
        bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        // The last half second, roughly: a thirty-second of what is new, in sixteenths of a us.
        const auto average = static_cast<std::int64_t>(average_.load(std::memory_order_relaxed));
        const std::int64_t next = average + (std::int64_t{us} * 16 - average) / 32;
        average_.store(static_cast<std::uint32_t>(next), std::memory_order_relaxed);
        if (us > max_us_.load(std::memory_order_relaxed))
            max_us_.store(us, std::memory_order_relaxed);
    }
    void add_to(Counts& counts) const noexcept {
        for (std::size_t i = 0; i < bucket_count; ++i)
            counts[i] += counts_[i].load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint32_t average_us() const noexcept {
        return average_.load(std::memory_order_relaxed) / 16;
    }
    [[nodiscard]] std::uint32_t max_us() const noexcept {
        return max_us_.load(std::memory_order_relaxed);
    }

    /// Four buckets per power of two: a quantile is at most a quarter too high.
    [[nodiscard]] static constexpr std::size_t bucket_of(std::uint32_t us) noexcept {
        if (us < 4) return us;
        const auto power = static_cast<std::uint32_t>(std::bit_width(us)) - 1;  // 2 or more
        const std::size_t bucket = 4 * (power - 1) + (us >> (power - 2) & 3);
        return bucket < bucket_count ? bucket : bucket_count - 1;
    }
    /// The greatest number of microseconds in `bucket`.
    [[nodiscard]] static constexpr std::uint32_t top_of(std::size_t bucket) noexcept {
        if (bucket < 4) return static_cast<std::uint32_t>(bucket);
        const std::size_t power = bucket / 4 + 1;
        return static_cast<std::uint32_t>(((4 + bucket % 4 + 1) << (power - 2)) - 1);
    }
    /// The time that `per_mille` of all ticks stay within; 0 when there was none.
    [[nodiscard]] static std::uint32_t quantile(const Counts& counts,
                                                std::uint32_t per_mille) noexcept {
        std::uint64_t all = 0, seen = 0;
        for (const std::uint64_t count : counts) all += count;
        for (std::size_t i = 0; i < bucket_count; ++i) {
            seen += counts[i];
            if (all > 0 && seen * 1'000 >= all * per_mille) return top_of(i);
        }
        return 0;
    }

private:
    std::array<std::atomic<std::uint64_t>, bucket_count> counts_{};  // written by the worker
    std::atomic<std::uint32_t> max_us_{0};                           // written by the worker
    std::atomic<std::uint32_t> average_{0};                          // written by the worker
};

}  // namespace media
