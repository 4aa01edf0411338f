// A room too big for one worker: each mixes its own part of the legs and tells the others its sum.
//
//     part: mix own legs -> publish the sum -> add what the others published a tick ago -> encode
//
// Who is in a part hears it at once and the others 20 ms later; own sound is taken out of the own
// part's sum, so mix-minus stays exact. Thread: one worker for each part; a ring for each pair of
// them, so no lock. Memory: fixed when made. Time: ticks as arguments. A ring that is full, and a
// sum that is not there in time, are a frame of that part missed, and counted.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "base/realtime.hpp"
#include "base/spsc_ring.hpp"
#include "media/sound/frame.hpp"

namespace media {

class PartialSums {
public:
    explicit PartialSums(std::size_t parts) : parts_(parts), pairs_(parts * parts), own_(parts) {
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            if (i / parts != i % parts) pairs_[i] = std::make_unique<Ring>();
        }
        for (auto& own : own_) own = std::make_unique<Sum>();
    }

    /// The sum of `part` alone in this tick; `sounds` false: nobody in it said anything.
    void publish(std::size_t part, std::uint64_t tick, std::span<const std::int32_t> sum,
                 bool sounds) noexcept REALTIME {
        Sum& own = *own_[part];
        ASSERT(sum.size() <= own.values.size());
        own.tick = tick;
        own.samples = static_cast<std::uint32_t>(sum.size());
        own.sounds = sounds;
        if (sounds) std::ranges::copy(sum, own.values.begin());
        for (std::size_t to = 0; to < parts_; ++to) {
            if (to != part && !ring(part, to).sums.try_push(own)) count(ring(part, to).full);
        }
    }

    /// Adds what the other parts published in the tick before. True: there was sound.
    bool collect(std::size_t part, std::uint64_t tick,
                 std::span<std::int32_t> total) noexcept REALTIME {
        bool sounds = false;
        for (std::size_t from = 0; from < parts_; ++from) {
            if (from != part) sounds = take(ring(from, part), tick, total) || sounds;
        }
        return sounds;
    }

    /// Frames of any part that another did not get. Any thread.
    [[nodiscard]] std::uint64_t missed() const noexcept {
        std::uint64_t all = 0;
        for (const auto& pair : pairs_) {
            if (!pair) continue;
            all += pair->full.load(std::memory_order_relaxed) +
                   pair->absent.load(std::memory_order_relaxed);
        }
        return all;
    }

private:
    struct Sum {
        std::uint64_t tick = 0;
        std::uint32_t samples = 0;
        bool sounds = false;
        std::array<std::int32_t, frame_samples_max> values{};
    };
    struct Ring {
        SpscRing<Sum, 4> sums;  // full: its reader has slept for four ticks; the newest is dropped
        std::atomic<std::uint64_t> full{0};    // written by the producer
        std::atomic<std::uint64_t> absent{0};  // written by the consumer, like all below
        Sum next;                              // taken out already, for a tick to come
        bool waiting = false, begun = false;
    };

    [[nodiscard]] Ring& ring(std::size_t from, std::size_t to) const noexcept {
        return *pairs_[from * parts_ + to];
    }
    static void count(std::atomic<std::uint64_t>& counter) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    // By the number of the tick, not by order of coming: a part that was late stays a tick behind
    // no longer than it is late.
    [[nodiscard]] static bool take(Ring& from, std::uint64_t tick,
                                   std::span<std::int32_t> total) noexcept {
        Sum& sum = from.next;
        while (!from.waiting || sum.tick + 1 < tick) {
            from.waiting = from.sums.try_pop(sum);
            if (!from.waiting) break;
        }
        if (!from.waiting || sum.tick + 1 != tick || sum.samples != total.size()) {
            if (from.begun) count(from.absent);
            return false;
        }
        from.begun = true;
        from.waiting = false;
        if (!sum.sounds) return false;
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += sum.values[i];
        return true;
    }

    const std::size_t parts_;
    std::vector<std::unique_ptr<Ring>> pairs_;
    std::vector<std::unique_ptr<Sum>> own_;  // a part's worker fills its own before it is pushed
};

}  // namespace media
