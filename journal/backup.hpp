// Backups: a directory of segments, 000001.partyline, 000002.partyline, ..., each the transitions
// that came since the one before it (container.hpp). Written from a Reader, so beside a running
// server; whole up to one position, whatever is written meanwhile.
//
// Thread: any, one backup of a directory at a time. Memory: some hundred bytes per stream, eight
// per chunk of sound. Time: reads what the backup has already, then writes and reads what is new.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "journal/chain.hpp"
#include "journal/container.hpp"
#include "journal/reader.hpp"

namespace journal {

struct BackupOptions {
    bool sound = true;  // captured sound, too
    Notes notes{};      // more of them, for people: "source", "program", "made"
    std::function<void(std::uint64_t done, std::uint64_t total)> on_progress{};  // bytes or records
};

struct BackupReport {
    Position first = 0, last = 0;                // that this run added; 0: nothing was new
    std::uint64_t sounds = 0;                    // chunks that this run added
    std::uint64_t bytes = 0;                     // of the new segment
    std::uint64_t segments = 0;                  // that the backup has now
    std::uint64_t transitions = 0, streams = 0;  // of the whole backup, all held against each other
    std::string segment;                         // path of the new one; empty: nothing was new
};

/// Adds what is new to the backup in `folder`, makes it when it is absent, and reads all of it
/// again. Refuses a backup of another journal, damaged segments, a full disk (what stood before
/// stays whole).
[[nodiscard]] Result<BackupReport, std::string> back_up(const Reader& reader,
                                                        const std::string& folder,
                                                        const BackupOptions& options = {});

/// What a segment says of itself.
struct Segment {
    std::string path;
    Position first = 0, last = 0;
    Position released = 0;  // effects that had gone out when it was made
    std::string last_hash;  // of the transition at `last`, hexadecimal
};
/// In order; the error names the one that is missing or cannot be read.
[[nodiscard]] Result<std::vector<Segment>, std::string> segments_of(const std::string& folder);

/// Shows all frames of these segments in order, transitions held against each other in `chain`;
/// errors have path and offset. `take` ends the walk with an error of its own.
using TakeFrame = std::function<Done<std::string>(const Frame& frame)>;
[[nodiscard]] Done<std::string> walk_segments(
    const std::vector<Segment>& segments, Chain& chain, const TakeFrame& take,
    const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress = {});

}  // namespace journal
