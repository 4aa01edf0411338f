// A binary heap of what is due; see timetable.hpp.
#include "sim/world/timetable.hpp"

#include <algorithm>

namespace sim {

std::uint32_t Timetable::free_slot() {
    if (free_.empty()) {
        tasks_.emplace_back();
        return static_cast<std::uint32_t>(tasks_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
}

void Timetable::give_back(std::uint32_t slot) {
    tasks_[slot].run = nullptr;
    ++tasks_[slot].turn;
    free_.push_back(slot);
}

void Timetable::plan(Instant at, std::uint32_t slot) {
    heap_.push_back({at, order_++, slot});
    std::push_heap(heap_.begin(), heap_.end(), later);
    ++planned_;
}

void Timetable::cancel(Ticket ticket) {
    if (ticket.slot >= tasks_.size()) return;
    Task& task = tasks_[ticket.slot];
    if (task.turn != ticket.turn || task.run == nullptr) return;
    task.run = nullptr;  // its place in the heap comes up in time and is dropped there
    --planned_;
}

void Timetable::drop_cancelled() {
    while (!heap_.empty() && tasks_[heap_.front().slot].run == nullptr) {
        give_back(heap_.front().slot);
        std::pop_heap(heap_.begin(), heap_.end(), later);
        heap_.pop_back();
    }
}

Instant Timetable::next() {
    drop_cancelled();
    return heap_.empty() ? Instant{} : heap_.front().at;
}

void Timetable::run_one() {
    drop_cancelled();
    ASSERT(!heap_.empty());
    const Due due = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    Task task = tasks_[due.slot];  // a copy: what happens may plan more, and move the slots
    give_back(due.slot);
    --planned_;
    ++happened_;
    if (due.at > now_) now_ = due.at;
    task.run(task.bytes);
}

}  // namespace sim
