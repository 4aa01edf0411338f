// Threads for work that takes its time: passwords (argon2id, 50 ms and 64 MiB each) and reading
// history from the journal. A full queue refuses: the caller answers "busy" and the client comes
// back.
//
// Thread: submit from any. Memory: at most queue_max jobs wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace web {

class Workers {
public:
    Workers(unsigned threads, std::size_t queue_max);
    ~Workers() { stop(); }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// False when the queue is full or the workers have stopped; the job is then gone.
    [[nodiscard]] bool submit(std::function<void()> job);

    /// Finishes what was taken in, then joins. Idempotent; not from a worker.
    void stop();

private:
    void work();

    const std::size_t queue_max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> jobs_;
    bool stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace web
