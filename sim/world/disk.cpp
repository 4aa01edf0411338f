// How long the simulated disk takes, and how it fails. What it holds is disk_shelf.hpp's.
#include "sim/world/disk.hpp"

#include <algorithm>
#include <deque>
#include <vector>

#include "base/assert.hpp"
#include "base/hasher.hpp"
#include "sim/world/disk_image.hpp"
#include "sim/world/disk_shelf.hpp"

namespace sim {
namespace {

using journal::Append;
using journal::Appended;
using journal::Durability;
using journal::Fault;
using journal::Position;

constexpr Duration relaxed_sync_after = milliseconds(500);  // as journal/store.hpp has it
constexpr std::int64_t slow_factor = 100;

/// What goes to the disk in one write and, if one of it wants that, one sync.
struct Batch {
    Instant begun{};
    Instant due{};
    bool syncs = false;
    bool refused = false;  // the disk was full when it began
    std::vector<Append> appends;
};

class SimulatedDisk final : public Disk {
public:
    explicit SimulatedDisk(DiskOptions options)
        : options_(std::move(options)),
          shelf_(options_.keep, options_.over_when_forgotten),
          sync_times_(options_.seed, "disk/sync"),
          failures_(options_.seed, "disk/failures"),
          crashes_(options_.seed, "disk/crashes"),
          now_(options_.begins) {}

    // ---- writing

    void append(Append append) override {
        if (dead_) return answer(append, {Fault::io, 0});
        if (options_.at_once) return append_at_once(std::move(append));
        if (flight_.appends.empty()) begin(now_);
        if (flight_.begun == now_) return join(std::move(append));
        waiting_.push_back(std::move(append));
    }

    Instant next_completion() const override {
        return flight_.appends.empty() ? Instant{} : flight_.due;
    }

    void run_until(Instant now) override {
        while (!flight_.appends.empty() && !dead_ && flight_.due <= now) {
            now_ = std::max(now_, flight_.due);
            complete();
        }
        now_ = std::max(now_, now);
        sync_relaxed();
    }

    void heal() override { options_.faults = {}; }

    // ---- dying

    void crash() override {
        sync_relaxed();
        std::vector<std::string> records;
        for (const Position last : written_) records.push_back(written_bytes(last));
        if (!flight_.appends.empty()) records.push_back(bytes_of(flight_));
        const std::size_t whole = records_after_crash(records, options_.faults, crashes_);
        const Position kept = whole >= written_.size() ? shelf_.last()
                              : whole == 0             ? synced_
                                                       : written_[whole - 1];
        while (shelf_.last() > kept) shelf_.take_back();
        if (whole > written_.size()) {
            for (Append& append : flight_.appends) static_cast<void>(shelf_.put(append));
        }
        shelf_.drop_snapshots_ahead();
        flight_ = {};
        waiting_.clear();
        dead_ = false;
        released_ = std::min(noted_, shelf_.last());
        synced();
        ++epoch_;
    }

    // ---- what it knows

    base::Hash journal_hash() const override { return hasher_.hash(); }
    std::uint64_t bytes() const override { return bytes_; }

    Result<std::vector<journal::Record>, Fault> read_stream(std::string_view stream,
                                                            std::uint64_t sequence,
                                                            std::size_t count_max) const override {
        return shelf_.read_stream(stream, sequence, count_max);
    }
    Result<std::vector<journal::Record>, Fault> read_all(Position position,
                                                         std::size_t count_max) const override {
        return shelf_.read_all(position, count_max);
    }
    Result<journal::Head, Fault> head(std::string_view stream) const override {
        return shelf_.head(stream);
    }
    Result<std::vector<std::string>, Fault> list_streams(std::string_view prefix,
                                                         std::string_view after,
                                                         std::size_t count_max) const override {
        return shelf_.list_streams(prefix, after, count_max);
    }
    void put_snapshot(std::string_view stream, journal::StoredSnapshot snapshot) override {
        shelf_.put_snapshot(stream, std::move(snapshot));
    }
    std::optional<journal::StoredSnapshot> snapshot(std::string_view stream) const override {
        return shelf_.snapshot(stream);
    }
    std::vector<journal::AgendaEntry> agenda() const override { return shelf_.agenda(); }
    void mark_released(Position position) override {
        released_ = std::max(released_, std::min(position, shelf_.last()));
        // Else the next sync takes the note along; production, too, writes it when it has time.
        if (flight_.appends.empty() && written_.empty()) synced();
    }
    Position released() const override { return released_; }
    Position last_position() const override { return shelf_.last(); }
    std::uint64_t epoch() const override { return epoch_; }
    void forget(std::string_view stream) override { shelf_.asleep(stream); }

private:
    static void answer(Append& append, const Appended& result) {
        if (append.done) append.done(result);
    }

