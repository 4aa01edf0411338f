#include "base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace base {
namespace {

template <class Clock>
Instant read() noexcept {
    const auto since = Clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

constinit Lead lead;

}  // namespace

Instant Lead::at(Instant wall, Instant steady) noexcept {
    const std::int64_t seen = (wall - steady).us;
    std::int64_t most = us_.load(std::memory_order_relaxed);
    while (seen > most && !us_.compare_exchange_weak(most, seen, std::memory_order_relaxed)) {
    }
    return steady + Duration{std::max(seen, most)};
}

Instant wall_now() noexcept {
    const Instant wall = read<std::chrono::system_clock>();
    return lead.at(wall, steady_now());
}

Duration wall_goes_on_from(Instant last) noexcept {
    const Duration behind = last - wall_now();
    if (behind.us > 0) static_cast<void>(lead.at(last, steady_now()));
    return behind;
}

Instant steady_now() noexcept { return read<std::chrono::steady_clock>(); }

std::string iso8601(Instant at) {
    const std::time_t whole = static_cast<std::time_t>(at.us / 1'000'000);
    const int micros = static_cast<int>(at.us % 1'000'000);
    std::tm parts{};
    gmtime_r(&whole, &parts);
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                  micros);
    return text;
}

std::optional<Instant> parse_iso8601(std::string_view text) {
    const auto take = [&](std::size_t digits, int least, int most) -> std::optional<int> {
        if (text.size() < digits) return std::nullopt;
        int number = 0;
        for (const char c : text.substr(0, digits)) {
            if (c < '0' || c > '9') return std::nullopt;
            number = number * 10 + (c - '0');
        }
        text.remove_prefix(digits);
        if (number < least || number > most) return std::nullopt;
        return number;
    };
    const auto skip = [&](char c) {
        if (!text.starts_with(c)) return false;
        text.remove_prefix(1);
        return true;
    };
    const auto year = take(4, 1970, 9'999);
    const auto month = year && skip('-') ? take(2, 1, 12) : std::nullopt;
    const auto day = month && skip('-') ? take(2, 1, 31) : std::nullopt;
    const auto hour = day && skip('T') ? take(2, 0, 23) : std::nullopt;
    const auto minute = hour && skip(':') ? take(2, 0, 59) : std::nullopt;
    if (!minute) return std::nullopt;
    int second = 0;
    std::int64_t micros = 0;
    if (skip(':')) {
        const auto found = take(2, 0, 60);
        if (!found) return std::nullopt;
        second = *found;
        std::int64_t unit = skip('.') ? 1'000'000 : 0;
        while (!text.empty() && text[0] >= '0' && text[0] <= '9' && unit > 0)
            micros += (unit /= 10) * *take(1, 0, 9);
    }
    if (text != "Z") return std::nullopt;
    std::tm parts{};
    parts.tm_year = *year - 1900;
    parts.tm_mon = *month - 1;
    parts.tm_mday = *day;
    parts.tm_hour = *hour;
    parts.tm_min = *minute;
    parts.tm_sec = second;
    return Instant{std::int64_t{timegm(&parts)} * 1'000'000 + micros};
}

}  // namespace base
