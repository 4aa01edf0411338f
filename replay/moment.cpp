#include "replay/moment.hpp"

#include <charconv>
#include <chrono>

namespace replay {
namespace {

constexpr std::uint64_t first_microsecond = 100'000'000'000'000;  // in 1973; no sequence gets there

/// Takes pieces off the front of a text.
class Pieces {
public:
    explicit Pieces(std::string_view text) : rest_(text) {}
    [[nodiscard]] bool word(char wanted) {
        if (rest_.empty() || rest_[0] != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// Exactly `digits` of them, at most `most`.
    [[nodiscard]] bool number(std::size_t digits, int least, int most, int& value) {
        if (rest_.size() < digits) return false;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, value);
        if (error != std::errc{} || end != rest_.data() + digits || rest_[0] == '-') return false;
        rest_.remove_prefix(digits);
        return value >= least && value <= most;
    }
    /// Up to six digits, as microseconds.
    [[nodiscard]] bool fraction(int& us) {
        std::size_t digits = 0;
        us = 0;
        while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9' && digits < 6) {
            us = us * 10 + (rest_[0] - '0');
            rest_.remove_prefix(1);
            ++digits;
        }
        for (std::size_t i = digits; i < 6; ++i) us *= 10;
        return digits > 0;
    }
    [[nodiscard]] bool empty() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

// ISO 8601, the extended form with a zone (RFC 3339, 5.6).
std::optional<Instant> parse_iso(std::string_view text) {
    Pieces pieces{text};
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, us = 0;
    const bool dated = pieces.number(4, 1970, 9999, year) && pieces.word('-') &&
                       pieces.number(2, 1, 12, month) && pieces.word('-') &&
                       pieces.number(2, 1, 31, day) && (pieces.word('T') || pieces.word(' ')) &&
                       pieces.number(2, 0, 23, hour) && pieces.word(':') &&
                       pieces.number(2, 0, 59, minute);
    if (!dated) return std::nullopt;
    if (pieces.word(':') && !pieces.number(2, 0, 59, second)) return std::nullopt;
    if (pieces.word('.') && !pieces.fraction(us)) return std::nullopt;
    int zone_hours = 0, zone_minutes = 0, sign = 0;
    if (!pieces.word('Z')) {
        sign = pieces.word('+') ? 1 : pieces.word('-') ? -1 : 0;
        if (sign == 0 || !pieces.number(2, 0, 23, zone_hours) || !pieces.word(':') ||
            !pieces.number(2, 0, 59, zone_minutes)) {
            return std::nullopt;
        }
    }
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!pieces.empty() || !date.ok()) return std::nullopt;
    const std::int64_t days_since = std::chrono::sys_days{date}.time_since_epoch().count();
    const std::int64_t minutes_since =
        (days_since * 24 + hour) * 60 + minute - sign * (zone_hours * 60 + zone_minutes);
    return Instant{(minutes_since * 60 + second) * 1'000'000 + us};
}

}  // namespace

Result<Moment, std::string> parse_moment(std::string_view text) {
    if (!text.empty() && text.find_first_not_of("0123456789") == text.npos) {
        std::uint64_t number = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
        if (parsed.ec == std::errc{} && number >= first_microsecond && number <= INT64_MAX)
            return Moment{.time = Instant{static_cast<std::int64_t>(number)}};
        if (parsed.ec == std::errc{} && number > 0) return Moment{.number = number};
    }
    if (const auto time = parse_iso(text)) return Moment{.time = *time};
    return fail("'" + std::string{text} +
                "' is neither a number from 1 nor a time: write 7, 2026-11-21T05:36:29Z or "
                "microseconds since 1970");
}

}  // namespace replay
