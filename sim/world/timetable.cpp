// A heap of what is due; see timetable.hpp.
#include "sim/world/timetable.hpp"

#include <algorithm>

namespace sim {
namespace {

constexpr std::size_t children = 4;  // of an entry i: children * i + 1 and those behind it

}  // namespace

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
    const Due due{at, order_++, slot};
    std::size_t i = heap_.size();
    heap_.push_back(due);
    for (; i > 0 && sooner(due, heap_[(i - 1) / children]); i = (i - 1) / children)
        heap_[i] = heap_[(i - 1) / children];
    heap_[i] = due;
    ++planned_;
}

void Timetable::take_first() {
    const Due last = heap_.back();
    heap_.pop_back();
    if (heap_.empty()) return;
    std::size_t i = 0;
    for (;;) {
        const std::size_t begin = children * i + 1;
        if (begin >= heap_.size()) break;
        const std::size_t end = std::min(begin + children, heap_.size());
        std::size_t first = begin;
        for (std::size_t child = begin + 1; child < end; ++child) {
            if (sooner(heap_[child], heap_[first])) first = child;
        }
        if (!sooner(heap_[first], last)) break;
        heap_[i] = heap_[first];
        i = first;
    }
    heap_[i] = last;
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
        take_first();
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
    take_first();
    Task task = tasks_[due.slot];  // a copy: what happens may plan more, and move the slots
    give_back(due.slot);
    --planned_;
    ++happened_;
    if (due.at > now_) now_ = due.at;
    task.run(task.bytes);
}

}  // namespace sim
