#include "actors/invariants/handles.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace actors {
namespace {

std::uint64_t hash_of(StreamKind kind, std::string_view name) {
    return base::quick_hash(name, static_cast<std::uint64_t>(kind));
}

}  // namespace

Handles::Slot* Handles::slot_of(std::uint64_t hash, StreamKind kind, std::string_view name) const {
    return index_.find(
        hash, [&](const Slot* one) { return one->handle.kind == kind && one->name == name; });
}

Handle Handles::of(StreamKind kind, std::string_view name) {
    const std::uint64_t hash = hash_of(kind, name);
    if (const Slot* known = slot_of(hash, kind, name)) return known->handle;
    auto& slots = slots_[static_cast<std::size_t>(kind)];
    auto& free = free_[static_cast<std::size_t>(kind)];
    if (free.empty()) {
        free.push_back(static_cast<std::uint32_t>(slots.size()));
        slots.push_back({.handle = {kind, free.back(), 0}, .name = {}});
    }
    Slot& slot = slots[free.back()];
    free.pop_back();
    ++slot.handle.age;
    slot.name = name;
    slot.taken = true;
    index_.insert(hash, &slot);
    return slot.handle;
}

Handle Handles::find(StreamKind kind, std::string_view name) const {
    const Slot* known = slot_of(hash_of(kind, name), kind, name);
    return known != nullptr ? known->handle : Handle{};
}

const std::string& Handles::name(Handle handle) const {
    ASSERT(knows(handle));
    return slots_[static_cast<std::size_t>(handle.kind)][handle.index].name;
}

bool Handles::knows(Handle handle) const {
    const auto& slots = slots_[static_cast<std::size_t>(handle.kind)];
    return handle && handle.index < slots.size() && slots[handle.index].taken &&
           slots[handle.index].handle == handle;
}

void Handles::forget(Handle handle) {
    if (!knows(handle)) return;
    Slot& slot = slots_[static_cast<std::size_t>(handle.kind)][handle.index];
    index_.erase(hash_of(handle.kind, slot.name), &slot);
    slot.taken = false;
    free_[static_cast<std::size_t>(handle.kind)].push_back(handle.index);
}

std::vector<Handle> Handles::in_order(StreamKind kind) const {
    std::vector<Handle> all;
    for (const Slot& slot : slots_[static_cast<std::size_t>(kind)]) {
        if (slot.taken) all.push_back(slot.handle);
    }
    std::ranges::sort(all, {}, [this](Handle one) -> std::string_view { return name(one); });
    return all;
}

}  // namespace actors
