// The simulated disk under a world's journal: takes its time, fills up, fails, and keeps of what
// was not synced only what chance lets it. Transitions are the production format's bytes.
//
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
    double full_from_s = 0, full_to_s = 0;  // no space
    double slow = 0;                        // per sync: takes a hundred times as long
};

struct DiskOptions {
    bool keep = true;      // false: hashed and forgotten
    bool at_once = false;  // every append completes inside append()'s run, without a wait
    Spread sync_s{.shape = Spread::Shape::constant, .mean = 0.0002};
    DiskFaults faults;
    std::uint64_t seed = 1;
    /// Sees each transition as it becomes durable, in order.
    std::function<void(const journal::Record&)> on_durable;
};

class Disk : public journal::Log {
public:
    /// When the next append completes; zero: none waits.
    [[nodiscard]] virtual Instant next_completion() const = 0;
    /// Completes what is due at `now`.
    virtual void run_until(Instant now) = 0;
    /// The process dies: what is not synced is lost, torn or kept by chance, and the log is opened
    /// again as a start would, with the next epoch.
    virtual void crash() = 0;
    virtual void heal() = 0;  // no more faults
    /// BLAKE2b over every durable transition in order.
    [[nodiscard]] virtual base::Hash journal_hash() const = 0;
    [[nodiscard]] virtual std::uint64_t bytes() const = 0;
};

[[nodiscard]] std::unique_ptr<Disk> make_disk(DiskOptions options);

}  // namespace sim
