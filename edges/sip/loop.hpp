// The one thread of the telephone edge: libsofia-sip's event loop, a queue into it, and timers
// beside it.
//
// Thread: post() from any; everything else on the loop's own. Memory: the queue holds what others
// posted; nothing is dropped, because effects are promises; strangers reach it only through what
// Admission let in. Time: steady clock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/time.hpp"

struct su_root_s;

namespace sip {

class Loop {
public:
    using Task = std::function<void()>;
    using TimerId = std::uint64_t;

    Loop();
    ~Loop();  // must have been joined
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Starts the thread; `begin` is its first task. `end` runs last, with the event loop still
    /// there.
    void start(Task begin, Task end);
    /// Lets the loop finish after the current task. To be called on the loop.
    void finish() { finishing_ = true; }
    void join();

    /// Before start() it waits; after the loop has finished it is dropped.
    void post(Task task);

    /// Runs `task` once, not before `delay` has passed.
    TimerId after(Duration delay, Task task);
    /// Zero and fired ones are ignored.
    void cancel(TimerId timer);
    [[nodiscard]] Instant now() const;
    [[nodiscard]] su_root_s* root() const { return root_; }

private:
    void run(const Task& begin, const Task& end);
    void drain();
    void fire();
    [[nodiscard]] long wait_ms() const;

    std::mutex mutex_;
    std::vector<Task> posted_;  // guarded by mutex_
    bool closed_ = false;       // guarded by mutex_: nobody will run what is posted
    int wake_fd_ = -1;          // readable while posted_ has something
    su_root_s* root_ = nullptr;
    std::map<std::pair<Instant, TimerId>, Task> timers_;
    std::map<TimerId, Instant> timer_times_;
    TimerId next_timer_ = 1;
    bool finishing_ = false;
    std::thread thread_;
};

}  // namespace sip
