// The journal on disk: one directory, RocksDB below, one writer thread that commits in groups.
//
//     append() --queue--> writer thread: one batch, one sync --> done(), in append order
//
// A batch takes what is queued; while the disk syncs one batch the next one gathers, so that the
// more there is to do, the more share a sync. Each batch is atomic.
//
// Thread: any; `done` runs on the writer thread. Memory: queue_bytes_max of waiting appends,
// RocksDB's caches (some 160 MB at most), a few dozen bytes per active stream. Time: RocksDB's
// threads and clock.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "journal/log.hpp"
#include "journal/reader.hpp"

namespace rocksdb {
class FileSystem;
}

namespace journal {

class Writer;
struct AudioKey;

struct StoreOptions {
    bool create_if_missing = true;
    std::size_t batch_count_max = 4096;        // what one sync carries at most
    std::size_t batch_bytes_max = 4u << 20;    // measured: larger batches gain nothing
    std::size_t queue_bytes_max = 64u << 20;   // full: refuse with overloaded; nothing is dropped
    std::uint64_t free_bytes_min = 64u << 20;  // below: disk_full; never more than 1/8 of the disk
    std::uint64_t reserve_bytes = 8u << 20;    // a file given up when a write finds the disk full
    Duration relaxed_sync_after = milliseconds(500);
    std::size_t tail_records = 1000;  // verified by open()
    /// The journal can take nothing any more: say why and end the process. Once, on the writer
    /// thread.
    std::function<void(Fault, const std::string& sentence)> on_fatal;
    /// Worth a line in the log: the disk is full, space returned, a torn tail was cut, RocksDB met
    /// an error. On any thread, must not block.
    std::function<void(const std::string& sentence)> on_notice;
    /// For tests that make a disk fail; the machine's own when empty.
    std::shared_ptr<rocksdb::FileSystem> file_system;
};

class Store final : public Log {
public:
    /// Opens or makes the journal in directory `path`, verifies its tail, cuts a torn one, raises
    /// the epoch. What is damaged stays as it is: an error says where, what is readable, and what
    /// to do.
    [[nodiscard]] static Result<std::unique_ptr<Store>, OpenError> open(const std::string& path,
                                                                        StoreOptions options = {});

    /// Writes what is queued, then closes. Appends that come later are answered with `closed`.
    ~Store() override;
    void close();

    void append(Append append) override;
    [[nodiscard]] Result<std::vector<Record>, Fault> read_stream(
        std::string_view stream, std::uint64_t sequence, std::size_t count_max) const override;
    [[nodiscard]] Result<std::vector<Record>, Fault> read_all(Position position,
                                                              std::size_t count_max) const override;
    [[nodiscard]] Result<Head, Fault> head(std::string_view stream) const override;
    [[nodiscard]] Result<std::vector<std::string>, Fault> list_streams(
        std::string_view prefix, std::string_view after, std::size_t count_max) const override;
    /// Written after the appends that were handed over before; dropped when those failed.
    void put_snapshot(std::string_view stream, StoredSnapshot snapshot) override;
    [[nodiscard]] std::optional<StoredSnapshot> snapshot(std::string_view stream) const override;
    [[nodiscard]] std::vector<AgendaEntry> agenda() const override;
    void mark_released(Position position) override;
    [[nodiscard]] Position released() const override;
    [[nodiscard]] Position last_position() const override;
    [[nodiscard]] std::uint64_t epoch() const override;
    void forget(std::string_view stream) override;

    /// Captured sound, past the write-ahead log and without a sync; waits for the disk at most as
    /// long as that takes to write audio_buffer_bytes. Refuses: disk_full, io, closed, overloaded
    /// (more than audio_chunk_bytes_max).
    Done<Fault> put_audio(const AudioKey& key, std::string_view records);

    /// The disk is too full to write right now.
    [[nodiscard]] bool disk_is_full() const;
    /// For check and stat while the store is open.
    [[nodiscard]] const Reader& reader() const { return *reader_; }

private:
    Store(std::shared_ptr<Database> database, std::unique_ptr<Writer> writer);

    void flush_audio(std::uint64_t tick);

    std::shared_ptr<Database> database_;
    std::atomic<std::uint64_t> audio_flushed_tick_{0};  // by any thread; orders nothing
    std::unique_ptr<Reader> reader_;
    std::unique_ptr<Writer> writer_;
    std::atomic<bool> closed_{false};  // set by close()
};

}  // namespace journal
