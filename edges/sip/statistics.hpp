// What the telephone edge counts, for metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "edges/sip/request.hpp"

namespace sip {

inline constexpr std::size_t method_count = 6;
inline constexpr std::size_t status_classes = 7;  // index 1..6: 1xx..6xx

struct Statistics {
    std::array<std::array<std::uint64_t, status_classes>, method_count>
        requests{};                             // by Method and class of our answer
    std::uint64_t calls_arriving = 0;           // now: not answered yet
    std::uint64_t calls_dialling = 0;           // now: ours, not answered yet
    std::uint64_t calls_up = 0;                 // now
    std::uint64_t calls_in = 0, calls_out = 0;  // ever
    std::uint64_t registrations = 0;            // REGISTERs accepted
    std::uint64_t strangers_refused = 0;        // wrong passwords, unknown callers, blocked sources
    std::uint64_t malformed = 0;
    std::uint64_t overload_refused = 0;  // limits per source
    std::uint64_t texts_received = 0, texts_delivered = 0, texts_failed = 0;
};

/// The same as Statistics; written on the loop, read from anywhere. Each value is its own: no order
/// is needed.
class Counter {
public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    void take() { value_.fetch_sub(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

struct Counters {
    std::array<std::array<Counter, status_classes>, method_count> requests;
    Counter calls_arriving, calls_dialling, calls_up, calls_in, calls_out, registrations,
        strangers_refused, malformed, overload_refused, texts_received, texts_delivered,
        texts_failed;

    [[nodiscard]] Statistics snapshot() const {
        Statistics s;
        for (std::size_t m = 0; m < method_count; ++m) {
            for (std::size_t c = 0; c < status_classes; ++c)
                s.requests[m][c] = requests[m][c].value();
        }
        s.calls_arriving = calls_arriving.value();
        s.calls_dialling = calls_dialling.value();
        s.calls_up = calls_up.value();
        s.calls_in = calls_in.value();
        s.calls_out = calls_out.value();
        s.registrations = registrations.value();
        s.strangers_refused = strangers_refused.value();
        s.malformed = malformed.value();
        s.overload_refused = overload_refused.value();
        s.texts_received = texts_received.value();
        s.texts_delivered = texts_delivered.value();
        s.texts_failed = texts_failed.value();
        return s;
    }
};

}  // namespace sip
