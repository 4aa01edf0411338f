// One seed, one world: the production house of actors over a simulated disk, and around it the
// simulated telephone network, people and IM clients of a scenario, in virtual time.
//
//     Timetable --next event--> Callers, Meetings, Chats, Trunk ... --commands--> House
//     House --effects--> Telephony (an actors::Outside) --answers, keys, hang-ups--> Timetable
//
// Thread: one. Memory: what is under way, and the journal when it is kept. Time: starts at
// world_begins and moves by run_until. Same scenario and options, same journal, byte for byte.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/house.hpp"
#include "base/hash.hpp"
#include "sim/results/recorder.hpp"
#include "sim/results/run.hpp"
#include "sim/scenario/scenario.hpp"
#include "sim/sound/hearing.hpp"
#include "sim/world/disk.hpp"

namespace sim {

inline constexpr Instant world_begins{1'700'000'000'000'000};

/// Sees what passes between the house and its world, live. For checkers.
class Witness {
public:
    virtual ~Witness() = default;
    virtual void sent(const actors::Envelope&, const schema::CommandUnion&) {}
    virtual void answered(const actors::Envelope&, const actors::Answer&) {}
    virtual void performed(const actors::Effect&, CommandId) {}
    virtual void restarted(std::uint64_t /*epoch*/) {}
};

struct WorldOptions {
    std::uint64_t seed = 1;
    bool shuffled = false;     // the next actor by chance; else the scheduler's own order
    bool keep_journal = true;  // false: transitions are hashed, checked and forgotten
    DiskOptions disk;          // how it fails; see disk.hpp
    Recorder* recorder = nullptr;
    Witness* witness = nullptr;
    /// With sound: decode what every telephone is sent, and hold who is heard against the plans.
    /// Changes nothing else.
    bool listen = false;
};

class World {
public:
    World(const Scenario& scenario, WorldOptions options);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Lets everything happen up to `seconds` after the world began. `keep_on` is asked now and
    /// then, with the seconds that have passed; false stops early.
    void run_until(double seconds, const std::function<bool(double)>& keep_on = {});

    /// The process dies at this point, between two posts; the telephone network notices, the next
    /// process starts at once on what the disk has kept.
    void crash();
    /// No more faults, no more arrivals; people hang up as they would have.
    void heal();
    /// Nothing is under way any more: no leg lives, no command waits.
    [[nodiscard]] bool settled() const;

    [[nodiscard]] Disk& disk();
    [[nodiscard]] actors::House& house();
    [[nodiscard]] Instant now() const;
    [[nodiscard]] WorldCounts counts() const;
    /// Of the journal (every byte that became durable, in order) and of all states.
    [[nodiscard]] base::Hash state_hash();
    /// What listening found.
    [[nodiscard]] const HearingCheck& hearing() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace sim
