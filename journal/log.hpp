// The journal as its writers see it: append, recover, read. Small on purpose: a replicated log of
// an existing engine is to stand behind it one day. store.hpp keeps it in RocksDB, memory_log.hpp
// in memory.
//
// Thread: every function may be called from any thread. Completions arrive on the log's own thread,
// in append order. Memory: an append holds its bytes until its completion has been called.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace journal {

using Position = std::uint64_t;  // global order of transitions: 1, 2, 3, ...

enum class Durability : std::uint8_t {
    sync,     // completes when the disk has it
    relaxed,  // completes when written; rides along with the next sync; a power cut may take the
              // last second
};

enum class Fault : std::uint8_t {
    none,
    disk_full,  // nothing was written; try again when space returns
    io,         // the outcome is unknown: the process must stop and read again
    wrong_expected_sequence,
    fenced,  // a newer writer has opened this journal
    corrupt,
    closed,
    overloaded,  // the log's queue is full; nothing was written; back off and try again
};
[[nodiscard]] std::string_view name_of(Fault fault) noexcept;

/// What a restart must know of a stream without loading it. Absent both: nothing.
struct Agenda {
    Instant wake_at{};        // zero: no deadline
    bool on_restart = false;  // wants the Restarted command: it had telephone legs
    bool operator==(const Agenda&) const = default;
    [[nodiscard]] bool empty() const { return wake_at == Instant{} && !on_restart; }
};

struct Appended {
    Fault fault = Fault::none;
    Position position = 0;
};

/// One transition, already encoded by its entity's actor (codec.hpp).
struct Append {
    std::string stream;              // "conference/471100"
    std::uint64_t sequence = 0;      // must be the stream's last + 1
    std::string payload;             // a finished FlatBuffer Transition
    std::optional<base::Hash> hash;  // of the payload, where its maker knows it already
    Durability durability = Durability::sync;
    std::optional<Agenda> agenda;               // set when it differs from the stream's last one
    std::function<void(const Appended&)> done;  // called once; must not block
};

struct Record {
    Position position = 0;
    std::string payload;
};

/// Last sequence of a stream and the hash of that transition; zero for a stream without any.
struct Head {
    std::uint64_t sequence = 0;
    base::Hash hash{};
};

struct StoredSnapshot {
    std::uint64_t sequence = 0;
    std::string payload;  // a finished FlatBuffer Snapshot
};

struct AgendaEntry {
    std::string stream;
    Agenda agenda;
};

class Log {
public:
    virtual ~Log() = default;

    /// Hands one transition over. Never blocks on the disk. Appends of one stream must come in
    /// order. After a fault of one append, later appends of that stream fail with
    /// wrong_expected_sequence unless they repeat the sequence that failed.
    virtual void append(Append append) = 0;

    /// Up to `count_max` transitions of `stream` from `sequence` on, oldest first. Durable ones
    /// only.
    [[nodiscard]] virtual Result<std::vector<Record>, Fault> read_stream(
        std::string_view stream, std::uint64_t sequence, std::size_t count_max) const = 0;

    /// Up to `count_max` transitions of all streams from `position` on. For many, walk().
    [[nodiscard]] virtual Result<std::vector<Record>, Fault> read_all(
        Position position, std::size_t count_max) const = 0;

    /// Hands over transitions of all streams from `position` on, oldest first, until `take` says
    /// false or there are no more. A payload lives until `take` returns. A fault is one of the
    /// record behind those that were taken.
    using Take = std::function<bool(Position, std::string_view payload)>;
    [[nodiscard]] virtual Done<Fault> walk(Position position, const Take& take) const;

    [[nodiscard]] virtual Result<Head, Fault> head(std::string_view stream) const = 0;

    /// Names of the streams "kind/..." after `after` in byte order, at most `count_max`; from the
    /// index, not by reading the log.
    [[nodiscard]] virtual Result<std::vector<std::string>, Fault> list_streams(
        std::string_view prefix, std::string_view after, std::size_t count_max) const = 0;

    virtual void put_snapshot(std::string_view stream, StoredSnapshot snapshot) = 0;
    [[nodiscard]] virtual std::optional<StoredSnapshot> snapshot(std::string_view stream) const = 0;

    [[nodiscard]] virtual std::vector<AgendaEntry> agenda() const = 0;

    /// Positions up to here have had their effects released; a start releases later ones again.
    /// Stored lazily: an old value costs repeated effects, which their receivers recognise.
    virtual void mark_released(Position position) = 0;
    [[nodiscard]] virtual Position released() const = 0;
    [[nodiscard]] virtual Position last_position() const = 0;

    /// Which run of the server this is: 1 for the first.
    [[nodiscard]] virtual std::uint64_t epoch() const = 0;

    /// Called on passivation: the log may drop what it cached for `stream`.
    virtual void forget(std::string_view stream) = 0;
};

/// When the newest transition was decided; zero: there is none that can be read.
[[nodiscard]] Instant last_time(const Log& log);

}  // namespace journal
