#include "sim/world/disk_shelf.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace sim {
namespace {

// What a reader who comes back may have missed of a stream that is still in memory.
constexpr std::size_t kept_awake = 1'024;
constexpr std::size_t kept_mostly = 8;  // transitions of a whole call

}  // namespace

// ---- streams

DiskShelf::Named* DiskShelf::entry_of(std::string_view name) const {
    return index_.find(base::quick_hash(name), [&](const Named* one) { return one->name == name; });
}

const DiskShelf::Stream* DiskShelf::find(std::string_view name) const {
    const Named* named = entry_of(name);
    return named == nullptr ? nullptr : &named->stream;
}

DiskShelf::Named& DiskShelf::add(const std::string& name) {
    Named& fresh = *streams_.emplace_back(std::make_unique<Named>());
    fresh.name = name;
    fresh.stream.kept.reserve(kept_mostly);
    fresh.place = streams_.size() - 1;
    index_.insert(base::quick_hash(name), &fresh);
    by_name_.clear();
    return fresh;
}

void DiskShelf::remove(Named& old) {
    index_.erase(base::quick_hash(old.name), &old);
    by_name_.clear();
    const std::size_t place = old.place;
    std::swap(streams_[place], streams_.back());
    streams_[place]->place = place;
    streams_.pop_back();
}

/// Who asks for streams by name asks for all of them, page by page, and after a start.
const std::vector<const DiskShelf::Named*>& DiskShelf::by_name() const {
    if (by_name_.empty()) {
        for (const auto& one : streams_) by_name_.push_back(one.get());
        std::ranges::sort(by_name_, {},
                          [](const Named* one) { return std::string_view{one->name}; });
    }
    return by_name_;
}

// ---- writing

journal::Position DiskShelf::put(journal::Append& append) {
    Named* at = entry_of(append.stream);
    if (at == nullptr) at = &add(append.stream);
    Stream& stream = at->stream;
    if (append.sequence != stream.last() + 1) {
        // Its actor had not left after all when it was forgotten as over.
        const bool goes_on = !keep_ && stream.kept.empty() && over_ && over_(append.stream);
        if (!goes_on) return 0;
        stream.first = append.sequence;
    }
    stream.asleep = false;
    Entry entry{.stream = at, .sequence = append.sequence};
    if (append.agenda) {
        entry.told_agenda = true;
        entry.agenda_before = stream.agenda;
        stream.agenda = *append.agenda;
    }
    order_.push_back(entry);
    stream.kept.push_back({{last(), std::move(append.payload)}, {}});
    Kept& kept = stream.kept.back();
    kept.hash = append.hash ? *append.hash : base::blake2b(kept.record.payload);
    return last();
}

void DiskShelf::take_back() {
    ASSERT(!order_.empty() && last() > safe_);
    const Entry entry = order_.back();
    Stream& stream = entry.stream->stream;
    ASSERT(!stream.kept.empty() && stream.last() == entry.sequence);
    stream.kept.pop_back();
    if (entry.told_agenda) stream.agenda = entry.agenda_before;
    order_.pop_back();
}

const DiskShelf::Kept& DiskShelf::at(journal::Position position) const {
    ASSERT(position >= begins_ && position <= last());
    const Entry& entry = order_[position - begins_];
    const Stream& stream = entry.stream->stream;
    ASSERT(entry.sequence >= stream.first && entry.sequence <= stream.last());
    return stream.kept[entry.sequence - stream.first];
}

// ---- forgetting

void DiskShelf::safe_up_to(journal::Position position) {
    safe_ = std::max(safe_, position);
    if (keep_) return;
    while (begins_ <= safe_ && !order_.empty()) {
        order_.pop_front();
        ++begins_;
    }
    while (!review_.empty() && review_.front().when_safe <= safe_) {
        Named* stream = review_.front().stream;
        review_.pop_front();
        --stream->stream.queued;
        review(stream);
    }
}

void DiskShelf::asleep(std::string_view name) {
    if (keep_) return;
    Named* at = entry_of(name);
    if (at == nullptr) return;
    at->stream.asleep = true;
    review_later(at);
}

// Later, never at once: the actor that was asked to leave may yet stay.
void DiskShelf::review_later(Named* at) {
    if (keep_) return;
    Stream& stream = at->stream;
    ++stream.queued;
    review_.push_back({stream.kept.empty() ? 0 : stream.kept.back().record.position, at});
}

