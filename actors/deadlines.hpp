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
    struct Note {
        StreamId stream;
        std::size_t place = 0;  // in heap_
    };
    struct Entry {
        Instant at;
        Note* note = nullptr;
    };
    static bool sooner(const Entry& one, const Entry& other) {
        return one.at != other.at ? one.at < other.at : one.note->stream < other.note->stream;
    }

    [[nodiscard]] Note* find(const StreamId& stream) const;
    [[nodiscard]] Note* fresh(const StreamId& stream);
    void drop(Note* note);
    void put(std::size_t place, const Entry& entry);
    void rise(std::size_t place, const Entry& entry);
    void sink(std::size_t place, const Entry& entry);

    std::deque<Note> notes_;
    std::vector<Note*> free_;
    base::HashIndex<Note*> by_stream_;
    std::vector<Entry> heap_;  // the two below i: 2 * i + 1 and the next
};

}  // namespace actors
