// The simulated disk under a world's journal: takes its time, fills up, fails, and keeps of what
// was not synced only what chance lets it. Transitions are the production format's bytes.
//
//     append --> batch --sync--> durable: hashed, shown, and kept or forgotten
//                  \__ crash: what chance left of it, cut at the first damaged record
//
// One writer, as in production: what is appended while it syncs waits, and shares the next sync.
// Thread: one. Memory: the journal, or only each stream's newest transitions when it forgets.
// Time: virtual: an append completes when the world's clock has come to its sync.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/hash.hpp"
#include "journal/log.hpp"
#include "sim/models/chance.hpp"

namespace sim {

struct DiskFaults {
    double sync_fails = 0;  // per sync: Fault::io, the process must stop; outcome unknown
    double torn_tail = 0;   // per crash: the last unsynced record is cut in the middle
    double reordered = 0;   // per crash: a later unsynced record is kept, an earlier one not
    double lost = 0.5;      // per unsynced record at a crash
    double full_from_s = 0, full_to_s = 0;  // no space; since `begins`
    double slow = 0;                        // per sync: takes a hundred times as long
};

struct DiskOptions {
    bool keep = true;      // false: hashed and forgotten
    bool at_once = false;  // every append completes inside append()'s run, without a wait
    Spread sync_s{.shape = Spread::Shape::constant, .mean = 0.0002};
    DiskFaults faults;
    std::uint64_t seed = 1;
    Instant begins{1'700'000'000'000'000};
    /// Sees each transition as it becomes durable, in order: safe from a crash, so relaxed ones
    /// later than they are answered.
    std::function<void(const journal::Record&)> on_durable;
    /// Of a disk that does not keep: streams that nobody will ask for again once their actor has
    /// left memory, "call_leg/..." say. Absent: none, and every stream costs a kilobyte for ever.
    std::function<bool(std::string_view stream)> over_when_forgotten;
};

class Disk : public journal::Log {
public:
    /// When the next append completes; zero: none waits.
    [[nodiscard]] virtual Instant next_completion() const = 0;
    /// Completes what is due at `now`. Appends are as of the newest `now`, so this comes before the
    /// house runs at that instant.
    virtual void run_until(Instant now) = 0;
    /// The process dies: what is not synced is lost, torn or kept by chance, and the log is opened
    /// again as a start would, with the next epoch. The house must have been abandoned and ended
    /// before: no completion of its appends is called any more.
    virtual void crash() = 0;
    virtual void heal() = 0;  // no more faults
    /// BLAKE2b over the hashes (journal::hash_of) of every durable transition in order.
    [[nodiscard]] virtual base::Hash journal_hash() const = 0;
    /// Of all durable transitions.
    [[nodiscard]] virtual std::uint64_t bytes() const = 0;
};

[[nodiscard]] std::unique_ptr<Disk> make_disk(DiskOptions options);

}  // namespace sim
