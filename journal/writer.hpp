// The one thread that writes: takes what is queued, judges each append, writes one batch, answers.
// Only store.cpp includes this file.
//
// Thread: push_* and close() on any; everything marked so on the writer thread alone. Memory: the
// queue, bounded by bytes. Time: waits for work, or for the moment when relaxed records want a
// sync.
#pragma once

#include <rocksdb/write_batch.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "journal/database.hpp"
#include "journal/disk_space.hpp"
#include "journal/layout.hpp"
#include "journal/mark.hpp"
#include "journal/store.hpp"

namespace journal {

struct WriterStart {
    Position last = 0;
    Position released = 0;
    std::uint64_t epoch = 0;
};

class Writer {
public:
    Writer(std::shared_ptr<Database> database, std::shared_ptr<DiskSpace> space,
           StoreOptions options, WriterStart start);
    ~Writer();

    void push(Append append);
    void push_snapshot(std::string_view stream, StoredSnapshot snapshot);
    void push_forget(std::string_view stream);
    void mark_released(Position position);
    /// Writes what is queued and ends the thread. Idempotent.
    void close();

    [[nodiscard]] Position last_position() const { return last_.load(std::memory_order_acquire); }
    [[nodiscard]] Position released() const { return released_.load(std::memory_order_acquire); }
    [[nodiscard]] std::uint64_t epoch() const { return start_.epoch; }
    [[nodiscard]] bool is_full() const { return full_.load(std::memory_order_acquire); }
    /// Nothing can be believed any more: reads must say so, too.
    [[nodiscard]] bool is_dead() const { return dead_.load(std::memory_order_acquire); }

private:
    struct AppendItem {
        Append append;
        base::Hash hash;
        std::uint32_t checksum_begun = 0;
        std::size_t bytes = 0;
        bool refused = false;  // the queue was full; waits here for its answer's turn
    };
    struct SnapshotItem {
        std::string stream;
        StoredSnapshot snapshot;
        std::size_t bytes = 0;
    };
    struct ForgetItem {
        std::string stream;
    };
    using Item = std::variant<AppendItem, SnapshotItem, ForgetItem>;
    struct NameHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const noexcept {
            return std::hash<std::string_view>{}(name);
        }
    };
    using Sequences = std::unordered_map<std::string, std::uint64_t, NameHash, std::equal_to<>>;

    /// Takes `lock` held and gives it back released.
    void enqueue(std::unique_lock<std::mutex>& lock, Item item, std::size_t bytes);
    // All below: writer thread.
    void run();
    [[nodiscard]] bool take(std::vector<Item>& items);
    void gather(std::unique_lock<std::mutex>& lock);
    void commit(std::vector<Item>& items);
    [[nodiscard]] Fault fault_before(std::size_t bytes);
    void build(std::vector<Item>& items);
    void add(AppendItem& item, Appended& answer);
    void add(const SnapshotItem& item);
    void add_notes();
    [[nodiscard]] Fault write();
    void settle(std::vector<Item>& items, Fault fault);
    void sync_if_due();
    [[nodiscard]] Result<std::uint64_t*, Fault> last_sequence(const std::string& stream);
    void die(Fault fault, const std::string& sentence);
    void notice_space(bool full);

    std::shared_ptr<Database> database_;
    std::shared_ptr<DiskSpace> space_;
    const StoreOptions options_;
    const WriterStart start_;
    Fence fence_;

    std::mutex mutex_;
    std::condition_variable wakeup_;
    std::vector<Item> queue_;      // under mutex_; full: append is refused with overloaded
    std::size_t queue_bytes_ = 0;  // under mutex_
    std::size_t held_bytes_ = 0;   // under mutex_: queued or in the batch at work
    std::size_t notify_at_ = 1;    // under mutex_: the queue length that the writer waits for
    bool closing_ = false;         // under mutex_
    std::atomic<Position> wanted_released_;  // written by mark_released, read by the writer

    // Writer thread.
    rocksdb::WriteBatch batch_;
    std::vector<Appended> answers_;
    Sequences sequences_;  // last sequence of the streams in use
    Position next_ = 1;    // of the next record, while a batch is built
    bool batch_wants_sync_ = false;
    std::size_t batch_records_ = 0;
    std::size_t last_count_ = 0;  // records of the last batch, and how long its write took
    std::int64_t last_write_us_ = 0;
    Position synced_ = 0;        // the disk has everything up to here
    Position synced_noted_ = 0;  // what `meta` says of it
    Position released_noted_ = 0;
    std::int64_t unsynced_since_us_ = 0;  // 0: all is synced
    Fault cause_of_death_ = Fault::none;
    std::string scratch_;
    bool resume_needed_ = false;  // RocksDB stopped for want of space

    std::atomic<Position> last_;      // written by the writer thread, read by any
    std::atomic<Position> released_;  // as noted in memory; the disk follows
    std::atomic<bool> full_{false};
    std::atomic<bool> dead_{false};
    std::thread thread_;
};

}  // namespace journal
