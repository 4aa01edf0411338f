// What all sockets of one server share.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "edges/web/api.hpp"
#include "edges/web/presence.hpp"

namespace web {

/// Why a socket was cut, kept until the same session comes back and can be told.
struct LastWords {
    std::string code, sentence;
    Instant at;
};

class Hub {
public:
    explicit Hub(Api& api_to_use) : api(api_to_use) {}

    void remember(const base::Hash& token, LastWords words);
    [[nodiscard]] std::optional<LastWords> recall(const base::Hash& token);

    Api& api;
    Presence presence;
    std::atomic<std::uint64_t> frames_in{0}, frames_out{0},
        cut{0};  // statistics: relaxed everywhere

private:
    static constexpr std::size_t remembered_max = 10'000;  // the oldest is forgotten
    std::mutex mutex_;
    std::map<std::string, LastWords> words_;
    std::deque<std::string> oldest_;
};

/// Lets `burst` through at once and `per_second` in the long run.
class Bucket {
public:
    Bucket(double per_second, double burst, Instant now)
        : per_second_(per_second), burst_(burst), left_(burst), at_(now) {}
    [[nodiscard]] bool take(Instant now);

private:
    double per_second_, burst_, left_;
    Instant at_;
};

inline constexpr double requests_per_second = 50, requests_burst = 100;  // of one connection

}  // namespace web
