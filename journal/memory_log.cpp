#include "journal/memory_log.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/hash.hpp"

namespace journal {

void MemoryLog::append(Append append) {
    {
        const std::scoped_lock lock{mutex_};
        waiting_.push_back(std::move(append));
    }
    if (options_.complete_at_once) complete_all();
}

bool MemoryLog::complete_one() {
    Append append;
    Appended answer;
    {
        const std::scoped_lock lock{mutex_};
        if (completing_ || waiting_.empty()) return false;
        completing_ = true;
        append = std::move(waiting_.front());
        waiting_.pop_front();
        answer.fault = judge(append);
        if (answer.fault == Fault::none) {
            keep(append);
            answer.position = entries_.size();
        }
    }
    if (append.done) append.done(answer);
    const std::scoped_lock lock{mutex_};
    completing_ = false;
    return true;
}

void MemoryLog::complete_all() {
    while (complete_one()) {
    }
}

std::size_t MemoryLog::waiting_count() const {
    const std::scoped_lock lock{mutex_};
    return waiting_.size();
}

Fault MemoryLog::judge(const Append& append) {
    ++carried_out_;
    if (fault_of_all_ != Fault::none) return fault_of_all_;
    if (const auto planned = faults_.find(carried_out_); planned != faults_.end()) {
        if (planned->second == Fault::io) fault_of_all_ = Fault::io;
        return planned->second;
    }
    const Stream* stream = find(append.stream);
    const std::uint64_t last = stream == nullptr ? 0 : stream->positions.size();
    return append.sequence == last + 1 ? Fault::none : Fault::wrong_expected_sequence;
}

void MemoryLog::keep(Append& append) {
    entries_.push_back({append.stream, std::move(append.payload), append.agenda});
    streams_[append.stream].positions.push_back(entries_.size());
    if (append.agenda) {
        if (append.agenda->empty()) {
            agenda_.erase(append.stream);
        } else {
            agenda_[append.stream] = *append.agenda;
        }
    }
    if (append.durability == Durability::sync) synced_count_ = entries_.size();
}

const MemoryLog::Stream* MemoryLog::find(std::string_view stream) const {
    const auto at = streams_.find(stream);
    return at == streams_.end() ? nullptr : &at->second;
}

void MemoryLog::fail_append(std::uint64_t nth, Fault fault) {
    const std::scoped_lock lock{mutex_};
    ASSERT(nth > 0);
    faults_[carried_out_ + nth] = fault;
}

void MemoryLog::fail_all(Fault fault) {
    const std::scoped_lock lock{mutex_};
    fault_of_all_ = fault;
}

void MemoryLog::sync() {
    const std::scoped_lock lock{mutex_};
    synced_count_ = entries_.size();
}

std::size_t MemoryLog::unsynced_count() const {
    const std::scoped_lock lock{mutex_};
    return entries_.size() - synced_count_ + waiting_.size();
}

std::unique_ptr<MemoryLog> MemoryLog::crash(std::size_t unsynced_kept) {
    const std::scoped_lock lock{mutex_};
    auto next = std::make_unique<MemoryLog>(
        MemoryLogOptions{options_.complete_at_once, options_.epoch + 1});
    std::deque<Append> survivors;
    for (const Entry& entry : entries_) {
        const bool synced = survivors.size() < synced_count_;
        if (!synced && survivors.size() - synced_count_ >= unsynced_kept) break;
        survivors.push_back(
            {.stream = entry.stream, .payload = entry.payload, .agenda = entry.agenda});
    }
    for (Append& append : waiting_) {
        if (survivors.size() - synced_count_ >= unsynced_kept) break;
        append.done = nullptr;
        survivors.push_back(std::move(append));
    }
    for (Append& append : survivors) {
        const Stream* known = next->find(append.stream);
        const std::uint64_t sequence = known == nullptr ? 1 : known->positions.size() + 1;
        if (append.sequence == 0 || append.sequence == sequence) next->keep(append);
    }
    next->synced_count_ = next->entries_.size();
    next->released_ = std::min<Position>(released_, next->entries_.size());
    for (auto& [name, stream] : next->streams_) {
        const auto& snapshot = streams_[name].snapshot;
        if (snapshot && snapshot->sequence <= stream.positions.size()) stream.snapshot = snapshot;
    }
    waiting_.clear();
    fault_of_all_ = Fault::fenced;
    return next;
}

Result<std::vector<Record>, Fault> MemoryLog::read_stream(std::string_view stream,
                                                          std::uint64_t sequence,
                                                          std::size_t count_max) const {
    const std::scoped_lock lock{mutex_};
    std::vector<Record> records;
    const Stream* found = find(stream);
    if (found == nullptr) return records;
    for (std::uint64_t s = std::max<std::uint64_t>(sequence, 1);
         s <= found->positions.size() && records.size() < count_max; ++s) {
        const Position position = found->positions[s - 1];
        records.push_back({position, entries_[position - 1].payload});
    }
    return records;
}

Result<std::vector<Record>, Fault> MemoryLog::read_all(Position position,
                                                       std::size_t count_max) const {
    const std::scoped_lock lock{mutex_};
    std::vector<Record> records;
    for (Position p = std::max<Position>(position, 1);
         p <= entries_.size() && records.size() < count_max; ++p) {
        records.push_back({p, entries_[p - 1].payload});
    }
    return records;
}

Result<Head, Fault> MemoryLog::head(std::string_view stream) const {
    const std::scoped_lock lock{mutex_};
    const Stream* found = find(stream);
    if (found == nullptr || found->positions.empty()) return Head{};
    const Entry& last = entries_[found->positions.back() - 1];
    return Head{found->positions.size(), base::blake2b(last.payload)};
}

Result<std::vector<std::string>, Fault> MemoryLog::list_streams(std::string_view prefix,
                                                                std::string_view after,
                                                                std::size_t count_max) const {
    const std::scoped_lock lock{mutex_};
    std::vector<std::string> names;
    for (auto at = streams_.lower_bound(std::max(prefix, after));
         at != streams_.end() && names.size() < count_max; ++at) {
        if (at->first == after || at->second.positions.empty()) continue;
        if (!at->first.starts_with(prefix)) break;
        names.push_back(at->first);
    }
    return names;
}

void MemoryLog::put_snapshot(std::string_view stream, StoredSnapshot snapshot) {
    const std::scoped_lock lock{mutex_};
    const auto at = streams_.find(stream);
    // Ahead of the log it would be a state that nobody can prove: its transitions may yet fail.
    if (at == streams_.end() || snapshot.sequence > at->second.positions.size()) return;
    at->second.snapshot = std::move(snapshot);
}

std::optional<StoredSnapshot> MemoryLog::snapshot(std::string_view stream) const {
    const std::scoped_lock lock{mutex_};
    const Stream* found = find(stream);
    return found == nullptr ? std::nullopt : found->snapshot;
}

std::vector<AgendaEntry> MemoryLog::agenda() const {
    const std::scoped_lock lock{mutex_};
    std::vector<AgendaEntry> entries;
    for (const auto& [stream, agenda] : agenda_) entries.push_back({stream, agenda});
    return entries;
}

void MemoryLog::mark_released(Position position) {
    const std::scoped_lock lock{mutex_};
    released_ = std::max(released_, std::min<Position>(position, entries_.size()));
}

Position MemoryLog::released() const {
    const std::scoped_lock lock{mutex_};
    return released_;
}

Position MemoryLog::last_position() const {
    const std::scoped_lock lock{mutex_};
    return entries_.size();
}

std::uint64_t MemoryLog::epoch() const { return options_.epoch; }

void MemoryLog::forget(std::string_view) {}

}  // namespace journal
