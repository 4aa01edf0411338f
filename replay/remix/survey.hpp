// What captured sound there is of a conference: which legs, from when to when, at which rate.
//
// A tick is a number of its server's run; the records' clocks say which time of day it was. Thread:
// any. Memory: a row per leg. Time: one pass over the conference's captured sound.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "journal/reader.hpp"
#include "media/engine.hpp"
#include "replay/remix/cast.hpp"

namespace replay {

/// The records of one leg in one run of the server.
struct CapturedLeg {
    std::uint64_t epoch = 0;
    media::LegId leg = 0;
    std::uint64_t first_tick = 0, last_tick = 0;
    std::uint64_t records = 0, chunks = 0;
    std::uint32_t room_rate_hz = 0;  // the highest
    bool version_1 = false;          // some are
    bool opus = false;               // some are
};

struct Survey {
    std::string room;               // "conference/471100"
    std::vector<CapturedLeg> legs;  // by epoch and leg, the room itself (captured_room) last
    std::uint64_t chunks = 0;
    std::vector<std::string> damages;  // a sentence each

    /// When a tick was; of a run without any clock, as if it began with the conference.
    [[nodiscard]] Instant time_of(std::uint64_t epoch, std::uint64_t tick) const;
    /// The first tick that is not before `at`.
    [[nodiscard]] std::uint64_t tick_at(std::uint64_t epoch, Instant at) const;
    /// Of the first record of all.
    [[nodiscard]] Instant begin() const;

    std::map<std::uint64_t, Instant> tick_zero;  // by epoch
};

/// Called now and then with the chunks that are done, and of how many (0: not known yet).
using RemixProgress = std::function<void(std::uint64_t, std::uint64_t)>;

/// `cast` stands in for the clocks that records of version 1 do not have.
[[nodiscard]] Survey survey(const journal::Reader& reader, const Cast& cast,
                            const RemixProgress& progress = {});

/// One line a leg: who, from when to when.
[[nodiscard]] std::vector<std::string> text_of(const Survey& survey, const Cast& cast);

}  // namespace replay
