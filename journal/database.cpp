#include "journal/database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/file_system.h>
#include <rocksdb/table.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <filesystem>

#include "journal/audio.hpp"
#include "journal/layout.hpp"
#include "journal/mark.hpp"

namespace journal {

namespace {

constexpr std::size_t block_cache_bytes = 64u << 20;
constexpr std::size_t write_buffer_bytes_max = 32u << 20;

// A small disk must be able to take a flush of what memory holds. Twice as much may stand in the
// write-ahead log: 64 MB replay in about a third of a second.
std::size_t write_buffer_bytes(const std::string& path) {
    struct statvfs disk {};
    if (::statvfs(path.c_str(), &disk) != 0) return write_buffer_bytes_max;
    const std::uint64_t share = static_cast<std::uint64_t>(disk.f_blocks) * disk.f_frsize / 32;
    return std::clamp<std::uint64_t>(share, 256u << 10, write_buffer_bytes_max);
}

rocksdb::WALRecoveryMode mode_of(Recovery recovery) {
    switch (recovery) {
        case Recovery::exact: return rocksdb::WALRecoveryMode::kAbsoluteConsistency;
        case Recovery::cut_tail: return rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    }
    return rocksdb::WALRecoveryMode::kAbsoluteConsistency;
}

// In place of RocksDB's own LOG file, whose writer aborts the process once the disk was full under
// it.
class Told final : public rocksdb::Logger {
public:
    explicit Told(std::function<void(const std::string&)> tell)
        : Logger(rocksdb::InfoLogLevel::ERROR_LEVEL), tell_(std::move(tell)) {}
    using Logger::Logv;
    void Logv(const char* format, va_list arguments) override {
        if (!tell_) return;
        char text[1024];
        std::vsnprintf(text, sizeof text, format, arguments);
        tell_(std::string{"RocksDB: "} + text);
    }

private:
    std::function<void(const std::string&)> tell_;
};

rocksdb::DBOptions database_options(const Database& database, Recovery recovery) {
    rocksdb::DBOptions options;
    options.info_log = std::make_shared<Told>(database.tell);
    options.create_missing_column_families = true;
    options.wal_recovery_mode = mode_of(recovery);
    options.max_total_wal_size = 2 * write_buffer_bytes(database.path);
    options.db_write_buffer_size = 3 * write_buffer_bytes_max;
    options.max_background_jobs = 2;
    options.max_file_opening_threads =
        1;  // the default spawns sixteen threads per family and start
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    return options;
}

rocksdb::ColumnFamilyOptions family_options(const std::string& name, const std::string& path,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions options;
    options.write_buffer_size = write_buffer_bytes(path);
    options.compression = rocksdb::kLZ4Compression;
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = 16u << 10;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    if (name == "audio") {
        // Written past the log: what waits in memory is what a crash takes.
        options.write_buffer_size = std::min(options.write_buffer_size, audio_buffer_bytes);
        options.enable_blob_files = true;
        options.min_blob_size = 4096;
        options.enable_blob_garbage_collection = true;
    }
    return options;
}

// All families of the database, ours first where it is new; RocksDB insists on knowing each.
std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(const std::string& path,
                                                         rocksdb::Status& status, bool may_create) {
    std::vector<std::string> names;
    status = rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions{}, path, &names);
    if (!status.ok() && may_create) {
        names = {rocksdb::kDefaultColumnFamilyName};
        status = rocksdb::Status::OK();
    }
    if (may_create) {
        for (const std::string_view ours : family_names) {
            if (std::find(names.begin(), names.end(), ours) == names.end())
                names.emplace_back(ours);
        }
    }
    const auto cache = rocksdb::NewLRUCache(block_cache_bytes);
    std::vector<rocksdb::ColumnFamilyDescriptor> all;
    for (const std::string& name : names) all.emplace_back(name, family_options(name, path, cache));
    return all;
}

rocksdb::Status adopt(Database& database, rocksdb::Status status, rocksdb::DB* opened) {
    if (!status.ok()) return status;
    database.db.reset(opened);
    for (std::size_t i = 0; i < family_names.size(); ++i) {
        for (rocksdb::ColumnFamilyHandle* handle : database.handles) {
            if (handle->GetName() == family_names[i]) database.known[i] = handle;
        }
        if (database.known[i] == nullptr) {
            return rocksdb::Status::InvalidArgument("column family missing",
                                                    slice(family_names[i]));
        }
    }
    return status;
}

}  // namespace

Database::~Database() {
    if (db != nullptr) {
        for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
        db->Close().PermitUncheckedError();  // whatever it says, what was acknowledged is synced
    }
    db.reset();
    std::error_code ignored;
    if (!scratch.empty()) std::filesystem::remove_all(scratch, ignored);
}

std::unique_ptr<rocksdb::Iterator> Database::iterate(Family which) const {
    return std::unique_ptr<rocksdb::Iterator>{
        db->NewIterator(rocksdb::ReadOptions{}, family(which))};
}

