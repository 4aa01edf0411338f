// What a room remembers between ticks: announcements that still play to everybody.
//
// Thread: one worker plays it; the control side reaches
// it only through `inbox`. Memory: fixed. Time: ticks.
#pragma once

#include "base/realtime.hpp"
#include "base/spsc_ring.hpp"
#include "media/engine.hpp"
#include "media/prompts.hpp"

namespace media {

struct Room {
    explicit Room(RoomId room_id) : id(room_id) {}

    const RoomId id;
    SpscRing<const Prompt*, 16>
        inbox;  // control -> worker; full: the announcement is dropped, it would be old news
    PromptQueue announcements;  // the worker's

    void begin_tick() noexcept REALTIME {
        const Prompt* prompt = nullptr;
        while (inbox.try_pop(prompt)) (void)announcements.add(prompt);
    }
};

}  // namespace media
