// RocksDB as the journal sets it up: its column families, its options, its ways to be opened. Only
// journal/*.cpp includes this file.
//
// Thread: any. Memory: caches of some 160 MB at most. Time: recovery of at most wal_bytes_max of
// log.
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "journal/reader.hpp"
#include "journal/wal_guard.hpp"

namespace journal {

enum class Family : std::uint8_t { log, streams, snapshots, agenda, meta, audio };
inline constexpr std::array<std::string_view, 6> family_names{"log",    "streams", "snapshots",
                                                              "agenda", "meta",    "audio"};

inline rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

struct Database {
    std::string path;
    std::shared_ptr<WalGuard> guard;                   // null when nobody writes
    std::shared_ptr<rocksdb::FileSystem> file_system;  // outlives env and db
    std::unique_ptr<rocksdb::Env> env;                 // outlives db
    std::unique_ptr<rocksdb::DB> db;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;  // all, also unknown ones of the future
    std::array<rocksdb::ColumnFamilyHandle*, family_names.size()> known{};
    std::function<void(const std::string&)> tell;  // what RocksDB calls an error; any thread
    std::string scratch;  // a follower's directory for RocksDB's own notes; removed at the end

    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family which) const {
        return known[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterate(Family which) const;
    /// Empty when the key is absent or unreadable; the latter for small values that have a default.
    [[nodiscard]] std::optional<std::uint64_t> meta(std::string_view key) const;
};

enum class Recovery : std::uint8_t {
    exact,     // refuse any flaw in the write-ahead log
    cut_tail,  // stop at the first flaw
};

/// For writing, with an exclusive lock on the directory.
[[nodiscard]] rocksdb::Status open_database(Database& database, Recovery recovery,
                                            bool create_if_missing,
                                            std::shared_ptr<rocksdb::FileSystem> below);
[[nodiscard]] rocksdb::Status open_database_read_only(Database& database, Recovery recovery);
[[nodiscard]] rocksdb::Status open_database_as_follower(Database& database);

/// Says of a status that RocksDB returned for `path` what a person can do about it.
[[nodiscard]] OpenError open_error_of(const std::string& path, const rocksdb::Status& status);

/// What `path` is before RocksDB touches it; nothing if it may be opened. `exists` tells whether a
/// journal is already there.
[[nodiscard]] std::optional<OpenError> inspect_directory(const std::string& path, bool& exists);

[[nodiscard]] bool is_full(const rocksdb::Status& status);

}  // namespace journal