void DiskShelf::review(Named* at) {
    Stream& stream = at->stream;
    const bool safe = stream.kept.empty() || stream.kept.back().record.position <= safe_;
    if (safe && stream.asleep && stream.queued == 0 && over_ && over_(at->name)) {
        return remove(*at);
    }
    if (stream.newer && stream.newer->sequence >= stream.first &&
        stream.newer->sequence <= stream.last() &&
        stream.kept[stream.newer->sequence - stream.first].record.position <= safe_) {
        stream.snapshot = std::move(stream.newer);
        stream.newer.reset();
    }
    trim(stream);
}

// The transition that the snapshot was made after stays: a snapshot is only believed with it.
void DiskShelf::trim(Stream& stream) const {
    if (!stream.snapshot || stream.snapshot->sequence <= stream.first) return;
    std::uint64_t from = stream.snapshot->sequence;
    if (!stream.asleep) {
        const std::uint64_t wanted = stream.last() - std::min(stream.last(), kept_awake);
        from = std::min(from, wanted);
    }
    if (from <= stream.first) return;
    const auto count = static_cast<std::ptrdiff_t>(from - stream.first);
    stream.kept.erase(stream.kept.begin(), stream.kept.begin() + count);
    if (stream.asleep) stream.kept.shrink_to_fit();
    stream.first = from;
}

// ---- snapshots

void DiskShelf::put_snapshot(std::string_view name, journal::StoredSnapshot snapshot) {
    Named* at = entry_of(name);
    // Ahead of the log it would be a state that nobody can prove: its transitions may yet fail.
    if (at == nullptr || snapshot.sequence > at->stream.last()) return;
    if (keep_) {
        at->stream.snapshot = std::move(snapshot);
        return;
    }
    // One that waits already goes first: replaced again and again, none would ever be safe.
    if (at->stream.newer) return;
    at->stream.newer = std::move(snapshot);
    review_later(at);
}

std::optional<journal::StoredSnapshot> DiskShelf::snapshot(std::string_view name) const {
    const Stream* stream = find(name);
    return stream == nullptr ? std::nullopt : stream->snapshot;
}

void DiskShelf::drop_snapshots_ahead() {
    for (const auto& one : streams_) {
        Stream& stream = one->stream;
        const auto ahead = [&](const auto& kept) { return kept && kept->sequence > stream.last(); };
        if (ahead(stream.snapshot)) stream.snapshot.reset();
        if (ahead(stream.newer)) stream.newer.reset();
    }
}

// ---- reading

std::vector<journal::Record> DiskShelf::read_stream(std::string_view name, std::uint64_t sequence,
                                                    std::size_t count_max) const {
    std::vector<journal::Record> records;
    const Stream* stream = find(name);
    if (stream == nullptr || sequence > stream->last()) return records;
    const std::uint64_t from = std::max<std::uint64_t>(sequence, 1);
    // What has been forgotten is not answered with something younger.
    if (from < stream->first) return records;
    for (std::uint64_t s = from; s <= stream->last() && records.size() < count_max; ++s)
        records.push_back(stream->kept[s - stream->first].record);
    return records;
}

std::vector<journal::Record> DiskShelf::read_all(journal::Position position,
                                                 std::size_t count_max) const {
    std::vector<journal::Record> records;
    for (journal::Position p = std::max(position, begins_);
         p <= last() && records.size() < count_max; ++p) {
        records.push_back(at(p).record);
    }
    return records;
}

journal::Head DiskShelf::head(std::string_view name) const {
    const Stream* stream = find(name);
    if (stream == nullptr || stream->kept.empty()) return {};
    return {stream->last(), stream->kept.back().hash};
}

std::vector<std::string> DiskShelf::list_streams(std::string_view prefix, std::string_view after,
                                                 std::size_t count_max) const {
    std::vector<std::string> names;
    const auto& all = by_name();
    const auto name_of = [](const Named* one) { return std::string_view{one->name}; };
    for (auto at = std::ranges::lower_bound(all, std::max(prefix, after), {}, name_of);
         at != all.end() && names.size() < count_max; ++at) {
        if ((*at)->name == after || (*at)->stream.kept.empty()) continue;
        if (!(*at)->name.starts_with(prefix)) break;
        names.push_back((*at)->name);
    }
    return names;
}

std::vector<journal::AgendaEntry> DiskShelf::agenda() const {
    std::vector<journal::AgendaEntry> entries;
    for (const Named* one : by_name()) {
        if (!one->stream.agenda.empty()) entries.push_back({one->name, one->stream.agenda});
    }
    return entries;
}

}  // namespace sim
