// Who of a room talks when. One object a room; people enter and leave, and the model tells the next
// change.
//
// Thread: one owner. Time: virtual. Speaking of ITU-T P.59 (artificial conversational speech) for
// two, turn taking for more.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "sim/models/chance.hpp"

namespace sim {

class RoomTalk {
public:
    struct Change {
        Instant at{};
        std::uint64_t who = 0;
        bool talks = false;
    };
    virtual ~RoomTalk() = default;
    virtual void enter(std::uint64_t who, Instant now) = 0;
    /// Who leaves stops talking without a change being told.
    virtual void leave(std::uint64_t who, Instant now) = 0;
    /// The next change, if nobody enters or leaves before; nothing for an empty or silent room.
    [[nodiscard]] virtual std::optional<Change> peek() const = 0;
    virtual Change take() = 0;  // of what peek() told
};

[[nodiscard]] std::unique_ptr<RoomTalk> room_talk(const Talk& plan, Chance chance);

}  // namespace sim
