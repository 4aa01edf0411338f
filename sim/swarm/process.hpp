// One run of the server in a town: the house of actors over the town's disk, and the moment at
// which it dies. A process dies between two errands: from then on the disk hears nothing of it,
// nobody gets a reply, no effect is performed, whatever its actors still believe.
//
// Thread: one. Memory: the house's. Time: the town's.
#pragma once

#include <functional>
#include <memory>

#include "actors/house.hpp"
#include "sim/world/disk.hpp"

namespace sim::swarm {

/// Whether the process lives. Every errand asks.
class Life {
public:
    [[nodiscard]] bool lives() const { return lives_; }
    /// True when the process still comes to do it.
    [[nodiscard]] bool errand() {
        if (lives_ && left_ > 0 && --left_ == 0) lives_ = false;
        return lives_;
    }
    /// It dies in so many errands from now on.
    void die_after(std::uint32_t errands) {
        if (errands == 0) lives_ = false;
        left_ = errands;
    }

private:
    bool lives_ = true;
    std::uint32_t left_ = 0;  // 0: as many as it likes
};

/// What the log promised of one append: seen by the town's watch.
using OnStored = std::function<void(const std::string& stream, std::uint64_t sequence)>;

/// The town's disk as one process sees it.
class ProcessLog final : public journal::Log {
public:
    ProcessLog(journal::Log& disk, std::shared_ptr<Life> life, OnStored on_stored)
        : disk_(disk), life_(std::move(life)), on_stored_(std::move(on_stored)) {}

    void append(journal::Append append) override;
    Result<std::vector<journal::Record>, journal::Fault> read_stream(
        std::string_view stream, std::uint64_t sequence, std::size_t count_max) const override {
        return disk_.read_stream(stream, sequence, count_max);
    }
    Result<std::vector<journal::Record>, journal::Fault> read_all(
        journal::Position position, std::size_t count_max) const override {
        return disk_.read_all(position, count_max);
    }
    Result<journal::Head, journal::Fault> head(std::string_view stream) const override {
        return disk_.head(stream);
    }
    Result<std::vector<std::string>, journal::Fault> list_streams(
        std::string_view prefix, std::string_view after, std::size_t count_max) const override {
        return disk_.list_streams(prefix, after, count_max);
    }
    void put_snapshot(std::string_view stream, journal::StoredSnapshot snapshot) override {
        if (life_->errand()) disk_.put_snapshot(stream, std::move(snapshot));
    }
    std::optional<journal::StoredSnapshot> snapshot(std::string_view stream) const override {
        return disk_.snapshot(stream);
    }
    std::vector<journal::AgendaEntry> agenda() const override { return disk_.agenda(); }
    void mark_released(journal::Position position) override {
        if (life_->errand()) disk_.mark_released(position);
    }
    journal::Position released() const override { return disk_.released(); }
    journal::Position last_position() const override { return disk_.last_position(); }
    std::uint64_t epoch() const override { return disk_.epoch(); }
    void forget(std::string_view stream) override {
        if (life_->lives()) disk_.forget(stream);
    }

private:
    journal::Log& disk_;
    std::shared_ptr<Life> life_;
    OnStored on_stored_;
};

/// Effects go out while the process lives.
class ProcessOutlet final : public actors::Outside {
public:
    ProcessOutlet(actors::Outside& outside, std::shared_ptr<Life> life)
        : outside_(outside), life_(std::move(life)) {}
    void perform(const actors::Effect& effect, const actors::EffectKey& key) override {
        if (life_->errand()) outside_.perform(effect, key);
    }

private:
    actors::Outside& outside_;
    std::shared_ptr<Life> life_;
};

class Process {
public:
    struct Options {
        std::function<Instant()> wall;  // + the house's own time since it began
        Duration idle_after = minutes(5);
        OnStored on_stored;
    };
    Process(Disk& disk, actors::Outside& outside, const Options& options);
    /// Dead or not: nothing of it reaches the disk or the town any more.
    ~Process();

    [[nodiscard]] bool lives() const { return life_->lives(); }
    void die_after(std::uint32_t errands) { life_->die_after(errands); }
    [[nodiscard]] actors::House& house() { return *house_; }
    /// The reply comes while the process lives, or never.
    void send(actors::Envelope envelope, schema::CommandUnion command, actors::Reply reply);

private:
    std::shared_ptr<Life> life_ = std::make_shared<Life>();
    std::unique_ptr<ProcessLog> log_;
    std::unique_ptr<ProcessOutlet> outlet_;
    std::unique_ptr<actors::House> house_;
};

}  // namespace sim::swarm