    [[nodiscard]] bool is_full() const {
        const double s = static_cast<double>((now_ - options_.begins).us) / 1e6;
        return s >= options_.faults.full_from_s && s < options_.faults.full_to_s;
    }

    [[nodiscard]] bool sync_fails() {
        return options_.faults.sync_fails > 0 && failures_.with(options_.faults.sync_fails);
    }

    void append_at_once(Append append) {
        if (is_full()) return answer(append, {Fault::disk_full, 0});
        if (sync_fails()) {
            dead_ = true;
            return answer(append, {Fault::io, 0});
        }
        const Position position = shelf_.put(append);
        if (position == 0) return answer(append, {Fault::wrong_expected_sequence, 0});
        synced();
        answer(append, {Fault::none, position});
    }

    void begin(Instant at) {
        flight_.begun = at;
        flight_.due = at;
        flight_.syncs = false;
        flight_.refused = is_full();
    }

    void join(Append append) {
        take_time_for(append);
        flight_.appends.push_back(std::move(append));
    }

    void take_time_for(const Append& append) {
        if (append.durability == Durability::sync && !flight_.syncs && !flight_.refused) {
            flight_.syncs = true;
            flight_.due = flight_.begun + sync_time();
        }
    }

    [[nodiscard]] Duration sync_time() {
        const double s = std::max(0.0, sync_times_.draw(options_.sync_s));
        auto us = static_cast<std::int64_t>(s * 1e6);
        if (options_.faults.slow > 0 && sync_times_.with(options_.faults.slow)) us *= slow_factor;
        return Duration{us};
    }

    void complete() {
        if (!flight_.refused && flight_.syncs && sync_fails()) return die();
        // Both keep their memory for the batches to come.
        done_.swap(flight_.appends);
        results_.assign(done_.size(), {});
        for (std::size_t i = 0; i < results_.size(); ++i) {
            if (flight_.refused) {
                results_[i].fault = Fault::disk_full;
                continue;
            }
            results_[i].position = shelf_.put(done_[i]);
            if (results_[i].position == 0) results_[i].fault = Fault::wrong_expected_sequence;
        }
        if (flight_.syncs) synced();
        if (shelf_.last() > written_up_to()) {
            if (written_.empty()) unsynced_since_ = now_;
            written_.push_back(shelf_.last());
        }
        if (!waiting_.empty()) {
            begin(now_);
            flight_.appends.swap(waiting_);
            for (const Append& append : flight_.appends) take_time_for(append);
        }
        for (std::size_t i = 0; i < results_.size(); ++i) answer(done_[i], results_[i]);
        done_.clear();
    }

    // Whether the batch reached the disk is known when it is read again.
    void die() {
        dead_ = true;
        for (Append& append : flight_.appends) answer(append, {Fault::io, 0});
        for (Append& append : waiting_) answer(append, {Fault::io, 0});
        waiting_.clear();
        flight_.due = {};
    }

    [[nodiscard]] Position written_up_to() const {
        return written_.empty() ? synced_ : written_.back();
    }

    /// Everything written is on the disk for good.
    void synced() {
        written_.clear();
        while (synced_ < shelf_.last()) {
            const DiskShelf::Kept& kept = shelf_.at(++synced_);
            hasher_.add(kept.hash);
            bytes_ += kept.record.payload.size();
            if (options_.on_durable) options_.on_durable(kept.record);
        }
        noted_ = released_;
        shelf_.safe_up_to(std::min(noted_, synced_));
    }

    void sync_relaxed() {
        if (dead_ || written_.empty() || now_ - unsynced_since_ < relaxed_sync_after) return;
        synced();
    }

    [[nodiscard]] std::string written_bytes(Position last) const {
        const auto found = std::find(written_.begin(), written_.end(), last);
        Position from = found == written_.begin() ? synced_ : *std::prev(found);
        std::string bytes;
        while (from < last) bytes += shelf_.at(++from).record.payload;
        return bytes;
    }
    static std::string bytes_of(const Batch& batch) {
        std::string bytes;
        for (const Append& append : batch.appends) bytes += append.payload;
        return bytes;
    }

    DiskOptions options_;
    DiskShelf shelf_;
    Chance sync_times_, failures_, crashes_;
    Instant now_;
    Batch flight_;                   // at work; empty: none
    std::vector<Append> waiting_;    // for the next batch
    std::vector<Append> done_;       // and about to be answered
    std::vector<Appended> results_;  // of done_
    std::vector<Position> written_;  // the last position of each batch that no sync has covered
    Instant unsynced_since_{};
    Position synced_ = 0;
    Position released_ = 0, noted_ = 0;  // noted: what the disk knows of it
    std::uint64_t epoch_ = 1;
    bool dead_ = false;  // a sync failed
    base::Hasher hasher_;
    std::uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Disk> make_disk(DiskOptions options) {
    return std::make_unique<SimulatedDisk>(std::move(options));
}

}  // namespace sim
