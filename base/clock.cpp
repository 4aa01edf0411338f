#include "base/clock.hpp"

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

}  // namespace

Instant wall_now() noexcept { return read<std::chrono::system_clock>(); }

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

}  // namespace base
