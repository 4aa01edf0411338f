#include "journal/reader.hpp"

#include <algorithm>

#include "journal/database.hpp"
#include "journal/layout.hpp"

namespace journal {

namespace {

constexpr std::size_t fetch_count = 128;  // records per MultiGet: enough to share block look-ups

Fault fault_of(const rocksdb::Status& status) {
    return status.IsCorruption() || status.IsNotFound() ? Fault::corrupt : Fault::io;
}

// Positions of `stream` from `sequence` on; Fault::corrupt at a gap.
Result<std::vector<Position>, Fault> positions_of(const Database& database, std::string_view stream,
                                                  std::uint64_t sequence, std::size_t count_max) {
    std::vector<Position> positions;
    const std::string end = after_stream(stream);
    const rocksdb::Slice bound = slice(end);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> at{
        database.db->NewIterator(options, database.family(Family::streams))};
    std::uint64_t expected = std::max<std::uint64_t>(sequence, 1);
    for (at->Seek(stream_key(stream, expected)); at->Valid() && positions.size() < count_max;
         at->Next(), ++expected) {
        const auto key = parse_stream_key(view(at->key()));
        const auto value = parse_stream_value(view(at->value()));
        if (!key || !value || key->sequence != expected) return fail(Fault::corrupt);
        positions.push_back(value->position);
    }
    if (!at->status().ok()) return fail(fault_of(at->status()));
    return positions;
}

Done<Fault> fetch(const Database& database, const Position* positions, std::size_t count,
                  std::vector<Record>& records) {
    std::array<PositionKey, fetch_count> keys;
    std::array<rocksdb::Slice, fetch_count> slices;
    std::array<rocksdb::PinnableSlice, fetch_count> values;
    std::array<rocksdb::Status, fetch_count> statuses;
    for (std::size_t i = 0; i < count; ++i) {
        keys[i] = position_key(positions[i]);
        slices[i] = keys[i];
    }
    database.db->MultiGet(rocksdb::ReadOptions{}, database.family(Family::log), count,
                          slices.data(), values.data(), statuses.data());
    for (std::size_t i = 0; i < count; ++i) {
        if (!statuses[i].ok()) return fail(fault_of(statuses[i]));
        const auto payload = parse_record(positions[i], view(values[i]));
        if (!payload.ok()) return fail(Fault::corrupt);
        records.push_back({positions[i], std::string{payload.value()}});
    }
    return {};
}

Result<std::unique_ptr<Reader>, OpenError> open_with(
    const std::string& path, const std::function<rocksdb::Status(Database&)>& open) {
    bool exists = false;
    if (auto error = inspect_directory(path, exists)) return fail(std::move(*error));
    if (!exists) {
        return fail(OpenError{OpenError::Kind::not_a_journal, path + ": there is no journal here"});
    }
    auto database = std::make_shared<Database>();
    database->path = path;
    const rocksdb::Status status = open(*database);
    if (status.IsInvalidArgument()) {
        return fail(OpenError{OpenError::Kind::not_a_journal,
                              path + ": is a RocksDB database, but no journal of partyline"});
    }
    if (!status.ok()) return fail(open_error_of(path, status));
    return std::make_unique<Reader>(std::move(database));
}

}  // namespace

Result<std::unique_ptr<Reader>, OpenError> Reader::open(const std::string& path) {
    return open_with(path, [](Database& database) {
        return open_database_read_only(database, Recovery::cut_tail);
    });
}

Result<std::unique_ptr<Reader>, OpenError> Reader::open_follower(const std::string& path) {
    return open_with(path, [](Database& database) { return open_database_as_follower(database); });
}

Reader::Reader(std::shared_ptr<Database> database) : database_(std::move(database)) {}
Reader::~Reader() = default;

Done<Fault> Reader::catch_up() {
    const rocksdb::Status status = database_->db->TryCatchUpWithPrimary();
    if (!status.ok()) return fail(fault_of(status));
    return {};
}

Result<std::vector<Record>, Fault> Reader::read_stream(std::string_view stream,
                                                       std::uint64_t sequence,
                                                       std::size_t count_max) const {
    const auto positions = positions_of(*database_, stream, sequence, count_max);
    if (!positions.ok()) return fail(positions.error());
    std::vector<Record> records;
    records.reserve(positions.value().size());
    for (std::size_t i = 0; i < positions.value().size(); i += fetch_count) {
        const std::size_t count = std::min(fetch_count, positions.value().size() - i);
        const auto done = fetch(*database_, positions.value().data() + i, count, records);
        if (!done.ok()) return fail(done.error());
    }
    return records;
}

Result<std::vector<Record>, Fault> Reader::read_all(Position position,
                                                    std::size_t count_max) const {
    std::vector<Record> records;
    if (count_max == 0) return records;
    const auto done = walk(position, [&](Position at, std::string_view payload) {
        records.push_back({at, std::string{payload}});
        return records.size() < count_max;
    });
    if (!done.ok()) return fail(done.error());
    return records;
}

Done<Fault> Reader::walk(Position position, const Log::Take& take) const {
    const auto at = database_->iterate(Family::log);
    Position expected = std::max<Position>(position, 1);
    for (at->Seek(position_key(expected)); at->Valid(); at->Next(), ++expected) {
        const auto found = parse_position_key(view(at->key()));
        if (!found || *found != expected) return fail(Fault::corrupt);
        const auto payload = parse_record(expected, view(at->value()));
        if (!payload.ok()) return fail(Fault::corrupt);
        if (!take(expected, payload.value())) return {};
    }
    if (!at->status().ok()) return fail(fault_of(at->status()));
    return {};
}

Result<Head, Fault> Reader::head(std::string_view stream) const {
    const auto at = database_->iterate(Family::streams);
    at->SeekForPrev(stream_key(stream, UINT64_MAX));
    if (!at->Valid())
        return at->status().ok() ? Result<Head, Fault>{Head{}} : fail(fault_of(at->status()));
    const auto key = parse_stream_key(view(at->key()));
    if (!key) return fail(Fault::corrupt);
    if (key->stream != stream) return Head{};
    const auto value = parse_stream_value(view(at->value()));
    if (!value) return fail(Fault::corrupt);
    return Head{key->sequence, value->hash};
}

Result<std::vector<std::string>, Fault> Reader::list_streams(std::string_view prefix,
                                                             std::string_view after,
                                                             std::size_t count_max) const {
    std::vector<std::string> names;
    const auto at = database_->iterate(Family::streams);
    at->Seek(after < prefix ? std::string{prefix} : after_stream(after));
    while (at->Valid() && names.size() < count_max) {
        const auto key = parse_stream_key(view(at->key()));
        if (!key) return fail(Fault::corrupt);
        if (!key->stream.starts_with(prefix)) break;
        names.emplace_back(key->stream);
        at->Seek(after_stream(names.back()));
    }
    if (!at->status().ok()) return fail(fault_of(at->status()));
    return names;
}

std::optional<StoredSnapshot> Reader::snapshot(std::string_view stream) const {
    rocksdb::PinnableSlice value;
    const auto status = database_->db->Get(
        rocksdb::ReadOptions{}, database_->family(Family::snapshots), slice(stream), &value);
    if (!status.ok()) return std::nullopt;  // a cache: what cannot be read is not there
    auto snapshot = parse_snapshot(view(value));
    if (!snapshot) return std::nullopt;
    const auto last = head(stream);
    if (!last.ok() || snapshot->sequence > last.value().sequence) return std::nullopt;
    return snapshot;
}

std::vector<AgendaEntry> Reader::agenda() const {
    std::vector<AgendaEntry> entries;
    const auto at = database_->iterate(Family::agenda);
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
        const auto agenda = parse_agenda(view(at->value()));
        // An unreadable note must not make a deadline vanish: the stream is asked as after a
        // restart.
        entries.push_back({at->key().ToString(), agenda.value_or(Agenda{.on_restart = true})});
    }
    return entries;
}

Position Reader::released() const { return database_->meta(meta_released).value_or(0); }

Position Reader::last_position() const {
    const auto at = database_->iterate(Family::log);
    at->SeekToLast();
    return at->Valid() ? parse_position_key(view(at->key())).value_or(0) : 0;
}

std::uint64_t Reader::epoch() const { return database_->meta(meta_epoch).value_or(0); }

}  // namespace journal
