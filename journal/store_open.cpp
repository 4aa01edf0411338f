// Opening: what a start does before the first append. In this order: look at the directory, take
// the lock, replay the write-ahead log, judge a flaw in it, verify the tail, raise the epoch.
#include <algorithm>
#include <filesystem>

#include "base/hash.hpp"
#include "journal/check.hpp"
#include "journal/layout.hpp"
#include "journal/store.hpp"
#include "journal/wal_scan.hpp"
#include "journal/writer.hpp"

namespace journal {

namespace {

using Kind = OpenError::Kind;

OpenError damaged(const std::string& path, const Damage& damage) {
    OpenError error{Kind::damaged, {}, damage.position, damage.stream, damage.sequence};
    error.sentence = path + ": the journal is damaged: " + damage.sentence() + "; ";
    if (damage.position > 1) {
        error.sentence += "positions before " + std::to_string(damage.position) +
                          " are readable (`partyline journal cat`); ";
    }
    error.sentence +=
        "nothing was changed. Copy the directory, run `partyline journal check` on it, and restore "
        "a "
        "backup or salvage what is readable (docs/journal_format.md)";
    return error;
}

std::shared_ptr<Database> new_database(const std::string& path, const StoreOptions& options,
                                       const std::shared_ptr<DiskSpace>& space) {
    auto database = std::make_shared<Database>();
    database->path = path;
    database->tell = options.on_notice;
    database->guard = std::make_shared<WalGuard>([space] { space->give_up_reserve(); });
    return database;
}

// The write-ahead log has a flaw. A torn tail is what a power cut leaves of records that nobody was
// told of, and may be cut. A whole record behind the flaw that notes "synced up to here" proves
// that more was lost: each batch notes what was on disk before it.
std::optional<OpenError> judge_flaw(const std::string& path, const rocksdb::Status& flaw) {
    Database looking;
    looking.path = path;
    const rocksdb::Status status = open_database_read_only(looking, Recovery::cut_tail);
    if (!status.ok()) return open_error_of(path, status);
    const auto at = looking.iterate(Family::log);
    at->SeekToLast();
    const Position last = at->Valid() ? parse_position_key(view(at->key())).value_or(0) : 0;
    const Position synced = synced_by_wal(path, looking.family(Family::meta)->GetID());
    if (synced <= last) return std::nullopt;
    return damaged(
        path, {.position = last + 1,
               .what = "was safely on disk once, as were all up to " + std::to_string(synced) +
                       ", and is not readable in the write-ahead log any more (" + flaw.ToString() +
                       ")"});
}

Result<std::shared_ptr<Database>, OpenError> open_and_replay(
    const std::string& path, const StoreOptions& options, const std::shared_ptr<DiskSpace>& space) {
    auto database = new_database(path, options, space);
    rocksdb::Status status =
        open_database(*database, Recovery::exact, options.create_if_missing, options.file_system);
    if (status.IsCorruption()) {
        database.reset();
        if (auto error = judge_flaw(path, status)) return fail(std::move(*error));
        if (options.on_notice) {
            options.on_notice(path + ": cut an unfinished tail that the last stop left (" +
                              status.ToString() + ")");
        }
        database = new_database(path, options, space);
        status = open_database(*database, Recovery::cut_tail, false, options.file_system);
    }
    if (status.IsInvalidArgument()) {
        return fail(OpenError{Kind::not_a_journal,
                              path + ": there is no journal here (" + status.ToString() + ")"});
    }
    if (!status.ok()) return fail(open_error_of(path, status));
    if (database->guard->failed()) {
        return fail(OpenError{Kind::io, path + ": writing fails: " + database->guard->why()});
    }
    return database;
}

OpenError mark_error(const std::string& path, MarkFault fault) {
    if (fault == MarkFault::disk_full) {
        return {Kind::disk_full, path + ": the disk is full; free some space and start again"};
    }
    return {Kind::not_readable, path + "/JOURNAL: cannot be written; check owner and mode"};
}

// Before RocksDB makes its first file: whoever finds half a creation knows what it was to become.
std::optional<OpenError> claim_directory(const std::string& path) {
    const auto mark = read_mark(path);
    if (mark.ok() || mark.error() != MarkFault::absent) return std::nullopt;
    const auto claimed = write_mark(path, {journal_format, 0});
    if (claimed.ok()) return std::nullopt;
    return mark_error(path, claimed.error());
}

// What the two places say; higher wins, so that a lost JOURNAL file never takes the epoch back.
Result<std::uint64_t, OpenError> raise_epoch(Database& database) {
    const auto mark = read_mark(database.path);
    const std::uint64_t before =
        std::max(mark.ok() ? mark.value().epoch : 0, database.meta(meta_epoch).value_or(0));
    const auto format = database.meta(meta_format);
    if (format && *format > journal_format) {
        return fail(OpenError{Kind::newer_format, database.path + ": the journal has format " +
                                                      std::to_string(*format) +
                                                      ", this program knows up to " +
                                                      std::to_string(journal_format)});
    }
    const std::uint64_t epoch = before + 1;
    const auto marked = write_mark(database.path, {journal_format, epoch});
    if (!marked.ok()) return fail(mark_error(database.path, marked.error()));
    rocksdb::WriteBatch batch;
    batch.Put(database.family(Family::meta), slice(meta_epoch), encode_number(epoch));
    batch.Put(database.family(Family::meta), slice(meta_format), encode_number(journal_format));
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const rocksdb::Status status = database.db->Write(synced, &batch);
    if (!status.ok()) return fail(open_error_of(database.path, status));
    if (database.guard->failed()) {
        return fail(
            OpenError{Kind::io, database.path + ": writing fails: " + database.guard->why()});
    }
    return epoch;
}

}  // namespace

Result<std::unique_ptr<Store>, OpenError> Store::open(const std::string& path,
                                                      StoreOptions options) {
    base::start_crypto();
    bool exists = false;
    if (auto error = inspect_directory(path, exists)) return fail(std::move(*error));
    if (!exists) {
        if (!options.create_if_missing) {
            return fail(OpenError{Kind::not_a_journal, path + ": there is no journal here"});
        }
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error) {
            return fail(
                OpenError{Kind::not_readable, path + ": cannot be made: " + error.message()});
        }
    }
    if (auto error = claim_directory(path)) return fail(std::move(*error));
    const auto space =
        std::make_shared<DiskSpace>(path, options.free_bytes_min, options.reserve_bytes);
    auto opened = open_and_replay(path, options, space);
    if (!opened.ok()) return fail(opened.error());
    const std::shared_ptr<Database> database = opened.value();
    const Reader reader{database};
    if (const auto damage = check_tail(reader, options.tail_records)) {
        return fail(damaged(path, *damage));
    }
    const auto epoch = raise_epoch(*database);
    if (!epoch.ok()) return fail(epoch.error());
    if (!space->low(0)) space->keep_reserve();
    const Position last = reader.last_position();
    const WriterStart start{last, std::min(reader.released(), last), epoch.value()};
    auto writer = std::make_unique<Writer>(database, space, std::move(options), start);
    return std::unique_ptr<Store>{new Store{database, std::move(writer)}};
}

}  // namespace journal
