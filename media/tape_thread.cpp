#include "media/tape_thread.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "media/sound/frame.hpp"
#include "media/worker.hpp"

namespace media {

TapeThread::TapeThread(const Options& options, std::vector<std::unique_ptr<Worker>>& workers)
    : on_tape_(options.on_tape), on_capture_(options.on_capture), workers_(workers) {
    if (!on_tape_ && !on_capture_) return;
    for (const auto& worker : workers_)
        worker->tapes().want(on_tape_ != nullptr, on_capture_ != nullptr);
    thread_ = std::thread([this] {
        (void)pthread_setname_np(pthread_self(), "tape");
        run();
    });
}

void TapeThread::end(RoomId room) {
    if (!thread_.joinable()) return;
    Ending ending{.room = room};
    for (const auto& worker : workers_) ending.ticks.push_back(worker->ticks_done());
    const std::scoped_lock held(lock_);
    endings_.push_back(std::move(ending));
}

void TapeThread::stop() {
    stopping_.store(true, std::memory_order_relaxed);
    if (!thread_.joinable()) return;
    thread_.join();
    round();
    give_sorted(true);
    tell_ends();
}

void TapeThread::run() {
    while (!stopping_.load(std::memory_order_relaxed)) {
        timespec length{.tv_sec = 0, .tv_nsec = tick_us * 1'000};
        (void)nanosleep(&length, nullptr);
        round();
    }
}

void TapeThread::round() {
    // Who is found to have passed here has pushed all it will, and what follows drains it.
    std::vector<RoomId> passed_now;
    {
        const std::scoped_lock held(lock_);
        std::erase_if(endings_, [&](const Ending& ending) {
            if (!passed(ending)) return false;
            passed_now.push_back(ending.room);
            return true;
        });
    }
    const std::size_t before = waiting_.size();
    for (const auto& worker : workers_) {
        worker->tapes().drain_frames([&](const TapeFrame& frame) {
            waiting_.push_back(std::make_unique<TapeFrame>(frame));
        });
        worker->tapes().drain_records([&](const CaptureRecord& record) { on_capture_(record); });
    }
    std::uint64_t newest = newest_before_;
    for (std::size_t i = before; i < waiting_.size(); ++i)
        newest = std::max(newest, waiting_[i]->tick);
    give_sorted(!passed_now.empty());
    newest_before_ = newest;
    for (const RoomId room : passed_now) {
        if (std::erase(open_, room) == 0) continue;
        give({.room = room, .tick = newest, .last = true});
    }
}

bool TapeThread::passed(const Ending& ending) const {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        if (workers_[i]->ticks_done() <= ending.ticks[i]) return false;  // in the tick it was in
    }
    return true;
}

void TapeThread::give(const TapeFrame& frame) {
    if (!frame.last && std::ranges::find(open_, frame.room) == open_.end())
        open_.push_back(frame.room);
    on_tape_(frame);
}

void TapeThread::give_sorted(bool all) {
    std::ranges::stable_sort(waiting_, {}, [](const auto& frame) { return frame->tick; });
    const auto end = std::ranges::find_if(
        waiting_, [&](const auto& frame) { return !all && frame->tick > newest_before_; });
    for (auto at = waiting_.begin(); at != end; ++at) give(**at);
    waiting_.erase(waiting_.begin(), end);
}

void TapeThread::tell_ends() {
    for (const RoomId room : std::exchange(open_, {}))
        give({.room = room, .tick = newest_before_, .last = true});
}

}  // namespace media
