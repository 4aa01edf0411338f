// Rooms in parts: a room that is too big for one worker has a part at each
// (media/partial_sums.hpp).
//
// Who joins goes to the smallest part, or stays where it is if that is as good. A room whose
// members whisper, that mixes only its loudest, or that is recorded is whole, however big it is:
// those need all its legs in one hand. Becoming parts or whole costs a leg that changes workers a
// frame.
#include <algorithm>

#include "media/control.hpp"

namespace media {

bool Control::wants_parts(const RoomRecord& room) const {
    if (split_rooms_at_ == 0 || stations_.size() < 2 || is_moving(*room.room)) return false;
    const std::size_t legs_min = room.sums ? split_rooms_at_ / 2 : split_rooms_at_;
    return room.legs.size() >= legs_min && room.profile.loudest == 0 &&
           room.recording == Recording::off && std::ranges::all_of(room.legs, [](const auto& leg) {
               return leg.only_to.empty() && leg.not_from.empty();
           });
}

std::uint32_t Control::worker_of(const LegRecord& record) const {
    const RoomRecord& room = rooms_.at(*record.room);
    return room.sums ? record.part : room.worker;
}

/// Makes parts, makes it whole again, or finds parts for who is new.
void Control::arrange_parts(RoomRecord& room) {
    const bool parts = wants_parts(room);
    if (!parts) return make_whole(room);
    const bool fresh = !room.sums;
    if (fresh) {
        room.sums = std::make_shared<PartialSums>(stations_.size());
        room.parts.resize(stations_.size());
        for (std::uint32_t i = 0; i < room.parts.size(); ++i)
            room.parts[i].room = std::make_shared<Room>(room.room->id, i);
        room.parts[room.worker] = {.room = room.room, .voices = std::exchange(room.voices, {})};
    }
    std::vector<std::size_t> sizes(stations_.size());
    std::vector<LegRecord*> fresh_legs;
    for (const RoomLeg& leg : room.legs) {
        LegRecord& record = *legs_.at(leg.leg);
        if (fresh || record.parted != room.room->id)
            fresh_legs.push_back(&record);
        else
            ++sizes[record.part];
    }
    const std::size_t share = (room.legs.size() + sizes.size() - 1) / sizes.size();
    for (LegRecord* record : fresh_legs) {
        const auto smallest = std::ranges::min_element(sizes) - sizes.begin();
        const std::uint32_t here = record->owner.worker;
        record->part = sizes[here] < share ? here : static_cast<std::uint32_t>(smallest);
        record->parted = room.room->id;
        ++sizes[record->part];
    }
}

void Control::make_whole(RoomRecord& room) {
    if (!room.sums) return;
    for (std::uint32_t i = 0; i < room.parts.size(); ++i) {
        if (i == room.worker) continue;
        stations_[i].rooms.erase(room.room->id);
        stations_[i].dirty = true;
    }
    sums_missed_ += room.sums->missed();
    room.voices = std::move(room.parts[room.worker].voices);
    room.parts.clear();
    room.sums.reset();
    for (const RoomLeg& leg : room.legs) legs_.at(leg.leg)->parted.reset();
}

std::uint64_t Control::sums_missed() const {
    std::uint64_t all = sums_missed_;
    for (const auto& [id, room] : rooms_) all += room.sums ? room.sums->missed() : 0;
    return all;
}

void Control::plan_room(RoomRecord& room) {
    if (!room.sums) return plan_part(room, room.worker, room.room, room.voices);
    for (std::uint32_t i = 0; i < room.parts.size(); ++i)
        plan_part(room, i, room.parts[i].room, room.parts[i].voices);
}

}  // namespace media
