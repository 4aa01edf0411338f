// Finds things by name in constant time where their order is kept elsewhere, or does not matter: it
// cannot be walked through, so nothing can come to depend on hash order.
//
// Thread: one owner. Memory: 16 bytes a slot, at most half of them in use. The same on every
// machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace base {

/// Spreads well over all 64 bits; not for what strangers may choose to collide: there is no key.
[[nodiscard]] inline std::uint64_t quick_hash(std::string_view text,
                                              std::uint64_t start = 0) noexcept {
    const auto mixed = [](std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return z ^ (z >> 31);
    };
    std::uint64_t hash = mixed(start + text.size() + 0x9e3779b97f4a7c15ull);
    while (!text.empty()) {
        const std::size_t count = text.size() < 8 ? text.size() : 8;
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), count);
        hash = mixed(hash ^ word);
        text.remove_prefix(count);
    }
    return hash;
}

/// `Value` is small, copyable and contextually false when empty: a pointer.
template <class Value>
class HashIndex {
public:
    /// The value with that hash for which `is_it(value)` holds, or an empty one.
    template <class IsIt>
    [[nodiscard]] Value find(std::uint64_t hash, const IsIt& is_it) const {
        if (slots_.empty()) return {};
        for (std::size_t i = hash & mask(); slots_[i].value; i = (i + 1) & mask()) {
            if (slots_[i].hash == hash && is_it(slots_[i].value)) return slots_[i].value;
        }
        return {};
    }
    /// It must not be there yet.
    void insert(std::uint64_t hash, Value value) {
        if (slots_.size() < 2 * (count_ + 1)) grow();
        put(hash, value);
        ++count_;
    }
    void erase(std::uint64_t hash, Value value) {
        if (slots_.empty()) return;
        std::size_t i = hash & mask();
        while (slots_[i].value != value) {
            if (!slots_[i].value) return;
            i = (i + 1) & mask();
        }
        --count_;
        // Those behind move up, unless that would bring them before their place.
        for (std::size_t next = (i + 1) & mask(); slots_[next].value; next = (next + 1) & mask()) {
            const std::size_t home = slots_[next].hash & mask();
            if (((next - home) & mask()) < ((next - i) & mask())) continue;
            slots_[i] = slots_[next];
            i = next;
        }
        slots_[i] = {};
    }
    [[nodiscard]] std::size_t size() const { return count_; }

private:
    struct Slot {
        std::uint64_t hash = 0;
        Value value{};
    };
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    void put(std::uint64_t hash, Value value) {
        std::size_t i = hash & mask();
        while (slots_[i].value) i = (i + 1) & mask();
        slots_[i] = {hash, value};
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? 16 : 2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.value) put(slot.hash, slot.value);
        }
    }

    std::vector<Slot> slots_;
    std::size_t count_ = 0;
};

}  // namespace base
