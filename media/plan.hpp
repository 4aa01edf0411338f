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
#include "media/room.hpp"

namespace media {

struct PlanSeat {
    Leg* leg = nullptr;
    bool speaks = true;
    bool hears = true;
};

struct PlanRoom {
    std::shared_ptr<Room> room;
    std::vector<PlanSeat> seats;
};

/// An order to hand a leg over; void once the leg's owner is not `from` any more.
struct Departure {
    Leg* leg = nullptr;
    Ownership from, to;
};

struct Plan {
    std::vector<std::shared_ptr<const PlanRoom>>
        rooms;                // shared with the plan before, where nothing changed
    std::vector<Leg*> loose;  // legs without a room
    std::vector<Departure> departures;
};

}  // namespace media
