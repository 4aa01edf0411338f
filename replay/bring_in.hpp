// Journals made of what left another one: slices are imported, backups restored, whole or up to a
// position or a moment. What a restart must know of each stream (its agenda) is found by deciding
// and folding it again.
//
// Thread: the caller's. Memory: some hundred bytes per stream, one entity at a time, a few
// megabytes on their way to the disk. Time: reading, checking and writing once, then deciding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "journal/container.hpp"
#include "replay/verify.hpp"

namespace replay {

struct BroughtIn {
    std::uint64_t transitions = 0, streams = 0, sounds = 0;
    std::uint64_t epoch = 0;
    std::uint64_t streams_differing = 0;  // that today's rules decide otherwise: told, not refused
    Instant last{};                       // of the last transition
    journal::Notes notes;                 // of the slice
};

using Share = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Makes the journal `folder` of the slice `path`. Nothing is left behind when it fails; the error
/// has the offset of what is wrong.
[[nodiscard]] Result<BroughtIn, std::string> import_slice(const std::string& path,
                                                          const std::string& folder,
                                                          const Share& share = {});

struct RestoreOptions {
    std::optional<journal::Position> to_position{};  // that one is the last
    std::optional<Instant> to_time{};                // nothing later than that
    Share share{};
};

/// Makes the journal `folder` of the backup in the directory `backup`. Sound of later starts than
/// the last transition's is left out.
[[nodiscard]] Result<BroughtIn, std::string> restore(const std::string& backup,
                                                     const std::string& folder,
                                                     const RestoreOptions& options = {});

}  // namespace replay
