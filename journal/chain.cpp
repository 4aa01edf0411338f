#include "journal/chain.hpp"

#include "journal/codec.hpp"
#include "journal/stored.hpp"

namespace journal {
Done<std::string> Chain::take(std::string_view payload) {
    auto decoded = decode_transition(payload);
    if (!decoded.ok()) return fail(std::string{"no transition that this program understands"});
    const schema::TransitionT& next = decoded.value();
    const auto known = tails_.find(next.stream);
    const Tail tail = known == tails_.end() ? Tail{} : known->second;
    std::string what;
    if (next.sequence != tail.sequence + 1) {
        what = "follows sequence " + std::to_string(tail.sequence);
    } else if (loaded(next.previous) != tail.hash) {
        what = "does not carry the hash of the transition before it";
    } else if (next.now < tail.now) {
        what = "is earlier than the transition before it";
    } else if (next.epoch < epoch_) {
        what = "has epoch " + std::to_string(next.epoch) + " after epoch " + std::to_string(epoch_);
    }
    if (!what.empty()) {
        return fail(next.stream + ", sequence " + std::to_string(next.sequence) + ": " +
                    std::move(what));
    }
    transition_ = std::move(decoded).value();
    hash_ = hash_of(payload);
    epoch_ = transition_.epoch;
    tails_.insert_or_assign(transition_.stream, Tail{transition_.sequence, hash_, transition_.now});
    return {};
}

}  // namespace journal
