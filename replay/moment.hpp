// A point that a person names: the seventh transition of a stream, a position, or a time.
//
// Thread: any. Memory: none. Time: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace replay {

/// One of the two; neither: the end.
struct Moment {
    std::optional<std::uint64_t> number{};  // a sequence or a position, as its user says
    std::optional<Instant> time{};          // nothing later than that
    bool operator==(const Moment&) const = default;
};

/// "7": a number. "2026-11-21T05:36:29.123456Z", with fewer digits or without any behind the
/// seconds, without the seconds, or with +02:00 for the Z: a time; and so are fifteen digits and
/// more: microseconds since 1970. The error says what would be right.
[[nodiscard]] Result<Moment, std::string> parse_moment(std::string_view text);

}  // namespace replay
