// Stands between RocksDB and its write-ahead log files, so that a failed write there is ours to
// judge.
//
// Why: after one failed write to a log file RocksDB 7.8 (as Debian builds it, with assertions)
// aborts the process at the next touch of that file; and a record whose write "failed" may be there
// after the next start. Here a full disk makes the write use up the reserve and then wait, at the
// same offset, until space returns; any other error marks the guard failed, nothing reaches the
// disk from then on, and RocksDB sees success, so that it can be closed. The store looks at
// failed() before it believes.
//
// Thread: any. Memory: two words a log file. Time: a failing write polls ten times a second.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace rocksdb {
class FileSystem;
}

namespace journal {

class WalGuard {
public:
    /// `make_room` frees the reserve; called by the writing thread, once per stall.
    explicit WalGuard(std::function<void()> make_room) : make_room_(std::move(make_room)) {}

    [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }
    /// The failure was a full disk whose end nobody wanted to wait for: nothing was written.
    [[nodiscard]] bool gave_up() const noexcept { return gave_up_.load(std::memory_order_acquire); }
    /// A write waits for space right now.
    [[nodiscard]] bool stalled() const noexcept { return stalled_.load(std::memory_order_acquire); }
    /// Ends the waiting: the store is closing.
    void give_up() noexcept { closing_.store(true, std::memory_order_release); }
    /// What failed first, in the words of the file system.
    [[nodiscard]] std::string why() const;

    // For the file system below; not for others.
    void fail(std::string why, bool for_space) noexcept;
    /// True: try once more. False: stop waiting.
    [[nodiscard]] bool wait_for_space(int attempt);
    void space_came() noexcept { stalled_.store(false, std::memory_order_release); }

private:
    std::function<void()> make_room_;
    std::atomic<bool> failed_{false};  // set by the writing thread, pairs with failed()
    std::atomic<bool> gave_up_{false};
    std::atomic<bool> stalled_{false};
    std::atomic<bool> closing_{false};  // set by whoever closes, read by the writing thread
    mutable std::mutex mutex_;
    std::string why_;
};

/// `below` with its *.log files guarded; after a failure it makes no new file either, so that no
/// background flush can make durable what was reported as failed.
[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> guarded(
    std::shared_ptr<rocksdb::FileSystem> below, std::shared_ptr<WalGuard> guard);

}  // namespace journal