std::optional<std::uint64_t> Database::meta(std::string_view key) const {
    rocksdb::PinnableSlice value;
    const auto status = db->Get(rocksdb::ReadOptions{}, family(Family::meta), slice(key), &value);
    return status.ok() ? parse_number(view(value)) : std::nullopt;
}

rocksdb::Status open_database(Database& database, Recovery recovery, bool create_if_missing,
                              std::shared_ptr<rocksdb::FileSystem> below) {
    rocksdb::Status status;
    const auto families = descriptors(database.path, status, create_if_missing);
    if (!status.ok()) return status;
    if (below == nullptr) below = rocksdb::FileSystem::Default();
    database.file_system =
        database.guard == nullptr ? std::move(below) : guarded(std::move(below), database.guard);
    database.env = rocksdb::NewCompositeEnv(database.file_system);
    rocksdb::DBOptions options = database_options(database, recovery);
    options.create_if_missing = create_if_missing;
    options.env = database.env.get();
    rocksdb::DB* opened = nullptr;
    status = rocksdb::DB::Open(options, database.path, families, &database.handles, &opened);
    return adopt(database, status, opened);
}

rocksdb::Status open_database_read_only(Database& database, Recovery recovery) {
    rocksdb::Status status;
    const auto families = descriptors(database.path, status, false);
    if (!status.ok()) return status;
    rocksdb::DB* opened = nullptr;
    status = rocksdb::DB::OpenForReadOnly(database_options(database, recovery), database.path,
                                          families, &database.handles, &opened);
    return adopt(database, status, opened);
}

rocksdb::Status open_database_as_follower(Database& database) {
    rocksdb::Status status;
    const auto families = descriptors(database.path, status, false);
    if (!status.ok()) return status;
    std::string scratch = std::filesystem::temp_directory_path() / "partyline-follow-XXXXXX";
    if (::mkdtemp(scratch.data()) == nullptr) {
        return rocksdb::Status::IOError("no directory for temporary files", scratch);
    }
    database.scratch = scratch;
    rocksdb::DB* opened = nullptr;
    rocksdb::DBOptions options = database_options(database, Recovery::cut_tail);
    options.max_open_files = -1;  // a follower must keep files open that the writer deletes
    status = rocksdb::DB::OpenAsSecondary(options, database.path, scratch, families,
                                          &database.handles, &opened);
    return adopt(database, status, opened);
}

bool is_full(const rocksdb::Status& status) {
    return status.IsNoSpace() || status.subcode() == rocksdb::Status::kNoSpace;
}

OpenError open_error_of(const std::string& path, const rocksdb::Status& status) {
    const std::string text = status.ToString();
    if (is_full(status)) {
        return {OpenError::Kind::disk_full,
                path + ": the disk is full; free some space and start again (" + text + ")"};
    }
    if (text.find("/LOCK") != std::string::npos) {
        return {OpenError::Kind::in_use,
                path +
                    ": another partyline uses this journal; stop it, or choose another data "
                    "directory (" +
                    text + ")"};
    }
    if (text.find("Permission denied") != std::string::npos) {
        return {OpenError::Kind::not_readable,
                path + ": this user may not read or write the journal; check owner and mode (" +
                    text + ")"};
    }
    if (status.IsCorruption()) {
        return {OpenError::Kind::damaged,
                path + ": the journal is damaged: " + text +
                    "; copy the directory, then run `partyline journal check` on it, or restore a "
                    "backup"};
    }
    return {OpenError::Kind::io, path + ": the journal cannot be opened: " + text};
}

std::optional<OpenError> inspect_directory(const std::string& path, bool& exists) {
    namespace fs = std::filesystem;
    using Kind = OpenError::Kind;
    std::error_code error;
    exists = false;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) return std::nullopt;
    if (status.type() == fs::file_type::none || status.type() == fs::file_type::unknown) {
        return OpenError{Kind::not_readable, path + ": cannot be looked at: " + error.message()};
    }
    if (status.type() != fs::file_type::directory) {
        return OpenError{Kind::not_a_journal, path +
                                                  ": is a file; a journal is a directory (a slice "
                                                  "becomes one by `partyline journal import`)"};
    }
    if (::access(path.c_str(), R_OK | X_OK) != 0) {
        return OpenError{Kind::not_readable,
                         path + ": this user may not read the directory; check owner and mode"};
    }
    const auto mark = read_mark(path);
    if (mark.ok() && mark.value().format > journal_format) {
        return OpenError{Kind::newer_format,
                         path + ": the journal has format " + std::to_string(mark.value().format) +
                             ", this program knows up to " + std::to_string(journal_format) +
                             "; use the partyline that wrote it, or a newer one"};
    }
    exists = fs::exists(fs::path{path} / "CURRENT", error);
    if (exists || mark.ok()) return std::nullopt;
    if (mark.error() == MarkFault::unreadable) {
        return OpenError{Kind::not_readable, path + "/JOURNAL: this user may not read it"};
    }
    const bool is_empty = fs::is_empty(path, error);
    if (!is_empty || error) {
        return OpenError{Kind::not_a_journal,
                         path +
                             ": has files, but no journal: name the data folder of a server, or an "
                             "empty directory for a new one"};
    }
    return std::nullopt;
}

}  // namespace journal
