// Who is in which room, and at which worker: legs that come, go, and fly to their room's worker.
#include <algorithm>

#include "media/control.hpp"

namespace media {

bool Control::set_room(RoomId id, std::span<const RoomLeg> legs, const RoomProfile& profile) {
    std::map<LegId, RoomLeg>
        wanted;  // the first entry of a leg counts; who is not open is not here
    for (const RoomLeg& leg : legs) {
        if (legs_.contains(leg.leg)) wanted.emplace(leg.leg, leg);
    }
    const auto known = rooms_.find(id);
    if (known != rooms_.end()) {
        const std::vector<RoomLeg> before = known->second.legs;
        for (const RoomLeg& leg : before) {
            if (!wanted.contains(leg.leg)) leave_room(*legs_.at(leg.leg));
        }
    }
    if (legs.empty()) {
        const bool recorded = known != rooms_.end() && known->second.recording != Recording::off;
        if (known != rooms_.end()) {
            make_whole(known->second);
            stations_[known->second.worker].rooms.erase(id);
            stations_[known->second.worker].dirty = true;
            rooms_.erase(known);
        }
        publish();
        return recorded;
    }
    if (known == rooms_.end()) {
        std::optional<std::uint32_t> where_the_first_is;
        if (!wanted.empty()) where_the_first_is = legs_.at(wanted.begin()->first)->owner.worker;
        const std::uint32_t worker = least_loaded(where_the_first_is);
        rooms_[id] = {.room = std::make_shared<Room>(id, worker), .worker = worker};
    }
    for (const auto& [leg, entry] : wanted) {
        LegRecord& record = *legs_.at(leg);
        if (record.room != id) leave_room(record);
        record.room = id;
    }
    RoomRecord& room = rooms_.at(id);
    room.profile = profile;
    room.legs.clear();
    for (const auto& [leg, entry] : wanted) room.legs.push_back(entry);
    arrange_parts(room);
    for (const auto& [leg, entry] : wanted) seat(*legs_.at(leg));
    plan_room(room);
    publish();
    return false;
}

bool Control::record(RoomId id, Recording what) {
    const auto found = rooms_.find(id);
    if (found == rooms_.end() || found->second.recording == what) return false;
    found->second.recording = what;
    arrange_parts(found->second);
    for (const RoomLeg& leg : found->second.legs) seat(*legs_.at(leg.leg));
    plan_room(found->second);
    publish();
    return what == Recording::off;
}

void Control::announce(RoomId id, const std::string& prompt) {
    const auto found = rooms_.find(id);
    if (found != rooms_.end()) (void)found->second.room->inbox.try_push(prompts_.find(prompt));
}

void Control::leave_room(LegRecord& record) {
    if (!record.room) return;
    RoomRecord& room = rooms_.at(*record.room);
    std::erase_if(room.legs, [&](const RoomLeg& leg) { return leg.leg == record.leg->id; });
    record.room.reset();
    record.parted.reset();
    plan_room(room);
    seat(record);
}

// Puts a leg where it belongs: into its room's worker's
// hands, or among the loose ones of the worker it is with.
void Control::seat(LegRecord& record) {
    if (record.room && !record.leaves && worker_of(record) != record.owner.worker)
        fly(record, worker_of(record));
    Station& here = stations_[record.owner.worker];
    const bool in_room = record.room && worker_of(record) == record.owner.worker;
    if (in_room)
        here.loose.erase(record.leg->id);
    else
        here.loose[record.leg->id] = &record;
    here.dirty = true;
}

void Control::fly(LegRecord& record, std::uint32_t to) {
    const LegId id = record.leg->id;
    const Ownership next{.worker = to, .move = record.owner.move + 1};
    Station& here = stations_[record.owner.worker];
    here.loose.erase(id);
    here.departures[id] = {.leg = record.leg.get(), .from = record.owner, .to = next};
    here.dirty = true;
    --here.legs;
    ++stations_[to].legs;
    watch(record, to);
    record.leaves = record.owner;
    record.owner = next;
    flying_.insert(id);
}

void Control::land(LegRecord& record) {
    const std::uint32_t old = record.leaves->worker;
    unwatch(record, old);
    stations_[old].departures.erase(record.leg->id);
    stations_[old].dirty = true;
    record.leaves.reset();
    flying_.erase(record.leg->id);
    seat(record);  // its room may have changed meanwhile: then it flies on
    if (record.room && record.leaves) plan_room(rooms_.at(*record.room));
}

}  // namespace media
