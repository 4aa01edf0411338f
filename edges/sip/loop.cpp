// su_root, eventfd and a map of timers; see loop.hpp.
#include "edges/sip/loop.hpp"

#include <sofia-sip/su.h>
#include <sofia-sip/su_wait.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/clock.hpp"

namespace sip {
namespace {

constexpr long wait_ms_max = 1000;

extern "C" int swallow_wake(su_root_magic_t*, su_wait_t* wait, su_wakeup_arg_t*) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto bytes = read(su_wait_socket(wait), &count, sizeof count);
    return 0;  // the loop drains its queue after every step
}

}  // namespace

Loop::Loop() : wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    ASSERT(wake_fd_ >= 0);
    su_init();  // also ignores SIGPIPE: a peer may close its TCP connection before our response
}

Loop::~Loop() {
    ASSERT(!thread_.joinable());
    close(wake_fd_);
}

void Loop::start(Task begin, Task end) {
    thread_ =
        std::thread{[this, begin = std::move(begin), end = std::move(end)] { run(begin, end); }};
}

void Loop::join() {
    if (thread_.joinable()) thread_.join();
}

void Loop::post(Task task) {
    {
        const std::lock_guard lock{mutex_};
        if (closed_) return;
        posted_.push_back(std::move(task));
        if (posted_.size() > 1) return;  // somebody has already rung
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto bytes = write(wake_fd_, &one, sizeof one);
}

Loop::TimerId Loop::after(Duration delay, Task task) {
    const TimerId timer = next_timer_++;
    const Instant at = now() + delay;
    timers_.emplace(std::pair{at, timer}, std::move(task));
    timer_times_.emplace(timer, at);
    return timer;
}

void Loop::cancel(TimerId timer) {
    const auto found = timer_times_.find(timer);
    if (found == timer_times_.end()) return;
    timers_.erase({found->second, timer});
    timer_times_.erase(found);
}

Instant Loop::now() const { return base::steady_now(); }

long Loop::wait_ms() const {
    if (timers_.empty()) return wait_ms_max;
    const Duration left = timers_.begin()->first.first - now();
    return static_cast<long>(std::clamp<std::int64_t>((left.us + 999) / 1000, 0, wait_ms_max));
}

void Loop::drain() {
    std::vector<Task> tasks;
    {
        const std::lock_guard lock{mutex_};
        tasks.swap(posted_);
    }
    for (const Task& task : tasks) task();
}

void Loop::fire() {
    const Instant due = now();
    while (!timers_.empty() && timers_.begin()->first.first <= due) {
        auto node = timers_.extract(timers_.begin());
        timer_times_.erase(node.key().second);
        node.mapped()();
    }
}

void Loop::run(const Task& begin, const Task& end) {
    root_ = su_root_create(nullptr);
    ASSERT(root_ != nullptr);
    su_root_threading(root_, 0);  // the library's stack runs here too
    su_wait_t wait{};
    su_wait_create(&wait, wake_fd_, SU_WAIT_IN);
    const int index = su_root_register(root_, &wait, swallow_wake, nullptr, 0);
    ASSERT(index > 0);
    begin();
    while (!finishing_) {
        su_root_step(root_, wait_ms());
        drain();
        fire();
    }
    end();
    std::vector<Task> late;
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        late.swap(posted_);
    }
    su_root_deregister(root_, index);
    su_root_destroy(root_);
    root_ = nullptr;
}

}  // namespace sip
