// Lines, and those who wait for one; see lines.hpp.
#include "sim/world/lines.hpp"

#include <algorithm>

namespace sim {

void Lines::begin(std::function<void()> drop) {
    drop_ = std::move(drop);
    for (const auto& [from, to] : ground_.scenario.trunk.outages_s) {
        ground_.timetable.at(world_begins + seconds_of(from), [this] { fails(); });
        ground_.timetable.at(world_begins + seconds_of(to), [this] { works_again(); });
    }
}

void Lines::fails() {
    if (ground_.healed) return;
    ++down_;
    drop_();
}

void Lines::works_again() {
    if (down_ > 0) --down_;
    serve_queue();
}

void Lines::take_line() {
    ++in_use_;
    ground_.figures.level(Metric::trunk_lines_in_use, ground_.now(), in_use_);
}

Lines::Outcome Lines::seize() {
    if (down_ > 0) return Outcome::down;
    if (in_use_ >= ground_.scenario.trunk.lines) return Outcome::all_in_use;
    take_line();
    return Outcome::seized;
}

Lines::Outcome Lines::ask(WantsLine& asker, std::uint64_t who, std::optional<double> patience_s) {
    const Outcome outcome = queue_.empty() ? seize() : Outcome::all_in_use;
    const bool may_wait = outcome == Outcome::all_in_use && down_ == 0 &&
                          queue_.size() < ground_.scenario.trunk.queue;
    if (ground_.scenario.trunk.queue > 0) {
        ground_.figures.hit(Metric::queued, ground_.now(), may_wait);
        if (outcome == Outcome::seized)
            ground_.figures.sample(Metric::queue_wait_s, ground_.now(), 0);
    }
    if (!may_wait) return outcome;
    const std::uint64_t number = ++numbers_;
    Waiting waiting{&asker, who, number, ground_.now(), {}};
    if (patience_s)
        waiting.patience = ground_.after(*patience_s, [this, number] { gives_up(number); });
    queue_.push_back(waiting);
    ground_.figures.level(Metric::trunk_queue, ground_.now(), static_cast<double>(queue_.size()));
    return Outcome::waits;
}

void Lines::gives_up(std::uint64_t number) {
    const auto found = std::ranges::find(queue_, number, &Waiting::number);
    if (found == queue_.end()) return;
    const Waiting waiting = *found;
    queue_.erase(found);
    const Instant now = ground_.now();
    ground_.figures.level(Metric::trunk_queue, now, static_cast<double>(queue_.size()));
    ground_.figures.sample(Metric::queue_wait_s, now, seconds_in(now - waiting.since));
    ground_.figures.hit(Metric::abandoned, now, true);
    waiting.asker->tired_of_waiting(waiting.who);
}

void Lines::release() {
    ASSERT(in_use_ > 0);
    --in_use_;
    ground_.figures.level(Metric::trunk_lines_in_use, ground_.now(), in_use_);
    serve_queue();
}

void Lines::serve_queue() {
    while (!queue_.empty() && down_ == 0 && in_use_ < ground_.scenario.trunk.lines) {
        const Waiting waiting = queue_.front();
        queue_.pop_front();
        ground_.timetable.cancel(waiting.patience);
        const Instant now = ground_.now();
        ground_.figures.level(Metric::trunk_queue, now, static_cast<double>(queue_.size()));
        ground_.figures.sample(Metric::queue_wait_s, now, seconds_in(now - waiting.since));
        ground_.figures.hit(Metric::abandoned, now, false);
        take_line();
        waiting.asker->has_line(waiting.who);
    }
}

}  // namespace sim
