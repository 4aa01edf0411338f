// What the simulated disk holds: streams with their transitions, snapshots and agendas, in the
// order of the journal. Either everything, or of each stream only what a running house, or the next
// one after a crash, can still ask for: its newest usable snapshot and the transitions since.
//
// Thread: one owner. Memory: as said. Time: none. Only disk.cpp includes it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_index.hpp"
#include "journal/log.hpp"

namespace sim {

class DiskShelf {
public:
    using IsOver = std::function<bool(std::string_view)>;
    DiskShelf(bool keep, IsOver over) : keep_(keep), over_(std::move(over)) {}

    /// Puts one transition behind all others; 0 when its sequence does not follow its stream's.
    [[nodiscard]] journal::Position put(journal::Append& append);
    /// Takes the newest transition away again, as if it had never come. Not below safe_up_to().
    void take_back();

    struct Kept {
        journal::Record record;
        base::Hash hash;
    };
    /// The transition at `position`; above safe_up_to(), or any that is kept.
    [[nodiscard]] const Kept& at(journal::Position position) const;
    [[nodiscard]] journal::Position last() const { return begins_ - 1 + order_.size(); }

    /// Up to here nothing is taken back and no effect is released again: it may be forgotten.
    void safe_up_to(journal::Position position);
    /// The stream's actor has left memory.
    void asleep(std::string_view stream);

    void put_snapshot(std::string_view stream, journal::StoredSnapshot snapshot);
    [[nodiscard]] std::optional<journal::StoredSnapshot> snapshot(std::string_view stream) const;
    /// Forgets snapshots of what take_back() has taken: they are ahead of the log.
    void drop_snapshots_ahead();
    [[nodiscard]] std::vector<journal::Record> read_stream(std::string_view stream,
                                                           std::uint64_t sequence,
                                                           std::size_t count_max) const;
    [[nodiscard]] std::vector<journal::Record> read_all(journal::Position position,
                                                        std::size_t count_max) const;
    [[nodiscard]] journal::Head head(std::string_view stream) const;
    [[nodiscard]] std::vector<std::string> list_streams(std::string_view prefix,
                                                        std::string_view after,
                                                        std::size_t count_max) const;
    [[nodiscard]] std::vector<journal::AgendaEntry> agenda() const;

private:
    struct Stream {
        std::uint64_t first = 1;  // sequence of kept.front()
        std::vector<Kept> kept;
        journal::Agenda agenda;
        std::optional<journal::StoredSnapshot> snapshot;  // usable by whoever starts now
        std::optional<journal::StoredSnapshot> newer;     // not yet: it is not safe
        bool asleep = false;
        std::uint32_t queued = 0;  // times in review_

        [[nodiscard]] std::uint64_t last() const { return first - 1 + kept.size(); }
    };
    struct Named {
        std::string name;
        Stream stream;
        std::size_t place = 0;  // in streams_
    };
    struct Entry {
        Named* stream = nullptr;
        std::uint64_t sequence = 0;
        bool told_agenda = false;
        journal::Agenda agenda_before;
    };

    [[nodiscard]] Named* entry_of(std::string_view stream) const;
    Named& add(const std::string& stream);
    void remove(Named& stream);
    [[nodiscard]] const std::vector<const Named*>& by_name() const;
    [[nodiscard]] const Stream* find(std::string_view stream) const;
    void review_later(Named* stream);
    void review(Named* stream);
    void trim(Stream& stream) const;

    bool keep_;
    IsOver over_;
    std::vector<std::unique_ptr<Named>> streams_;
    base::HashIndex<Named*> index_;              // of streams_
    mutable std::vector<const Named*> by_name_;  // all of them, or empty: not known
    journal::Position begins_ = 1;               // of order_.front()
    std::deque<Entry> order_;
    journal::Position safe_ = 0;
    struct Review {
        journal::Position when_safe = 0;
        Named* stream = nullptr;
    };
    std::deque<Review> review_;
};

}  // namespace sim
