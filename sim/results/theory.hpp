// What teletraffic theory says about systems simple enough for it. The simulator is held against
// these in sim/validation; docs/simulation.md gives the sources.
//
// Thread: pure functions. Loads are in erlangs unless said otherwise.
#pragma once

#include <cstdint>

namespace sim::theory {

/// Share of calls that find all `lines` busy: M/G/c/c, Poisson arrivals (Erlang 1917; Cooper
/// 1981, 3.3).
[[nodiscard]] double erlang_b(double load, std::uint32_t lines);

/// M/M/c with an endless queue; load < lines.
struct Waiting {
    double waits = 0;        // share of calls that wait (Erlang C)
    double mean_s = 0;       // of all calls
    double mean_wait_s = 0;  // of those that wait
};
[[nodiscard]] Waiting erlang_c(double load, std::uint32_t lines, double holding_s);

/// M/M/c/c+queue: `queue` callers may wait, the others are turned away.
struct Queueing {
    double blocked = 0, waits = 0;  // shares of all calls
    double mean_wait_s = 0;         // of those that are not blocked
    double busy = 0, queued = 0;    // on average
};
[[nodiscard]] Queueing queue(double load, std::uint32_t lines, std::uint32_t places,
                             double holding_s);

/// `sources` callers, each idle for an exponential time and then calling; blocked calls are
/// cleared (Engset 1918). `offered` is the load of one idle source: holding / idle time.
struct Engset {
    double time = 0;  // share of time with all lines busy
    double call = 0;  // share of calls that find them so: what `sources - 1` others leave
    double busy = 0;  // lines, on average
};
[[nodiscard]] Engset engset(std::uint32_t sources, double offered, std::uint32_t lines);

/// M/M/c/c whose blocked callers try again with probability `persistence`, each attempt anew, after
/// an exponential time (Falin and Templeton, Retrial Queues, 1997): the chain solved numerically,
/// its orbit cut where less than 1e-12 of the probability is left. Needs load < lines when everyone
/// persists.
struct Retrials {
    double blocked = 0;  // share of all attempts, first and repeated
    double busy = 0, orbit = 0;
};
[[nodiscard]] Retrials retrials(double load, std::uint32_t lines, double retry_s, double holding_s,
                                double persistence = 1);

}  // namespace sim::theory
