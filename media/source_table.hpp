// Whose packet is this? Finds a leg by where a packet came from, on a port that many legs share.
//
// Open addressing over a fixed number of slots. A key and its leg are two words; a reader looks at
// the key again after it took the leg, so it never gets the leg of one address for a packet of
// another, however often a slot changes hands meanwhile. What is erased leaves a tombstone, so
// that searches go on behind it, unless nothing is behind it.
//
// Thread: one writer at a time (the control side), any readers. Memory: fixed when made; a leg that
// was found lives as long as the tick (Control::retire). Time: O(1) while half of it is empty.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/realtime.hpp"
#include "media/engine.hpp"

namespace media {

class Leg;

class SourceTable {
public:
    /// For so many addresses; twice as many slots, at least.
    explicit SourceTable(std::size_t addresses_max)
        : addresses_max_(addresses_max),
          mask_(std::bit_ceil(2 * addresses_max + 2) - 1),
          slots_(std::make_unique<Slot[]>(mask_ + 1)) {}

    [[nodiscard]] Leg* find(const Address& from) const noexcept REALTIME {
        const std::uint64_t key = key_of(from);
        for (std::size_t at = begin(key), left = mask_; left > 0; at = (at + 1) & mask_, --left) {
            const std::uint64_t seen = slots_[at].key.load(std::memory_order_acquire);
            if (seen == empty) return nullptr;
            if (seen != key) continue;
            // Pairs with the stores in insert and erase: who reads a later leg sees a later key.
            Leg* leg = slots_[at].leg.load(std::memory_order_acquire);
            if (slots_[at].key.load(std::memory_order_relaxed) == key) return leg;
        }
        return nullptr;
    }
    /// Asks the cache for the slot that find() will look at.
    void prefetch(const Address& from) const noexcept REALTIME {
        __builtin_prefetch(&slots_[begin(key_of(from))]);
    }

    // ---- the writer ----
    /// False: this address has a leg already, or the table is full.
    [[nodiscard]] bool insert(const Address& from, Leg* leg) noexcept {
        if (used_ == addresses_max_ || find(from) != nullptr) return false;
        const std::uint64_t key = key_of(from);
        std::size_t at = begin(key);
        while (slots_[at].key.load(std::memory_order_relaxed) > tombstone) at = (at + 1) & mask_;
        slots_[at].leg.store(leg, std::memory_order_release);
        slots_[at].key.store(key, std::memory_order_release);  // publishes the slot to find
        ++used_;
        return true;
    }
    /// Nothing if `from` is not there.
    void erase(const Address& from) noexcept {
        const std::uint64_t key = key_of(from);
        std::size_t at = begin(key);
        for (std::size_t left = mask_; slots_[at].key.load(std::memory_order_relaxed) != key;
             at = (at + 1) & mask_, --left) {
            if (left == 0 || slots_[at].key.load(std::memory_order_relaxed) == empty) return;
        }
        slots_[at].key.store(tombstone, std::memory_order_release);
        --used_;
        // Where a search ends anyway, no tombstone is needed to lead it on.
        while (slots_[at].key.load(std::memory_order_relaxed) == tombstone &&
               slots_[(at + 1) & mask_].key.load(std::memory_order_relaxed) == empty) {
            slots_[at].key.store(empty, std::memory_order_release);
            at = (at - 1) & mask_;
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return used_; }

private:
    // An address is at most 48 bits and its port is not 0, so neither of these is one.
    static constexpr std::uint64_t empty = 0, tombstone = 1;
    struct Slot {
        std::atomic<std::uint64_t> key{empty};  // both written by the control side
        std::atomic<Leg*> leg{nullptr};
    };

    // The bit above the address keeps a host's own entry (port 0) apart from the marks.
    [[nodiscard]] static std::uint64_t key_of(const Address& address) noexcept {
        return std::uint64_t{1} << 48 | std::uint64_t{address.ip} << 16 | address.port;
    }
    [[nodiscard]] std::size_t begin(std::uint64_t key) const noexcept {
        return static_cast<std::size_t>(key * 0x9e37'79b9'7f4a'7c15u >> 32) & mask_;
    }

    const std::size_t addresses_max_, mask_;
    const std::unique_ptr<Slot[]> slots_;
    std::size_t used_ = 0;  // the writer's
};

}  // namespace media
