// Which entity lives where: a resident for each stream that is in memory, deadlines for all that
// have one. Pure bookkeeping for the directory actor of house.cpp; `Address` is whatever leads to a
// mailbox.
//
// Order is by use and by time, never by hash or address, so a deterministic house behaves the same
// each run.
#pragma once

#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

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
    };

    [[nodiscard]] Resident* find(const StreamId& stream) {
        const auto found = by_stream_.find(stream);
        return found == by_stream_.end() ? nullptr : &*found->second;
    }

    Resident& add(const StreamId& stream, Address address, Instant now) {
        by_use_.push_back({stream, std::move(address), 0, now});
        by_stream_[stream] = std::prev(by_use_.end());
        return by_use_.back();
    }

    void use(Resident& resident, Instant now) {
        ++resident.sent;
        resident.used = now;
        by_use_.splice(by_use_.end(), by_use_, by_stream_.at(resident.stream));
    }

    /// Not idle after all: asked again when it has been idle as long once more.
    void stays(const StreamId& stream, Instant now) {
        Resident* resident = find(stream);
        if (!resident) return;
        resident->used = now;
        by_use_.splice(by_use_.end(), by_use_, by_stream_.at(stream));
    }

    void remove(const StreamId& stream) {
        const auto found = by_stream_.find(stream);
        if (found == by_stream_.end()) return;
        by_use_.erase(found->second);
        by_stream_.erase(found);
    }

    [[nodiscard]] std::size_t size() const { return by_use_.size(); }
    [[nodiscard]] const std::list<Resident>& idlest_first() const { return by_use_; }

    // ---- deadlines

    /// One deadline per stream; zero takes it away.
    void wake_at(const StreamId& stream, Instant at) {
        if (const auto old = deadline_of_.find(stream); old != deadline_of_.end()) {
            deadlines_.erase({old->second, stream});
            deadline_of_.erase(old);
        }
        if (at == Instant{}) return;
        deadlines_.insert({at, stream});
        deadline_of_[stream] = at;
    }
    [[nodiscard]] bool has_deadline(const StreamId& stream) const {
        return deadline_of_.contains(stream);
    }
    [[nodiscard]] Instant next_deadline() const {
        return deadlines_.empty() ? Instant{} : deadlines_.begin()->first;
    }

    /// Takes out the streams whose deadline has come, earliest first.
    [[nodiscard]] std::vector<std::pair<Instant, StreamId>> take_due(Instant now) {
        std::vector<std::pair<Instant, StreamId>> due;
        while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
            due.push_back(*deadlines_.begin());
            deadline_of_.erase(deadlines_.begin()->second);
            deadlines_.erase(deadlines_.begin());
        }
        return due;
    }

private:
    std::list<Resident> by_use_;
    std::map<StreamId, typename std::list<Resident>::iterator> by_stream_;
    std::set<std::pair<Instant, StreamId>> deadlines_;
    std::map<StreamId, Instant> deadline_of_;
};

}  // namespace actors
