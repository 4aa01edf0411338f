// What the tools `journal cat` and `journal stat` show: a walk over transitions, and their numbers.
//
// Thread: any. Memory: a page of records; stat: a row per kind, command and event. Time: one pass.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/time.hpp"
#include "journal/reader.hpp"

namespace schema {
struct TransitionT;
}

namespace journal {

struct CatOptions {
    std::string stream;  // empty: all; "user/alice": that one; "user/": all that begin so
    Position from_position = 1;
    std::uint64_t from_sequence = 1;  // counts where `stream` names one stream
    std::uint64_t count_max = UINT64_MAX;
};

struct CatEnd {
    Fault fault = Fault::none;
    /// Where the next walk goes on, for --follow: catch_up(), then cat again from here.
    Position next_position = 1;
    std::uint64_t next_sequence = 1;
    std::uint64_t shown = 0;
};

/// Calls `show` for each transition in order of position (of one stream: of sequence); stops when
/// it returns false, at the end, or at a record that cannot be read.
[[nodiscard]] CatEnd cat(const Reader& reader, const CatOptions& options,
                         const std::function<bool(const schema::TransitionT&, Position)>& show);

struct Numbers {
    std::uint64_t transitions = 0;
    std::uint64_t payload_bytes = 0;
};

struct StatReport {
    Fault fault =
        Fault::none;  // of the first record that cannot be read; the numbers end before it
    std::uint64_t transitions = 0;
    std::uint64_t payload_bytes = 0;
    std::uint64_t streams = 0;
    std::uint64_t disk_bytes = 0;  // of all files in the directory
    Instant first{};  // `now` of the first and last transition; zero for an empty journal
    Instant last{};
    std::uint64_t epoch = 0;
    std::uint64_t audio_chunks = 0;  // of captured sound
    std::uint64_t audio_bytes = 0;
    std::map<std::string, Numbers> by_kind;  // "user"
    std::map<std::string, std::uint64_t> streams_by_kind;
    std::map<std::string, Numbers> by_command;      // "SendMessage"
    std::map<std::string, std::uint64_t> by_event;  // "MessageSent"
};

[[nodiscard]] StatReport stat(const Reader& reader);

}  // namespace journal
