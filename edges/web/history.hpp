// What was written in a conversation, page by page backwards, read from the journal itself.
//
// Thread: a reader's (it waits for the disk). Memory: one page and one chunk. Time: bounded by
// scan_max transitions a page, so that a conversation full of read marks cannot occupy a worker.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"
#include "journal/log.hpp"

namespace web {

inline constexpr std::uint64_t history_scan_max = 4096;

struct HistoryWish {
    std::string stream;
    std::uint64_t before = 0;   // sequence; this one is not included
    std::int64_t since_us = 0;  // when the reader joined: older ones are not theirs
    std::size_t limit = 50;
};

/// {"messages": [oldest first], "next_before": sequence or null}
[[nodiscard]] Result<nlohmann::json, journal::Fault> history(const journal::Log& log,
                                                             const HistoryWish& wish);

}  // namespace web
