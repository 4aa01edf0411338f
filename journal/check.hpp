// Holds a journal against its own promises: every checksum, every chain, every sequence, no gap,
// the index and the log saying the same, epochs that never go back.
//
// Thread: any, one run at a time per Reader. Memory: a few dozen bytes per stream. Time: reads
// everything once; some hundred thousand transitions a second and core.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "journal/reader.hpp"

namespace journal {

/// One thing that is wrong, and where.
struct Damage {
    Position position = 0;       // 0: not about one record
    std::string stream;          // empty: unknown
    std::uint64_t sequence = 0;  // 0: unknown
    std::string what;            // "does not match its checksum"

    /// "position 7 (conference/471100, sequence 3) does not match its checksum"
    [[nodiscard]] std::string sentence() const;
};

struct CheckReport {
    std::optional<Damage> first_damage;  // nothing: the journal is whole
    std::uint64_t transitions = 0;       // that were found right
    std::uint64_t streams = 0;
    std::uint64_t payload_bytes = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t unreadable_snapshots = 0;  // harmless: a cache
    std::uint64_t audio_chunks = 0;          // of captured sound, that were found right
    std::uint64_t audio_bytes = 0;
    Position last_position = 0;
    std::uint64_t epoch = 0;

    [[nodiscard]] bool ok() const { return !first_damage.has_value(); }
};

struct CheckOptions {
    /// Every ten thousand transitions: how many are done, how many there are in all.
    std::function<void(std::uint64_t done, std::uint64_t total)> on_progress;
};

/// Stops at the first damage.
[[nodiscard]] CheckReport check(const Reader& reader, const CheckOptions& options = {});

/// Only the last `count` records, as every start does: milliseconds.
[[nodiscard]] std::optional<Damage> check_tail(const Reader& reader, std::size_t count);

}  // namespace journal
