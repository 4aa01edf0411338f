// What is to happen when: events in virtual time, earliest first, and of one instant in the order
// in which they were planned.
//
//     timetable.at(now + seconds(3), [this, call] { key_pin(call); });
//
// Thread: one owner. Memory: 64 bytes an event under way, in slots that are used again; no
// allocation per event. Time: only what its owner passes in.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <vector>

#include "base/assert.hpp"
#include "base/time.hpp"

namespace sim {

class Timetable {
public:
    /// Names one planned event; of one that has happened it means nothing any more.
    struct Ticket {
        std::uint32_t slot = UINT32_MAX;
        std::uint32_t turn = 0;
    };

    /// Plans `what`: a callable of plain data (pointers, numbers, ids), so that it can be kept
    /// without an allocation. An instant that has passed means now.
    template <class What>
    Ticket at(Instant when, What what) {
        static_assert(sizeof(What) <= task_bytes && alignof(What) <= 8);
        static_assert(std::is_trivially_copyable_v<What>,
                      "capture ids and numbers, not strings: nobody destroys an event");
        const std::uint32_t slot = free_slot();
        Task& task = tasks_[slot];
        new (static_cast<void*>(task.bytes)) What(what);
        task.run = [](void* bytes) { (*std::launder(static_cast<What*>(bytes)))(); };
        plan(when < now_ ? now_ : when, slot);
        return {slot, task.turn};
    }
    /// It will not happen. Harmless when it has happened.
    void cancel(Ticket ticket);

    [[nodiscard]] bool empty() const { return planned_ == 0; }
    /// When the next event is due; zero: none is planned.
    [[nodiscard]] Instant next();
    /// Lets time come to `now`, without anything happening.
    void pass_to(Instant now) {
        ASSERT(now >= now_);
        now_ = now;
    }
    /// Lets the next event happen, at its instant.
    void run_one();

    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] std::uint64_t happened() const { return happened_; }
    [[nodiscard]] std::size_t planned() const { return planned_; }

private:
    static constexpr std::size_t task_bytes = 48;
    struct Task {
        alignas(8) unsigned char bytes[task_bytes];
        void (*run)(void*) = nullptr;  // null: cancelled, or free
        std::uint32_t turn = 0;        // how often the slot was given back
    };
    struct Due {
        Instant at;
        std::uint64_t order;
        std::uint32_t slot;
    };
    static bool sooner(const Due& one, const Due& other) {
        return one.at != other.at ? one.at < other.at : one.order < other.order;
    }

    [[nodiscard]] std::uint32_t free_slot();
    void plan(Instant at, std::uint32_t slot);
    void give_back(std::uint32_t slot);
    void drop_cancelled();
    void take_first();

    std::vector<Task> tasks_;
    std::vector<std::uint32_t> free_;
    std::vector<Due> heap_;  // four children each: half as deep as with two
    Instant now_{};
    std::uint64_t order_ = 0;
    std::uint64_t happened_ = 0;
    std::size_t planned_ = 0;
};

}  // namespace sim
