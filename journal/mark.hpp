// The file JOURNAL in the directory: says to people and programs what this directory is, and is the
// fence: who opens the journal raises the epoch in it, and a writer that finds a higher one than
// its own has lost the journal, whatever happened to RocksDB's LOCK file.
//
//     partyline journal
//     format 1
//     epoch 7
//
// Thread: any. Memory: none. Time: one system call to see whether it changed.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace journal {

struct Mark {
    std::uint32_t format = 0;
    std::uint64_t epoch = 0;
    bool operator==(const Mark&) const = default;
};

enum class MarkFault : std::uint8_t { absent, unreadable, malformed, disk_full };

[[nodiscard]] Result<Mark, MarkFault> read_mark(const std::string& directory);

/// Atomic and durable: the old file or the new one, whatever happens.
[[nodiscard]] Done<MarkFault> write_mark(const std::string& directory, const Mark& mark);

/// Notices that another writer replaced the file.
class Fence {
public:
    Fence(std::string directory, std::uint64_t epoch);
    /// True once a higher epoch stands in the file. A file that is gone fences nobody.
    [[nodiscard]] bool is_fenced();

private:
    std::string directory_;
    std::uint64_t epoch_;
    std::uint64_t inode_ = 0;
    std::int64_t changed_ns_ = 0;
    bool fenced_ = false;
};

}  // namespace journal
