// How much one source, and all of them together, may ask of us: calls at once, calls per second,
// requests per second, and how often a stranger's mistake is written down.
//
// Thread: one owner. Memory: sources_max entries; a flood from more sources than that shares one
// bucket, so it limits itself and not the machine. Time: only what is passed in.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/time.hpp"

namespace sip {

struct Limits {
    unsigned calls_max = 2000;           // all together; ports bound it too
    unsigned calls_per_source_max = 50;  // at once
    unsigned calls_per_second_per_source = 20;
    unsigned requests_per_second_per_source = 200;
    unsigned strikes_per_second = 20;  // journaled, all together
    bool operator==(const Limits&) const = default;
};

/// A bucket that fills with `rate` drops a second up to two seconds' worth.
class Bucket {
public:
    [[nodiscard]] bool take(unsigned rate, Instant now);
    [[nodiscard]] bool full(unsigned rate, Instant now) const;

private:
    bool fresh_ = true;
    double drops_ = 0;
    Instant filled_at_{};
};

class Admission {
public:
    explicit Admission(Limits limits) : limits_(limits) {}
    static constexpr std::size_t sources_max = 8192;

    /// Any request. False: drop or answer 503.
    [[nodiscard]] bool request(const std::string& source, Instant now);
    /// A new call; true takes a place that `call_ended` gives back. False: 503 with Retry-After. A
    /// trunk is bound by the total alone: it is one address for many callers.
    [[nodiscard]] bool call_begins(const std::string& source, bool trunk, Instant now);
    void call_ended(const std::string& source);
    /// Whether a stranger's mistake may be journaled now.
    [[nodiscard]] bool strike(Instant now) {
        return strikes_.take(limits_.strikes_per_second, now);
    }

    [[nodiscard]] unsigned calls() const { return calls_; }
    [[nodiscard]] std::size_t sources() const { return sources_.size(); }

private:
    struct Source {
        unsigned calls = 0;
        Bucket starts, requests;
    };
    Source& source_of(const std::string& source, Instant now);
    void forget_idle(Instant now);

    Limits limits_;
    unsigned calls_ = 0;
    std::unordered_map<std::string, Source> sources_;
    Source rest_;  // of all sources that found no place of their own
    Instant swept_at_{};
    Bucket strikes_;
};

}  // namespace sip
