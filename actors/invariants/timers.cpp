// Deadlines: what an entity waits for until then, it waits for no longer.
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
        note(moment);
        const Instant now = books().clock().wall();
        while (!coming_.empty() && coming_.begin()->first <= now) {
            const std::string stream = coming_.begin()->second;
            coming_.erase(coming_.begin());
            deadlines_[stream].due_since = books().clock().active();
            due_.emplace(books().clock().active(), stream);
        }
        while (!due_.empty() && due_.begin()->first + patience < books().clock().active()) {
            complain_about(due_.begin()->second, complain);
            due_.erase(due_.begin());
        }
    }

    void note(const Moment& moment) {
        const Instant wanted = moment.machine.agenda().wake_at;
        const std::string& stream = moment.transition.stream;
        const auto found = deadlines_.find(stream);
        if (found != deadlines_.end()) {
            if (found->second.at == wanted) return;
            forget(stream, found->second);
            deadlines_.erase(found);
        }
        if (wanted == Instant{}) return;
        deadlines_[stream] = {wanted, {-1}};
        coming_.emplace(wanted, stream);
    }
    void forget(const std::string& stream, const Deadline& deadline) {
        coming_.erase({deadline.at, stream});
        due_.erase({deadline.due_since, stream});
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
    void complain_about(const std::string& stream, const Complain& complain) {
        say(complain, stream,
            "waits for a deadline that has passed by " +
                std::to_string((books().clock().wall() - deadlines_[stream].at).us / 1'000'000) +
                " s");
    }
    void end(bool settled, const Complain& complain) override {
        if (!settled) return;
        for (const auto& [since, stream] : due_) {
            if (deadlines_[stream].at + seconds(5) < books().clock().wall())
                complain_about(stream, complain);
        }
    }

    std::map<std::string, Deadline> deadlines_;
    std::set<std::pair<Instant, std::string>> coming_;
    std::set<std::pair<Duration, std::string>> due_;
    std::uint64_t steps_back_ = 0;
};

}  // namespace

void add_timer_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<NoLostTimer>(books));
}

}  // namespace actors
