// What one seed of the swarm is made of: how many people there are, what they do and how often, how
// actors are interleaved, and what goes wrong when. Plain data: drawn from a seed, written to and
// read from JSON, made smaller by shrink.hpp.
//
// Thread: a value. Times are in seconds of virtual time since the town begins.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sim::swarm {

/// What people and telephones of a town may do. Each seed leaves some out, so that the others meet
/// more often (swarm testing: Groce et al., ISSTA 2012).
enum class Feature : std::uint8_t {
    messages,       // chats
    resends,        // clients send again what was answered already
    groups,         // conversations gain and lose members
    dial_in,        // people call conferences
    access_number,  // ... by the shared number
    wrong_pins,     // ... and mistype
    hang_ups,       // callers hang up whenever they like, even while they key
    dial_out,       // conferences ring people and numbers
    cancels,        // ... and give up
    mutes,
    holds,
    hands,
    sound,  // gains, deafness, coaches, recordings
    removals,
    locks,
    endings,        // conferences end and new ones begin
    registrations,  // phones come, go and expire
    sessions,
    numbers,    // are claimed and released
    strangers,  // somebody sends whatever comes to mind, signed in as a user
    twice,      // the network delivers commands twice, or long after they were sent
    watchers,   // clients follow streams, leave and come back with a cursor
    count_,
};
[[nodiscard]] std::string_view name_of(Feature feature);

struct Crash {
    double at_s = 0;
    std::uint32_t errands = 0;  // after so many further errands of the process: appends,
                                // completions, replies, effects, snapshots
    bool operator==(const Crash&) const = default;
};
struct Jump {
    double at_s = 0, by_s = 0;  // of the clock on the wall
    bool operator==(const Jump&) const = default;
};
struct Span {
    double from_s = 0, to_s = 0;
    bool operator==(const Span&) const = default;
};

struct Case {
    std::uint64_t seed = 1;
    double seconds = 120;
    std::uint32_t users = 3, rooms = 2;
    double wishes_per_s = 2;
    std::uint32_t burst = 1;  // wishes at the same instant
    std::array<bool, static_cast<std::size_t>(Feature::count_)> features{};
    bool shuffled = false;
    double idle_after_s = 300;
    double network_s = 0.02;  // mean delay of a telephone's word
    // the disk
    double sync_s = 0.0002;
    double sync_fails = 0, torn = 0, reordered = 0, lost = 0.5, slow = 0;
    Span full;  // no space
    std::vector<Crash> crashes;
    std::vector<Jump> jumps;
    std::vector<Span> partitions;    // nothing comes from telephones
    std::vector<double> trunk_lost;  // every call drops
    bool operator==(const Case&) const = default;

    [[nodiscard]] bool has(Feature feature) const {
        return features[static_cast<std::size_t>(feature)];
    }
};

/// Everything but the length is chance.
[[nodiscard]] Case draw_case(std::uint64_t seed, double seconds);

/// One line. from_json: the error is a sentence.
[[nodiscard]] std::string to_json(const Case& one);
[[nodiscard]] Result<Case, std::string> case_from_json(std::string_view text);

}  // namespace sim::swarm
