#include "sim/models/talk.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "sim/models/seconds.hpp"

namespace sim {
namespace {

/// How the floor passes on.
struct Floor {
    TalkChain chain;
    bool either_stops = true;  // of two talkers; else whoever began earlier
    bool same_again = true;    // out of silence the last speaker may begin again
};

/// At most two talk at once. All stays are exponential, so that whatever happens in between, the
/// time to the next change may be drawn anew.
class FloorTalk : public RoomTalk {
public:
    FloorTalk(Floor floor, Chance chance) : floor_(floor), chance_(chance) {}

    void enter(std::uint64_t who, Instant now, double) override {
        people_.push_back(who);
        if (!next_) plan_next(now);
    }

    void leave(std::uint64_t who, Instant now) override {
        std::erase(people_, who);
        const bool talked = std::erase(talkers_, who) > 0;
        if (last_ == who) last_.reset();
        if (talked || people_.size() < 2 || (next_ && next_->who == who)) plan_next(now);
    }

    std::optional<Change> peek() const override { return next_; }

    Change take() override {
        ASSERT(next_);
        const Change change = *next_;
        if (change.talks) {
            talkers_.push_back(change.who);
        } else {
            std::erase(talkers_, change.who);
            last_ = change.who;
        }
        plan_next(change.at);
        return change;
    }

private:
    void plan_next(Instant now) {
        next_.reset();
        if (talkers_.empty()) {
            if (people_.size() < 2) return;
            const Duration silence = length(floor_.chain.silence_s);
            next_ = Change{now + silence, begins(floor_.same_again ? std::nullopt : last_), true};
        } else if (talkers_.size() == 1) {
            const Duration alone = length(floor_.chain.alone_s);
            const bool joined = chance_.with(floor_.chain.joined) && people_.size() > 1;
            const std::uint64_t talker = talkers_.front();
            next_ = Change{now + alone, joined ? begins(talker) : talker, joined};
        } else {
            const Duration both = length(floor_.chain.double_talk_s);
            const bool later = floor_.either_stops && chance_.with(0.5);
            next_ = Change{now + both, talkers_[later ? 1 : 0], false};
        }
    }

    Duration length(double mean_s) { return duration_of(chance_.exponential(mean_s)); }

    /// One of the people, each as likely; not `but`.
    std::uint64_t begins(std::optional<std::uint64_t> but) {
        const auto held = but ? std::ranges::find(people_, *but) : people_.end();
        if (held == people_.end()) return people_[chance_.below(people_.size())];
        const std::size_t drawn = chance_.below(people_.size() - 1);
        return people_[drawn + (drawn >= static_cast<std::size_t>(held - people_.begin()) ? 1 : 0)];
    }

    Floor floor_;
    Chance chance_;
    std::vector<std::uint64_t> people_, talkers_;  // talkers in the order in which they began
    std::optional<std::uint64_t> last_;
    std::optional<Change> next_;
};

class OnceTalk : public RoomTalk {
public:
    explicit OnceTalk(double spurt_s) : spurt_s_(spurt_s) {}

    void enter(std::uint64_t who, Instant now, double stay_s) override {
        const Instant begins = now + duration_of((stay_s - spurt_s_) / 2);
        changes_.insert({begins, who, true});
        changes_.insert({begins + duration_of(spurt_s_), who, false});
    }

    void leave(std::uint64_t who, Instant) override {
        std::erase_if(changes_, [&](const Planned& change) { return change.who == who; });
    }

    std::optional<Change> peek() const override {
        if (changes_.empty()) return std::nullopt;
        return Change{changes_.begin()->at, changes_.begin()->who, changes_.begin()->talks};
    }

    Change take() override {
        const auto next = peek();
        ASSERT(next);
        changes_.erase(changes_.begin());
        return *next;
    }

private:
    struct Planned {
        Instant at;
        std::uint64_t who;
        bool talks;
        auto operator<=>(const Planned&) const = default;
    };
    double spurt_s_;
    std::set<Planned> changes_;
};

/// One holds the floor; the next turn begins after a silence or, with `interrupts`, before the last
/// one has ended. A turn overlaps its neighbours on both sides, so it is alone for less than a
/// spurt.
Floor turn_taking(const Talk& plan) {
    const double overlapped = 2 * plan.interrupts * plan.double_talk_s;
    return {.chain = {.alone_s = std::max(plan.spurt_s - overlapped, plan.spurt_s / 10),
                      .joined = plan.interrupts,
                      .double_talk_s = plan.double_talk_s,
                      .silence_s = plan.mutual_silence_s},
            .either_stops = false,
            .same_again = false};
}

}  // namespace

// From one beginning of "one talks" to the next is a cycle C = alone + p double + (1 - p) silence.
// In each exactly one spurt begins, of either person, so C = (spurt + pause) / 2. A person talks
// for the share (alone / 2 + p double) / C of the time, which must be spurt / (2 C). Two equations:
//     p = (spurt - C + silence) / (double + silence),  alone = C - p double - (1 - p) silence.
// P.59's means give p = 0.294, alone = 0.870 s. Its table's rates (38.53 % talk, 61.47 % pause,
// 6.59 % double talk, 22.48 % silence) cannot all hold: (1 + double - silence) / 2 would have to be
// the talking rate, and is 42.06 %. The means win here; 38.75, 61.25, 5.18 and 27.68 % follow.
std::optional<TalkChain> p59_chain(const Talk& plan) {
    const double cycle = (plan.spurt_s + plan.pause_s) / 2;
    const double joined = (plan.spurt_s - cycle + plan.mutual_silence_s) /
                          (plan.double_talk_s + plan.mutual_silence_s);
    const double alone = cycle - joined * plan.double_talk_s - (1 - joined) * plan.mutual_silence_s;
    if (!(joined >= 0 && joined <= 1 && alone > 0)) return std::nullopt;
    return TalkChain{alone, joined, plan.double_talk_s, plan.mutual_silence_s};
}

std::unique_ptr<RoomTalk> room_talk(const Talk& plan, Chance chance) {
    switch (plan.model) {
        case Talk::Model::none: return nullptr;
        case Talk::Model::once: return std::make_unique<OnceTalk>(plan.spurt_s);
        case Talk::Model::p59: {
            const auto chain = p59_chain(plan);
            ASSERT(chain);
            return std::make_unique<FloorTalk>(Floor{.chain = *chain}, chance);
        }
        case Talk::Model::turn_taking:
            return std::make_unique<FloorTalk>(turn_taking(plan), chance);
    }
    ASSERT(false);
    return nullptr;
}

}  // namespace sim
