// Who of a room talks when. One object a room; people enter and leave, and the model tells the next
// change.
//
//     p59, turn_taking    silence --> one talks --> two talk --> one talks ...
//     once                each person once, in the middle of the stay
//
// P.59 is ITU-T Rec. P.59 (1993), Table 1: mean talk spurt 1.004 s, pause 1.587 s, double talk
// 0.228 s, mutual silence 0.508 s. With exponential states the four means fix the chain, and hold
// exactly between two people: see p59_chain(). For more than two, whoever begins is drawn evenly.
//
// Thread: one owner. Memory: the people in the room. Time: virtual.
#pragma once

#include <memory>
#include <optional>

#include "base/time.hpp"
#include "sim/models/chance.hpp"

namespace sim {

class RoomTalk {
public:
    struct Change {
        Instant at{};
        std::uint64_t who = 0;
        bool talks = false;
    };
    virtual ~RoomTalk() = default;
    /// `stay_s`: how long this person is expected to stay; only `once` wants to know.
    virtual void enter(std::uint64_t who, Instant now, double stay_s = 0) = 0;
    /// Who leaves stops talking without a change being told.
    virtual void leave(std::uint64_t who, Instant now) = 0;
    /// The next change, if nobody enters or leaves before; nothing for a silent room. (One person
    /// alone does not begin to talk.)
    [[nodiscard]] virtual std::optional<Change> peek() const = 0;
    virtual Change take() = 0;  // of what peek() told
};

/// Two people's chain. One talks for `alone_s` on average; then, with probability `joined`, the
/// other begins, too, or else there is silence. Of two talkers either stops; out of silence either
/// begins.
struct TalkChain {
    double alone_s = 0, joined = 0;
    double double_talk_s = 0, silence_s = 0;
};
/// Nothing when no such chain has the plan's four means.
[[nodiscard]] std::optional<TalkChain> p59_chain(const Talk& plan);

/// Null for the model `none`. A plan for p59 must have a chain.
[[nodiscard]] std::unique_ptr<RoomTalk> room_talk(const Talk& plan, Chance chance);

}  // namespace sim
