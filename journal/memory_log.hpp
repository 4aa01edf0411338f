// A journal in memory: for tests, and for the simulator, which decides when a disk is done and what
// a power cut takes.
//
// Thread: as log.hpp says; completions run on the thread that completes. Memory: everything ever
// appended. Time: only what its owner makes of it; never a clock.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "journal/log.hpp"

namespace journal {

struct MemoryLogOptions {
    bool complete_at_once = true;  // else the owner calls complete_one() or complete_all()
    std::uint64_t epoch = 1;
};

class MemoryLog final : public Log {
public:
    explicit MemoryLog(MemoryLogOptions options = {}) : options_(options) {}

    /// Carries out the oldest waiting append and calls its `done`. False if none waits.
    bool complete_one();
    void complete_all();
    [[nodiscard]] std::size_t waiting_count() const;

    /// The `nth` append that is carried out from now on (1: the next) fails. After `io` every later
    /// one fails so, too: the process is to stop.
    void fail_append(std::uint64_t nth, Fault fault);
    /// Every append fails so until this is called with Fault::none: a disk that stays full.
    void fail_all(Fault fault);

    /// Makes relaxed transitions safe from crash(), as the next sync append would.
    void sync();

    /// What the next process finds: all synced transitions, and the first `unsynced_kept` of those
    /// that were written without sync or were still waiting, in order, as a disk may have got that
    /// far. Its epoch is one higher; this log is fenced and calls no waiting completion any more.
    [[nodiscard]] std::unique_ptr<MemoryLog> crash(std::size_t unsynced_kept = 0);
    /// How many transitions `unsynced_kept` can choose from.
    [[nodiscard]] std::size_t unsynced_count() const;

    void append(Append append) override;
    [[nodiscard]] Result<std::vector<Record>, Fault> read_stream(
        std::string_view stream, std::uint64_t sequence, std::size_t count_max) const override;
    [[nodiscard]] Result<std::vector<Record>, Fault> read_all(Position position,
                                                              std::size_t count_max) const override;
    [[nodiscard]] Result<Head, Fault> head(std::string_view stream) const override;
    [[nodiscard]] Result<std::vector<std::string>, Fault> list_streams(
        std::string_view prefix, std::string_view after, std::size_t count_max) const override;
    void put_snapshot(std::string_view stream, StoredSnapshot snapshot) override;
    [[nodiscard]] std::optional<StoredSnapshot> snapshot(std::string_view stream) const override;
    [[nodiscard]] std::vector<AgendaEntry> agenda() const override;
    void mark_released(Position position) override;
    [[nodiscard]] Position released() const override;
    [[nodiscard]] Position last_position() const override;
    [[nodiscard]] std::uint64_t epoch() const override;
    void forget(std::string_view stream) override;

private:
    struct Entry {
        std::string stream;
        std::string payload;
        std::optional<Agenda> agenda;
    };
    struct Stream {
        std::vector<Position> positions;  // of sequence 1, 2, 3, ...
        std::optional<StoredSnapshot> snapshot;
    };

    [[nodiscard]] Fault judge(const Append& append);
    void keep(Append& append);
    [[nodiscard]] const Stream* find(std::string_view stream) const;

    MemoryLogOptions options_;
    mutable std::mutex mutex_;
    std::deque<Append> waiting_;
    bool completing_ = false;  // one thread at a time calls completions, so that they stay in order
    std::vector<Entry> entries_;  // index: position - 1
    std::size_t synced_count_ = 0;
    std::map<std::string, Stream, std::less<>> streams_;
    std::map<std::string, Agenda, std::less<>> agenda_;
    std::map<std::uint64_t, Fault> faults_;  // by number of the append
    Fault fault_of_all_ = Fault::none;
    std::uint64_t carried_out_ = 0;
    Position released_ = 0;
};

}  // namespace journal
