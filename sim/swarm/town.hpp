// A small, dense world for finding bugs: few people who do much, over a disk that fails, in virtual
// time. Everything follows from its case.
//
//     Timetable --> People, Telephones, Stranger --commands--> Process (the house of actors)
//     Process --effects--> Telephones      Disk --durable transitions--> Watch
//
// Thread: one. Memory: the journal, and what the watch keeps. Time: virtual, from town_begins on;
// the clock on the wall may jump, the others do not.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "sim/models/chance.hpp"
#include "sim/swarm/case.hpp"
#include "sim/swarm/process.hpp"
#include "sim/swarm/watch.hpp"
#include "sim/world/disk.hpp"

namespace sim::swarm {

inline constexpr Instant town_begins{1'700'000'000'000'000};

[[nodiscard]] inline Duration span_of(double seconds) {
    return {static_cast<std::int64_t>(seconds * 1e6)};
}

class Telephones;
class People;
class Stranger;
class Followers;

class Town final : public actors::Outside {
public:
    explicit Town(const Case& the_case);
    ~Town() override;
    Town(const Town&) = delete;
    Town& operator=(const Town&) = delete;

    /// Lives until so many seconds after it began, or until something is wrong.
    void run_until(double seconds);
    /// No more faults and no more wishes; who is in a call hangs up soon.
    void heal();
    /// Nothing is under way: no telephone, no unanswered wish, nothing for the disk.
    [[nodiscard]] bool settled() const;
    /// What is still open, for a sentence.
    [[nodiscard]] std::string what_is_open() const;

    [[nodiscard]] const Case& drawn() const { return case_; }
    [[nodiscard]] Watch& watch() { return watch_; }
    [[nodiscard]] Disk& disk() { return *disk_; }
    [[nodiscard]] actors::House& house() { return process_->house(); }
    [[nodiscard]] Telephones& telephones() { return *telephones_; }
    [[nodiscard]] double seconds() const;
    [[nodiscard]] bool healed() const { return healed_; }
    [[nodiscard]] std::uint64_t crashes() const { return crashes_; }
    [[nodiscard]] std::uint64_t wishes() const { return sent_; }
    /// Lets actors and disk do all they can at this instant.
    void settle_instant();

    // ---- for those who live in it

    /// `what` happens then; only in this run of the server, or in any.
    void later(double seconds, std::function<void()> what);
    void later_in_this_run(double seconds, std::function<void()> what);
    [[nodiscard]] std::uint64_t run() const { return crashes_ + 1; }
    [[nodiscard]] Instant wall() const { return process_->house().now(); }
    /// A wish with an id of its own.
    void send(const StreamId& to, const std::string& by, schema::CommandUnion command,
              actors::Reply reply = {});
    void send(actors::Envelope envelope, schema::CommandUnion command, actors::Reply reply);
    [[nodiscard]] bool partitioned() const;
    void perform(const actors::Effect& effect, const actors::EffectKey& key) override;

private:
    void begin_process();
    void plan_faults();
    void crash();
    [[nodiscard]] bool turn(Instant end);
    [[nodiscard]] Instant next() const;
    void pass_to(Instant at);

    const Case case_;
    Watch watch_;
    Instant now_ = town_begins;  // virtual
    Duration jumped_{};          // of the clock on the wall
    Duration lead_{};            // as much of that as the house sees
    std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> timetable_;
    std::uint64_t planned_ = 0, sent_ = 0, crashes_ = 0;
    bool healed_ = false;
    Chance chance_;
    std::unique_ptr<Disk> disk_;
    std::unique_ptr<Process> process_;
    std::unique_ptr<Telephones> telephones_;
    std::unique_ptr<People> people_;
    std::unique_ptr<Stranger> stranger_;
    std::unique_ptr<Followers> followers_;
};

}  // namespace sim::swarm
