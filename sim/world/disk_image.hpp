// What a crash leaves of the write-ahead log's unsynced end, byte by byte, and what the next start
// reads of it (docs/journal_format.md, "What a start does").
//
// Thread: pure, but for the chance. Memory: the unsynced bytes. Only disk.cpp includes it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/models/chance.hpp"
#include "sim/world/disk.hpp"

namespace sim {

/// How many of `records`, oldest first, a start finds whole: up to the first damaged one.
[[nodiscard]] std::size_t records_after_crash(const std::vector<std::string>& records,
                                              const DiskFaults& faults, Chance& chance);

}  // namespace sim
