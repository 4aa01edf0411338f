// The house's bookkeeping: who is in memory, who is to be woken when, what is in flight, whose
// effects are out. It decides nothing and runs nothing: house_schedule.hpp has the mailboxes.
//
// Thread: as each function says. Memory: the residents, and a note for each deadline.
#pragma once

#include <atomic>
#include <memory>

#include "actors/deadlines.hpp"
#include "actors/directory.hpp"
#include "actors/house_schedule.hpp"
#include "actors/release_ledger.hpp"

namespace actors {

class HouseCore final : public Surroundings, public Router {
public:
    HouseCore(journal::Log& log, Outside& outside, HouseOptions options, Schedule& schedule);

    // ---- the house's face: any thread

    void start();
    void stop();
    /// The process has died: everybody goes without a word.
    void end_silently();
    void send(Deliver deliver);
    /// The same, again and again until there is room.
    void insist(Deliver deliver);
    [[nodiscard]] HouseStatistics statistics() const;

    // ---- Surroundings: from entities and the journal's thread

    journal::Log& log() override { return log_; }
    Outside& outside() override { return outside_; }
    void deliver(Deliver deliver) override { send(std::move(deliver)); }
    void later(std::function<void()> errand) override;
    void note(const StreamId& stream, const Note& note) override { schedule_.note(stream, note); }
    void opened(journal::Position position) override { ledger_.open(position); }
    void released(journal::Position position) override { ledger_.close(position); }
    void failed(journal::Fault fault) override;
    void count(std::uint64_t HouseStatistics::*what) override;

    // ---- in the directory

    Mailbox& resident(const StreamId& stream) override;
    void noted(const StreamId& stream, const Note& note) override;

private:
    using Residents = Directory<std::shared_ptr<Mailbox>>;

    void arm();
    void wake_due(Instant due);
    void keep_house();
    void ask_to_sleep(std::list<Residents::Resident>& idlest_first, Duration idle_after,
                      std::size_t crowd);
    void wake_at(const StreamId& stream, Instant at);
    void wake_soon(const StreamId& stream);
    void let_go(const StreamId& stream, std::uint64_t handled);
    void release_again();
    void give_numbers_back();
    void say_goodbye(bool at_once);
    [[nodiscard]] Instant now() const { return schedule_.now(); }

    HouseOptions options_;
    journal::Log& log_;
    Outside& outside_;
    Schedule& schedule_;
    ReleaseLedger ledger_;

    // only in the directory
    Residents residents_;
    Deadlines deadlines_;
    Instant armed_for_{};

    std::atomic<bool> stopping_{false};
    std::atomic<bool> fatal_{false};
    std::atomic<std::uint64_t> in_flight_{0};
    std::atomic<std::uint64_t> commands_{0}, refusals_{0}, transitions_{0}, repeated_{0},
        effects_{0}, subscriptions_{0};
    std::atomic<std::uint64_t> resident_count_{0}, passivations_{0};
};

}  // namespace actors
