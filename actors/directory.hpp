// Which entity lives where: a resident for each stream that is in memory, deadlines for all that
// have one. Pure bookkeeping for the directory actor of house.cpp; `Address` is whatever leads to a
// mailbox.
//
// Order is by use and by time, never by hash or address, so a deterministic house behaves the same
// each run.
#pragma once

#include <list>
#include <set>
#include <string>
#include <utility>
#include <vector>

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
        bool over = false;  // what it is about has ended: it may go sooner
        typename std::list<Resident>::iterator place{};  // in the order of use
    };

    [[nodiscard]] Resident* find(const StreamId& stream) {
        return by_stream_.find(hash_of(stream),
                               [&](const Resident* one) { return one->stream == stream; });
    }

    Resident& add(const StreamId& stream, Address address, Instant now) {
        by_use_.push_back({stream, std::move(address), 0, now});
        Resident& added = by_use_.back();
        added.place = std::prev(by_use_.end());
        by_stream_.insert(hash_of(stream), &added);
        return added;
    }

    void use(Resident& resident, Instant now) {
        ++resident.sent;
        stays(resident, now);
    }

    /// Not idle after all: asked again when it has been idle as long once more.
    void stays(Resident& resident, Instant now) {
        resident.used = now;
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

    // ---- deadlines

    /// One deadline per stream; zero takes it away.
    void wake_at(const StreamId& stream, Instant at) {
        if (const Deadline* old = deadline_of(stream)) drop(*old);
        if (at == Instant{}) return;
        const auto [place, added] = deadlines_.insert({at, stream});
        if (added) deadline_of_.insert(hash_of(stream), &*place);
    }
    [[nodiscard]] bool has_deadline(const StreamId& stream) const {
        return deadline_of(stream) != nullptr;
    }
    [[nodiscard]] Instant next_deadline() const {
        return deadlines_.empty() ? Instant{} : deadlines_.begin()->first;
    }

    /// Takes out the streams whose deadline has come, earliest first.
    [[nodiscard]] std::vector<std::pair<Instant, StreamId>> take_due(Instant now) {
        std::vector<std::pair<Instant, StreamId>> due;
        while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
            due.push_back(*deadlines_.begin());
            drop(*deadlines_.begin());
        }
        return due;
    }

private:
    using Deadline = std::pair<Instant, StreamId>;

    [[nodiscard]] static std::uint64_t hash_of(const StreamId& stream) {
        return base::quick_hash(stream.name, static_cast<std::uint64_t>(stream.kind) + 1);
    }
    [[nodiscard]] const Deadline* deadline_of(const StreamId& stream) const {
        return deadline_of_.find(hash_of(stream),
                                 [&](const Deadline* one) { return one->second == stream; });
    }
    void drop(const Deadline& deadline) {
        deadline_of_.erase(hash_of(deadline.second), &deadline);
        deadlines_.erase(deadlines_.find(deadline));
    }

    [[nodiscard]] std::list<Resident>& list_of(const Resident& resident) {
        return resident.over ? over_ : by_use_;
    }

    std::list<Resident> by_use_, over_;
    base::HashIndex<Resident*> by_stream_;
    std::set<Deadline> deadlines_;
    base::HashIndex<const Deadline*> deadline_of_;
};

}  // namespace actors
