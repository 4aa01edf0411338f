// Reads RocksDB's write-ahead log files past a flaw, only to learn what they prove.
//
// RocksDB itself stops at a flaw, or drops the rest of its 32 KB block; both would hide that
// records behind it are whole, and with them the proof that the disk once had what is unreadable
// now.
//
// Thread: any. Memory: one log file. Time: fast where the log is whole; at a flaw it tries every
// byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "journal/log.hpp"

namespace journal {

/// Every logical record in `log` whose checksums are right, in order, flaws and fragments skipped.
[[nodiscard]] std::vector<std::string> intact_wal_records(std::string_view log);

/// The highest `synced` note in any intact record of any *.log file in `directory`; 0 if there is
/// none.
[[nodiscard]] Position synced_by_wal(const std::string& directory, std::uint32_t meta_family);

}  // namespace journal
