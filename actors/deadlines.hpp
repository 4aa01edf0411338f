// Which stream is to be woken when: one deadline a stream, earliest first, and of one instant in
// the order of the streams' names.
//
// Thread: one owner. Memory: a note a stream that has a deadline, used again; moving a deadline,
// which every step of a call does, allocates nothing.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "base/hash_index.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace actors {

class Deadlines {
public:
    /// Zero takes it away.
    void set(const StreamId& stream, Instant at);
    [[nodiscard]] bool has(const StreamId& stream) const { return find(stream) != nullptr; }
    /// Zero: there is none.
    [[nodiscard]] Instant next() const { return heap_.empty() ? Instant{} : heap_.front().at; }
    /// Takes out the streams whose deadline has come, earliest first.
    [[nodiscard]] std::vector<std::pair<Instant, StreamId>> take_due(Instant now);

private:
    [[nodiscard]] static std::uint64_t hash_of(const StreamId& stream) {
        return base::quick_hash(stream.name, static_cast<std::uint64_t>(stream.kind) + 1);
    }
    struct Named {
        StreamId stream;
        std::uint32_t number = 0;  // in named_ and places_
    };
    struct Entry {
        Instant at;
        std::uint32_t number = 0;
    };
    [[nodiscard]] bool sooner(const Entry& one, const Entry& other) const {
        if (one.at != other.at) return one.at < other.at;
        return named_[one.number].stream < named_[other.number].stream;
    }

    [[nodiscard]] const Named* find(const StreamId& stream) const;
    [[nodiscard]] std::uint32_t fresh(const StreamId& stream);
    void drop(std::uint32_t number);
    void put(std::size_t place, const Entry& entry);
    void rise(std::size_t place, const Entry& entry);
    void sink(std::size_t place, const Entry& entry);

    std::deque<Named> named_;
    std::vector<std::uint32_t> free_;
    base::HashIndex<const Named*> by_stream_;
    // Apart from the names: what moves in the heap notes its place without a look at them.
    std::vector<std::uint32_t> places_;  // in heap_, by number
    std::vector<Entry> heap_;            // the two below i: 2 * i + 1 and the next
};

}  // namespace actors
