// Folds a journal as it goes by and shows each transition to all invariants.
//
// Thread: one owner. Memory: an entity per stream, and what the invariants keep; of telephone legs
// that have ended the names of the last 100,000. Time: some microseconds a transition.
#pragma once

#include <deque>
#include <memory>

#include "actors/history.hpp"
#include "actors/invariants/invariant.hpp"
#include "base/hash_index.hpp"

namespace actors {

class Inspector {
public:
    /// `for_state_hash`: it will be asked for the state hash, so of every leg that has ended the
    /// name and the hash of its state stay.
    explicit Inspector(std::vector<std::unique_ptr<Invariant>> invariants = all_invariants(),
                       bool for_state_hash = false);

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
    /// As actors::state_hash_of_all. Only if it was made for that.
    [[nodiscard]] base::Hash state_hash() const;

    static constexpr std::size_t violations_max = 100;
    /// Who ended before these and comes back is found by its sequence, unless it begins anew.
    static constexpr std::size_t ended_max = 100'000;

private:
    struct Stream {
        std::string text;
        StreamId id;
        Handle handle;
        std::unique_ptr<Machine> machine;
        std::uint64_t sequence = 0;
        base::Hash head{};
        std::int64_t last_now = 0;
        bool checking = false;  // a leg whose PIN is at its conference
        bool damaged = false;
    };
    struct Ended {
        std::string text;
        base::Hash state{};
        bool damaged = false;
    };
    void complain(Violation violation);
    void damaged(Stream& stream, journal::Position position, const std::string& sentence);
    [[nodiscard]] std::string what_breaks(const Stream& stream,
                                          const schema::TransitionT& transition,
                                          journal::Position position) const;
    [[nodiscard]] static bool is_over(Stream& stream, const schema::TransitionT& transition);
    void forget(Stream& stream);
    [[nodiscard]] bool comes_back(journal::Position position, const std::string& text,
                                  std::uint64_t hash);
    void show(Stream& stream, journal::Position position, const schema::TransitionT& transition,
              Instant before);

    std::vector<std::unique_ptr<Invariant>> invariants_;
    /// Null: no such kind of stream.
    [[nodiscard]] Stream* begin(const std::string& text, std::uint64_t hash);

    bool for_state_hash_;
    std::deque<Stream> streams_;  // what is there does not move
    std::vector<Stream*> free_;
    base::HashIndex<Stream*> by_name_;
    std::deque<Ended> ended_;  // in the order of their ends
    base::HashIndex<Ended*> ended_by_name_;
    Effects effects_;  // of the transition at hand
    std::vector<Violation> violations_;
    std::uint64_t violation_count_ = 0;
    std::uint64_t transitions_ = 0;
    journal::Position last_position_ = 0;
};

}  // namespace actors
