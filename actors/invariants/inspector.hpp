// Folds a journal as it goes by and shows each transition to all invariants.
//
// Thread: one owner. Memory: an entity per stream whose life has not ended, and what the invariants
// keep.
#pragma once

#include <map>
#include <memory>

#include "actors/history.hpp"
#include "actors/invariants/invariant.hpp"

namespace actors {

class Inspector {
public:
    explicit Inspector(std::vector<std::unique_ptr<Invariant>> invariants = all_invariants());
    ~Inspector();

    /// One more transition, in journal order. Bytes that do not decode or do not follow are a
    /// violation, too ("chain").
    void feed(const journal::Record& record);
    void end(bool settled);

    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
    [[nodiscard]] std::uint64_t transitions() const { return transitions_; }
    /// The folded state of a stream; null: nothing was fed for it.
    [[nodiscard]] const History* history(const std::string& stream) const;
    /// As actors::state_hash_of_all.
    [[nodiscard]] base::Hash state_hash() const;

private:
    std::vector<std::unique_ptr<Invariant>> invariants_;
    std::map<std::string, std::unique_ptr<History>> streams_;
    std::vector<Violation> violations_;
    std::uint64_t transitions_ = 0;
};

}  // namespace actors
