// Time as data: microseconds. Only base/clock.cpp reads a clock; all else is told the time.
#pragma once

#include <compare>
#include <cstdint>

struct Duration {
    std::int64_t us = 0;
    auto operator<=>(const Duration&) const = default;
    friend constexpr Duration operator+(Duration a, Duration b) { return {a.us + b.us}; }
    friend constexpr Duration operator-(Duration a, Duration b) { return {a.us - b.us}; }
    friend constexpr Duration operator*(Duration a, std::int64_t n) { return {a.us * n}; }
};

constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration minutes(std::int64_t n) { return {n * 60'000'000}; }
constexpr Duration hours(std::int64_t n) { return {n * 3'600'000'000}; }
constexpr Duration days(std::int64_t n) { return {n * 86'400'000'000}; }

/// Microseconds since 1970-01-01T00:00:00Z. Zero means "never" or "none" where a field says so.
struct Instant {
    std::int64_t us = 0;
    auto operator<=>(const Instant&) const = default;
    friend constexpr Instant operator+(Instant at, Duration d) { return {at.us + d.us}; }
    friend constexpr Instant operator-(Instant at, Duration d) { return {at.us - d.us}; }
    friend constexpr Duration operator-(Instant a, Instant b) { return {a.us - b.us}; }
};
