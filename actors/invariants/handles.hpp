// Facts about streams, found without looking names up again: a stream that is talked about has a
// handle, and what a rule notes of it lies in an array at that place.
//
//     Handles: (call_leg, "5f03..") -> handle        PerStream<T>: handle -> T
//
// Thread: one owner. Memory: a slot per stream that is known at once; who is forgotten leaves its
// slot to the next one. Order: by kind and slot, which the order of the journal alone decides.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_index.hpp"
#include "base/ids.hpp"

namespace actors {

/// `age` tells those apart that had the same slot one after another; 0: of no stream.
struct Handle {
    StreamKind kind = StreamKind::user;
    std::uint32_t index = 0, age = 0;
    auto operator<=>(const Handle&) const = default;
    explicit operator bool() const { return age != 0; }
};

class Handles {
public:
    /// A new one for a name that is not known.
    [[nodiscard]] Handle of(StreamKind kind, std::string_view name);
    /// Of no stream when it is not known.
    [[nodiscard]] Handle find(StreamKind kind, std::string_view name) const;
    /// While it is known.
    [[nodiscard]] const std::string& name(Handle handle) const;
    [[nodiscard]] bool knows(Handle handle) const;
    void forget(Handle handle);
    /// All of that kind, in byte order of their names. Not for every transition: it sorts.
    [[nodiscard]] std::vector<Handle> in_order(StreamKind kind) const;

private:
    struct Slot {
        Handle handle;
        std::string name;
        bool taken = false;
    };
    [[nodiscard]] Slot* slot_of(std::uint64_t hash, StreamKind kind, std::string_view name) const;
    static constexpr std::size_t kinds = 6;
    std::array<std::deque<Slot>, kinds> slots_;  // where they are, they stay
    std::array<std::vector<std::uint32_t>, kinds> free_;
    base::HashIndex<Slot*> index_;
};

template <class T>
class PerStream {
public:
    /// A fresh one, if it has none.
    [[nodiscard]] T& operator[](Handle handle) {
        auto& slots = slots_[static_cast<std::size_t>(handle.kind)];
        if (slots.size() <= handle.index) slots.resize(handle.index + 1);
        Slot& slot = slots[handle.index];
        if (slot.age != handle.age) {
            slot.age = handle.age;
            renew(slot.value);
        }
        return slot.value;
    }
    [[nodiscard]] const T* find(Handle handle) const {
        const auto& slots = slots_[static_cast<std::size_t>(handle.kind)];
        const bool there = handle && handle.index < slots.size();
        return there && slots[handle.index].age == handle.age ? &slots[handle.index].value
                                                              : nullptr;
    }
    [[nodiscard]] T* find(Handle handle) {
        return const_cast<T*>(static_cast<const PerStream&>(*this).find(handle));
    }
    void forget(Handle handle) {
        if (T* value = find(handle)) {
            renew(*value);
            slots_[static_cast<std::size_t>(handle.kind)][handle.index].age = 0;
        }
    }

private:
    struct Slot {
        std::uint32_t age = 0;
        T value{};
    };
    static void renew(T& value) {
        if constexpr (requires { value.clear(); }) {
            value.clear();  // and keeps its memory for the next one
        } else {
            value = T{};
        }
    }
    std::array<std::vector<Slot>, 6> slots_;
};

}  // namespace actors
