// Deadlines: what an entity waits for until then, it waits for no longer.
#include <map>
#include <set>

#include "actors/invariants/kit.hpp"

namespace actors {
namespace {

class NoLostTimer final : public Rule {
public:
    explicit NoLostTimer(SharedBooks books)
        : Rule(std::move(books), "no_lost_timer",
               "when a deadline has come, its entity is woken while the server works") {}

private:
    struct Deadline {
        Instant at{};
        Duration due_since{-1};  // active time when it was seen to be due; before: -1
    };

    void watch(const Moment& moment, const Complain& complain) override {
        if (books().clock().steps_back() != steps_back_) wait_again();
        note(moment.machine.agenda().wake_at);
        const Duration active = books().clock().active();
        const Instant now = books().clock().wall();
        while (!coming_.empty() && coming_.begin()->first <= now) {
            const Handle stream = coming_.begin()->second;
            coming_.erase(coming_.begin());
            deadlines_[stream].due_since = active;
            due_.emplace(active, stream);
        }
        if (due_.empty() || due_.begin()->first + patience >= active) return;
        complain_about([&](Duration since, const Deadline&) { return since + patience < active; },
                       complain);
        while (!due_.empty() && due_.begin()->first + patience < active) due_.erase(due_.begin());
    }

    void note(Instant wanted) {
        if (const Deadline* known = deadlines_.find(here())) {
            if (known->at == wanted) return;
            coming_.erase({known->at, here()});
            due_.erase({known->due_since, here()});
            deadlines_.forget(here());
        }
        if (wanted == Instant{}) return;
        deadlines_[here()] = {wanted, {-1}};
        coming_.emplace(wanted, here());
    }
    // The clock on the wall stepped back: what was due is still to come.
    void wait_again() {
        steps_back_ = books().clock().steps_back();
        for (const auto& [since, stream] : due_) {
            deadlines_[stream].due_since = {-1};
            coming_.emplace(deadlines_[stream].at, stream);
        }
        due_.clear();
    }
    /// Of those that are due, and late by that measure, by time and name.
    template <class IsLate>
    void complain_about(const IsLate& is_late, const Complain& complain) {
        std::map<std::pair<Duration, std::string>, Instant> late;
        for (const auto& [since, stream] : due_) {
            const Deadline& deadline = deadlines_[stream];
            const StreamId id{stream.kind, books().name(stream)};
            if (is_late(since, deadline)) late[{since, id.text()}] = deadline.at;
        }
        for (const auto& [which, at] : late)
            say(complain, which.second,
                "waits for a deadline that has passed by " +
                    std::to_string((books().clock().wall() - at).us / 1'000'000) + " s");
    }
    void end(bool settled, const Complain& complain) override {
        if (!settled) return;
        complain_about(
            [&](Duration, const Deadline& one) {
                return one.at + seconds(5) < books().clock().wall();
            },
            complain);
    }

    PerStream<Deadline> deadlines_;
    std::set<std::pair<Instant, Handle>> coming_;
    std::set<std::pair<Duration, Handle>> due_;
    std::uint64_t steps_back_ = 0;
};

}  // namespace

void add_timer_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<NoLostTimer>(books));
}

}  // namespace actors
