// Rooms that move between workers, with all who are in them.
//
// The old worker keeps the room in its plan and ticks it until it has handed over the legs and then
// the room, at the end of a tick (Lane::let_go_rooms); the new one has it in its plan and waits for
// its name. So nobody misses a frame, and two workers never touch a room at once.
#include <algorithm>

#include "base/clock.hpp"
#include "media/control.hpp"

namespace media {

void Control::keep_balance() {
    if (stations_.size() < 2) return;
    std::vector<std::uint32_t> averages_us;
    for (const auto& worker : workers_) averages_us.push_back(worker->meter().average_us());
    std::vector<Balance::RoomLoad> loads;
    for (const auto& [id, room] : rooms_) {
        const bool settled = std::ranges::none_of(
            room.legs, [&](const RoomLeg& leg) { return legs_.at(leg.leg)->leaves.has_value(); });
        loads.push_back({.room = id,
                         .worker = room.worker,
                         .legs = room.legs.size(),
                         .may_move = settled && !room.sums && !is_moving(*room.room)});
    }
    const auto move = balance_.consider(averages_us, loads, base::steady_now().us);
    if (move) move_room(rooms_.at(move->room), move->to);
}

bool Control::is_moving(const Room& room) const {
    return std::ranges::any_of(
        stations_, [&](const Station& station) { return station.flights.contains(room.id); });
}

void Control::move_room(RoomRecord& room, std::uint32_t to) {
    const std::uint32_t from = room.worker;
    RoomFlight flight{.room = room.room, .from = from, .to = to};
    for (const RoomLeg& entry : room.legs) {
        LegRecord& record = *legs_.at(entry.leg);
        const Ownership next{.worker = to, .move = record.owner.move + 1};
        flight.legs.push_back({.leg = record.leg.get(), .from = record.owner, .to = next});
        --stations_[from].legs;
        ++stations_[to].legs;
        watch(record, to);
        record.leaves = record.owner;
        record.owner = next;
        flying_.insert(entry.leg);
    }
    stations_[from].flights[room.room->id] = std::move(flight);
    stations_[from].dirty = true;
    room.worker = to;
    plan_room(room);  // into the new worker's plan; the old one's keeps the room as it was
    ++rooms_moved_;
}

void Control::land_rooms() {
    for (Station& station : stations_) {
        std::erase_if(station.flights, [&](const auto& entry) {
            const RoomFlight& flight = entry.second;
            if (flight.room->owner.load(std::memory_order_acquire) != flight.to) return false;
            const auto planned = station.rooms.find(entry.first);
            if (planned != station.rooms.end() && planned->second->room == flight.room)
                station.rooms.erase(planned);
            station.dirty = true;
            return true;
        });
    }
}

// A leg that is closed while its room moves: out of the old worker's plan and orders, too.
void Control::drop_from_flight(Station& station, const Leg& leg) {
    for (auto& [id, flight] : station.flights) {
        const auto gone = std::erase_if(
            flight.legs, [&](const Departure& departure) { return departure.leg == &leg; });
        const auto planned = station.rooms.find(id);
        if (gone == 0 || planned == station.rooms.end()) continue;
        auto without = std::make_shared<PlanRoom>(*planned->second);
        std::erase_if(without->seats, [&](const PlanSeat& seat) { return seat.leg == &leg; });
        for (PlanSeat& seat : without->seats) {
            std::erase(seat.whisperers, &leg);
            std::erase(seat.unheard, &leg);
        }
        planned->second = std::move(without);
        station.dirty = true;
    }
}

}  // namespace media
