// Which entity lives where: a resident for each stream that is in memory. Pure bookkeeping for the
// house's directory; `Address` is whatever leads to a mailbox.
//
// Order is by use, to ten seconds, and never by hash or address: a deterministic house behaves the
// same each run.
#pragma once

#include <list>
#include <utility>

#include "base/hash_index.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace actors {

template <class Address>
class Directory {
public:
    struct Resident {
        StreamId stream;
        Address address;
        std::uint64_t sent = 0;  // posts that went its way
        Instant used{};
        Instant placed{};   // when it came to its place in the order of use
        bool over = false;  // what it is about has ended: it may go sooner
        typename std::list<Resident>::iterator place{};  // in the order of use
    };

    [[nodiscard]] Resident* find(const StreamId& stream) {
        return by_stream_.find(hash_of(stream),
                               [&](const Resident* one) { return one->stream == stream; });
    }

    Resident& add(const StreamId& stream, Address address, Instant now) {
        by_use_.push_back({stream, std::move(address), 0, now, now});
        Resident& added = by_use_.back();
        added.place = std::prev(by_use_.end());
        by_stream_.insert(hash_of(stream), &added);
        return added;
    }

    void use(Resident& resident, Instant now) {
        ++resident.sent;
        resident.used = now;
        if (now - resident.placed >= same_time) stays(resident, now);
    }

    /// Not idle after all: asked again when it has been idle as long once more.
    void stays(Resident& resident, Instant now) {
        resident.used = resident.placed = now;
        auto& list = list_of(resident);
        list.splice(list.end(), list, resident.place);
    }

    void over(Resident& resident) {
        if (std::exchange(resident.over, true)) return;
        over_.splice(over_.end(), by_use_, resident.place);
    }

    void remove(Resident& resident) {
        by_stream_.erase(hash_of(resident.stream), &resident);
        list_of(resident).erase(resident.place);
    }

    [[nodiscard]] std::size_t size() const { return by_stream_.size(); }
    /// Those that are not over, and those that are.
    [[nodiscard]] std::list<Resident>& idlest_first() { return by_use_; }
    [[nodiscard]] std::list<Resident>& over_first() { return over_; }

private:
    // Moving up at every use would touch two neighbours each time; nobody is idle for that little.
    static constexpr Duration same_time = seconds(10);

    [[nodiscard]] static std::uint64_t hash_of(const StreamId& stream) {
        return base::quick_hash(stream.name, static_cast<std::uint64_t>(stream.kind) + 1);
    }
    [[nodiscard]] std::list<Resident>& list_of(const Resident& resident) {
        return resident.over ? over_ : by_use_;
    }

    std::list<Resident> by_use_, over_;
    base::HashIndex<Resident*> by_stream_;
};

}  // namespace actors
