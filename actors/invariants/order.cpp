// The order of what is written: runs of the server follow one another, a wish is decided once, and
// what one entity tells another follows from something that happened.
#include <algorithm>
#include <deque>

#include "actors/invariants/kit.hpp"
#include "base/hash_index.hpp"
#include "journal/stored.hpp"

namespace actors {
namespace {

using journal::loaded;

std::uint64_t hash_of(CommandId id) { return id.high ^ (id.low * 0x9e3779b97f4a7c15ull); }

std::uint64_t hash_of(const StreamId& stream) {
    return base::quick_hash(stream.name, static_cast<std::uint64_t>(stream.kind));
}

class EpochsRise final : public Rule {
public:
    explicit EpochsRise(SharedBooks books)
        : Rule(std::move(books), "epochs_rise",
               "no transition is of an earlier run of the server than one before it") {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        const std::uint64_t epoch = moment.transition.epoch;
        if (epoch < last_)
            say(complain, moment,
                "run " + std::to_string(epoch) + " writes after run " + std::to_string(last_));
        last_ = std::max(last_, epoch);
    }
    std::uint64_t last_ = 0;
};

class DecidedOnce final : public Rule {
public:
    explicit DecidedOnce(SharedBooks books)
        : Rule(std::move(books), "decided_once",
               "a command that comes again is not decided again (the last 1024 of a stream)") {}

private:
    struct Decided {
        CommandId id;
        std::uint64_t sequence = 0;
    };
    /// The last of them, in a ring; where each lies is looked up when there are more than a few.
    class Recent {
    public:
        [[nodiscard]] const Decided* find(CommandId id) const {
            if (ring_.size() <= few) {
                const auto found = std::ranges::find(ring_, id, &Decided::id);
                return found == ring_.end() ? nullptr : &*found;
            }
            const std::uint32_t place =
                at_.find(hash_of(id), [&](std::uint32_t one) { return ring_[one - 1].id == id; });
            return place == 0 ? nullptr : &ring_[place - 1];
        }
        void add(Decided one) {
            if (ring_.size() < recent_commands_max) {
                ring_.push_back(one);
                if (ring_.size() <= few) return;
                for (std::uint32_t i = indexed(); i < ring_.size(); ++i) index(i);
                return;
            }
            at_.erase(hash_of(ring_[oldest_].id), oldest_ + 1);
            ring_[oldest_] = one;
            index(oldest_);
            oldest_ = (oldest_ + 1) % recent_commands_max;
        }
        void clear() {
            ring_.clear();
            at_ = {};
            oldest_ = 0;
        }

    private:
        static constexpr std::size_t few = 16;
        [[nodiscard]] std::uint32_t indexed() const {
            return static_cast<std::uint32_t>(at_.size());
        }
        void index(std::uint32_t i) { at_.insert(hash_of(ring_[i].id), i + 1); }
        std::vector<Decided> ring_;
        base::HashIndex<std::uint32_t> at_;  // 1 + place in the ring
        std::uint32_t oldest_ = 0;
    };
    void watch(const Moment& moment, const Complain& complain) override {
        Recent& recent = recent_[here()];
        const CommandId id = loaded(moment.transition.command_id);
        if (const Decided* known = recent.find(id))
            return say(complain, moment,
                       "command " + id.text() + " was decided at sequence " +
                           std::to_string(known->sequence) + " already");
        recent.add({id, moment.transition.sequence});
        const bool over = moment.stream.kind == StreamKind::call_leg && !books().leg(here());
        if (over) recent_.forget(here());
    }
    PerStream<Recent> recent_;
};

class CausesExist final : public Rule {
public:
    explicit CausesExist(SharedBooks books)
        : Rule(std::move(books), "causes_exist",
               "what one entity tells another is an effect of an earlier transition") {}

private:
    static constexpr std::size_t told_max = 100'000;  // a start tells the last second's once more
    struct Told {
        CommandId key;
        CommandId cause;
        std::uint64_t to = 0;  // its hash: a name is too much to keep a hundred thousand times
        schema::Command what{};
    };
    void watch(const Moment& moment, const Complain& complain) override {
        check(moment, complain);
        const CommandId id = loaded(moment.transition.command_id);
        for (std::uint32_t i = 0; i < moment.effects.size(); ++i) {
            const auto* tell = std::get_if<Tell>(&moment.effects[i]);
            if (!tell) continue;
            const CommandId key =
                derived_command_id(moment.transition.stream, moment.transition.sequence, i);
            const Told told{key, id, hash_of(tell->to), tell->command.type};
            if (Told* known = find(key)) {  // of a transition that a power cut took back
                *known = told;
                continue;
            }
            told_.push_back(told);
            at_.insert(hash_of(key), &told_.back());
        }
        while (told_.size() > told_max) {
            at_.erase(hash_of(told_.front().key), &told_.front());
            told_.pop_front();
        }
    }
    void check(const Moment& moment, const Complain& complain) const {
        const CommandId cause = loaded(moment.transition.cause_id);
        if (cause == CommandId{}) return;
        const Told* found = find(loaded(moment.transition.command_id));
        if (found == nullptr)
            return say(complain, moment,
                       "nothing that is written told it to, yet it names " + cause.text());
        const Told& told = *found;
        if (told.cause != cause || told.to != hash_of(moment.stream) ||
            told.what != moment.transition.command.type) {
            say(complain, moment,
                "it was told something else, or by something else than " + cause.text());
        }
    }
    [[nodiscard]] Told* find(CommandId key) const {
        return at_.find(hash_of(key), [&](const Told* one) { return one->key == key; });
    }
    std::deque<Told> told_;  // oldest first; what stays does not move
    base::HashIndex<Told*> at_;
};

class OneOwner final : public Rule {
public:
    explicit OneOwner(SharedBooks books)
        : Rule(std::move(books), "number_has_one_owner",
               "a number is claimed while it is free, and given back by who has it",
               {StreamKind::number}) {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        std::string& owner = owners_[moment.stream.name];
        for (const auto& fact : moment.transition.events) {
            if (const auto* claimed = peek<schema::NumberClaimedT>(fact)) {
                if (!owner.empty())
                    say(complain, moment, claimed->owner + " claims what " + owner + " has");
                owner = claimed->owner;
            } else if (const auto* released = peek<schema::NumberReleasedT>(fact)) {
                if (released->owner != owner)
                    say(complain, moment, released->owner + " gives back what '" + owner + "' has");
                owner.clear();
            }
        }
    }
    std::map<std::string, std::string> owners_;
};

}  // namespace

void add_order_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<EpochsRise>(books));
    rules.push_back(std::make_unique<DecidedOnce>(books));
    rules.push_back(std::make_unique<CausesExist>(books));
    rules.push_back(std::make_unique<OneOwner>(books));
}

}  // namespace actors
