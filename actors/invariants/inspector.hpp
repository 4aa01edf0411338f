// Folds a journal as it goes by and shows each transition to all invariants.
//
// Thread: one owner. Memory: an entity per stream (of an ended telephone leg only the hash of its
// state), and what the invariants keep. Time: some microseconds a transition.
#pragma once

#include <deque>
#include <memory>

#include "actors/history.hpp"
#include "actors/invariants/invariant.hpp"
#include "base/hash_index.hpp"

namespace actors {

class Inspector {
public:
    explicit Inspector(std::vector<std::unique_ptr<Invariant>> invariants = all_invariants());

    /// One more transition, in journal order. Bytes that do not decode or do not follow are a
    /// violation, too ("chain"); nothing more of that stream is looked at then.
    void feed(const journal::Record& record);
    /// The same, for one that is decoded already.
    void feed(journal::Position position, const schema::TransitionT& transition,
              std::string_view payload);
    /// Once. `settled`: nothing is under way any more, so whatever is open stays open for ever.
    void end(bool settled);

    /// The first `violations_max` of them; `violation_count` counts on.
    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
    [[nodiscard]] std::uint64_t violation_count() const { return violation_count_; }
    [[nodiscard]] std::uint64_t transitions() const { return transitions_; }
    [[nodiscard]] const std::vector<std::unique_ptr<Invariant>>& invariants() const {
        return invariants_;
    }
    /// As actors::state_hash_of_all.
    [[nodiscard]] base::Hash state_hash() const;

    static constexpr std::size_t violations_max = 100;

private:
    struct Stream {
        std::string text;
        StreamId id;
        std::unique_ptr<Machine> machine;  // null: a leg that has ended
        std::uint64_t sequence = 0;
        base::Hash head{};
        std::int64_t last_now = 0;
        base::Hash state{};     // of a leg that has ended
        bool checking = false;  // a leg whose PIN is at its conference
        bool damaged = false;
    };
    void complain(Violation violation);
    void damaged(Stream& stream, journal::Position position, const std::string& sentence);
    [[nodiscard]] std::string what_breaks(const Stream& stream,
                                          const schema::TransitionT& transition,
                                          journal::Position position) const;
    static void forget_if_over(Stream& stream, const schema::TransitionT& transition);
    void show(Stream& stream, journal::Position position, const schema::TransitionT& transition,
              Instant before);

    std::vector<std::unique_ptr<Invariant>> invariants_;
    [[nodiscard]] Stream* stream_of(const std::string& text);  // null: no such kind
    std::deque<Stream> streams_;                               // what is there does not move
    base::HashIndex<Stream*> by_name_;
    std::vector<Violation> violations_;
    std::uint64_t violation_count_ = 0;
    std::uint64_t transitions_ = 0;
    journal::Position last_position_ = 0;
};

}  // namespace actors
