// What one worker has to do in a tick: immutable, made
// by the control side, published by an atomic pointer.
//
// A leg may stand in the plans of two workers while it moves; only the one that `Leg::owner` names
// touches it. Thread: read by one worker during a tick, never kept beyond it. Memory: reclaimed by
// the control side when the worker has finished a tick that began after the plan was replaced.
#pragma once

#include <memory>
#include <vector>

#include "media/leg.hpp"
#include "media/partial_sums.hpp"
#include "media/room.hpp"

namespace media {

struct PlanSeat {
    Leg* leg = nullptr;
    bool speaks = true;
    bool hears = true;
    bool whispers = false;  // not in the sum; those who hear it have it in `whisperers`
    std::int8_t gain_in_db = 0, gain_out_db = 0;
    // The room's matrix of who hears whom, as what differs from "everybody else".
    std::vector<Leg*> whisperers;  // heard here besides the sum
    std::vector<Leg*> unheard;     // in the sum, but not heard here
    SharedVoice* voice = nullptr;  // what this leg has in common with others; null: not configured

    /// Does it hear something else than everybody who is silent?
    [[nodiscard]] bool hears_otherwise() const noexcept REALTIME {
        return gain_out_db != 0 || !whisperers.empty() || !unheard.empty();
    }
};

struct PlanRoom {
    std::shared_ptr<Room> room;
    std::vector<PlanSeat> seats;
    std::vector<std::shared_ptr<SharedVoice>> voices;  // of the seats
    std::uint32_t rate_hz = 8'000;
    std::uint32_t loudest = 0;  // mix only so many; 0: all
    bool suppress_silence = true, level_voices = false, gate_noise = false;
    bool capture = false;
    Recording recording = Recording::off;
    const Prompt* music = nullptr;      // for who is alone
    std::shared_ptr<PartialSums> sums;  // of a room in parts; none: it is whole
    std::uint32_t part = 0;
};

/// An order to hand a leg over; void once the leg's owner is not `from` any more.
struct Departure {
    Leg* leg = nullptr;
    Ownership from, to;
};

/// An order to hand over a room with all its legs, when it has been ticked once more; void unless
/// `from` has the room.
struct RoomFlight {
    std::shared_ptr<Room> room;
    std::uint32_t from = 0, to = 0;
    std::vector<Departure> legs;
};

struct Plan {
    std::vector<std::shared_ptr<const PlanRoom>>
        rooms;                    // shared with the plan before, where nothing changed
    std::vector<PlanSeat> loose;  // legs without a room
    std::vector<std::shared_ptr<SharedVoice>> silences;  // what deaf and loose legs hear
    std::vector<Departure> departures;
    std::vector<RoomFlight> flights;
};

}  // namespace media
