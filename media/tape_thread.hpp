// Brings what the workers taped to whoever keeps it, in the order of ticks, off the mixer's
// threads.
//
//     rings of all workers --every 20 ms--> sorted by tick --> Options::on_tape, on_capture
//
// A room that moves is taped by two workers one after the other, whose rings are emptied at
// different times; so a frame is given on only when its round and the one before it are in.
//
// Thread: its own. Memory: what the rings held in two rounds. Time: wakes every 20 ms; what takes
// the callbacks longer fills the rings.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "media/engine.hpp"

namespace media {

class Worker;

class TapeThread {
public:
    TapeThread(const Options& options, std::vector<std::unique_ptr<Worker>>& workers);
    ~TapeThread() { stop(); }
    TapeThread(const TapeThread&) = delete;
    TapeThread& operator=(const TapeThread&) = delete;

    /// Tells TapeFrame::last for `room` when everything that was taped of it is through. The plans
    /// that end it must have been published. Any thread.
    void end(RoomId room);
    /// After the workers have stopped: gives on what is left, and ends every recording. Idempotent.
    void stop();

private:
    struct Ending {
        RoomId room = 0;
        std::vector<std::uint64_t> ticks;  // of each worker, when it was asked for
    };

    void run();
    void round();
    void give(const TapeFrame& frame);
    void give_sorted(bool all);
    void tell_ends();
    [[nodiscard]] bool passed(const Ending& ending) const;

    const std::function<void(const TapeFrame&)> on_tape_;
    const std::function<void(const CaptureRecord&)> on_capture_;
    std::vector<std::unique_ptr<Worker>>& workers_;
    std::vector<std::unique_ptr<TapeFrame>> waiting_;  // in the order they came
    std::uint64_t newest_before_ = 0;                  // tick, of the round before
    std::vector<RoomId> open_;                         // rooms that wait for their last
    std::mutex lock_;                                  // guards endings_
    std::vector<Ending> endings_;
    std::atomic<bool> stopping_{false};  // written by stop()
    std::thread thread_;
};

}  // namespace media
