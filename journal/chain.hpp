// Holds transitions that come in order of position against each other: in each stream sequences
// without gap, hashes that chain, times and epochs that never go back.
//
// Thread: one owner. Memory: some hundred bytes per stream. Time: a decode and a hash per record.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "journal/log.hpp"
#include "schema/transition_generated.h"

namespace journal {

class Chain {
public:
    /// One more. The error says what is wrong: "user/alice, sequence 3: follows sequence 1";
    /// nothing is taken then.
    [[nodiscard]] Done<std::string> take(std::string_view payload);

    /// Of what was taken last.
    [[nodiscard]] const schema::TransitionT& transition() const { return transition_; }
    [[nodiscard]] const base::Hash& hash() const { return hash_; }

    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    [[nodiscard]] std::size_t streams() const { return tails_.size(); }

private:
    struct Tail {
        std::uint64_t sequence = 0;
        base::Hash hash{};
        std::int64_t now = 0;
    };
    std::map<std::string, Tail, std::less<>> tails_;
    schema::TransitionT transition_;
    base::Hash hash_{};
    std::uint64_t epoch_ = 0;
};

}  // namespace journal
