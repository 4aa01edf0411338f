#include "media/control.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "media/sound/mix.hpp"
#include "media/rtp.hpp"
#include "media/udp.hpp"

namespace media {
namespace {

constexpr int bind_tries_max =
    1'024;  // ports that others hold, some 10 ms; then the caller hears no_port_free

static_assert(legs_max <= room_legs_max, "all legs in one room must sum into 32 bits");

LegIdentity draw_identity() {
    const std::uint64_t chance = base::random_u64();
    return {.ssrc = static_cast<std::uint32_t>(chance >> 32),
            .first_sequence = static_cast<std::uint16_t>(chance),
            .first_timestamp = static_cast<std::uint32_t>(base::random_u64()),
            .cname = base::hex(base::random_bytes(12))};  // 96 random bits (RFC 7022, 4.2)
}

std::uint32_t ip_of(const std::string& text) {
    const auto parsed = parse_address(text, 0);
    return parsed ? parsed->ip : 0;  // any address: better than no sound
}

}  // namespace

Control::Control(const Options& options, std::vector<std::unique_ptr<Worker>>& workers)
    : workers_(workers),
      bind_ip_(ip_of(options.bind_ip)),
      prompts_(options.prompts_folder, options.on_message),
      ports_(options.port_min, options.port_max, base::random_u64()),
      stations_(workers.size()) {}

Control::~Control() {
    for (auto& [id, record] : legs_) finish(*record);
    for (Retired& what : retired_) {
        if (what.leg) finish(*what.leg);
    }
}

// ---- legs -----------------------------------------------------------------------------------

Result<std::uint16_t, Fault> Control::open(LegId leg) {
    if (legs_.contains(leg)) return fail(Fault::leg_exists);
    if (legs_.size() >= legs_max) return fail(Fault::too_many_legs);
    LegPorts sockets;
    const auto port = bind_pair(sockets);
    if (!port.ok()) return port;
    auto record = std::make_unique<LegRecord>();
    record->port = port.value();
    record->owner = {.worker = least_loaded(std::nullopt)};
    record->leg = std::make_unique<Leg>(leg, draw_identity(), sockets, record->owner);
    workers_[record->owner.worker]->watch(*record->leg);
    ++stations_[record->owner.worker].legs;
    seat(*record);
    legs_.emplace(leg, std::move(record));
    publish();
    return port;
}

Result<std::uint16_t, Fault> Control::bind_pair(LegPorts& ports) {
    for (int tries = 0; tries < bind_tries_max; ++tries) {
        const auto port = ports_.take();
        if (!port) return fail(Fault::no_port_free);
        const auto rtp = bind_udp({.ip = bind_ip_, .port = *port});
        if (rtp.ok()) {
            const auto rtcp =
                bind_udp({.ip = bind_ip_, .port = static_cast<std::uint16_t>(*port + 1)});
            if (rtcp.ok()) {
                ports = {.rtp = rtp.value(), .rtcp = rtcp.value()};
                return *port;
            }
            close_udp(rtp.value());
            ports_.give_back(*port);
            if (rtcp.error() == BindFault::no_descriptors) return fail(Fault::too_many_legs);
            continue;
        }
        ports_.give_back(*port);
        if (rtp.error() == BindFault::no_descriptors) return fail(Fault::too_many_legs);
        if (rtp.error() == BindFault::bad_address) return fail(Fault::no_port_free);
    }
    return fail(Fault::no_port_free);
}

std::uint32_t Control::least_loaded(std::optional<std::uint32_t> prefer) const {
    std::uint32_t best = prefer.value_or(0);
    for (std::uint32_t i = 0; i < stations_.size(); ++i) {
        if (stations_[i].legs < stations_[best].legs) best = i;
    }
    return best;
}

void Control::command(LegRecord& record, const LegCommand& order) {
    if (record.waiting.empty() && record.leg->inbox.try_push(order)) return;
    record.waiting.push_back(order);  // 16 orders within a tick: keep_house tries again
    waiting_.insert(record.leg->id);
}

void Control::configure(LegId leg, const LegConfig& config) {
    const auto found = legs_.find(leg);
    if (found == legs_.end()) return;
    command(*found->second, {.kind = LegCommand::Kind::configure, .config = config});
}

void Control::play(LegId leg, std::span<const std::string> prompts, bool replace) {
    const auto found = legs_.find(leg);
    if (found == legs_.end()) return;
    if (replace) command(*found->second, {.kind = LegCommand::Kind::stop_prompts});
    for (const std::string& name : prompts) {
        command(*found->second, {.kind = LegCommand::Kind::play, .prompt = prompts_.find(name)});
    }
}

void Control::stop_prompts(LegId leg) { play(leg, {}, true); }

void Control::close(LegId leg) {
    const auto found = legs_.find(leg);
    if (found == legs_.end()) return;
    std::unique_ptr<LegRecord> record = std::move(found->second);
    legs_.erase(found);
    flying_.erase(leg);
    waiting_.erase(leg);
    // First off the pollers, then off the plans: a tick
    // that begins after this cannot come by its address.
    workers_[record->owner.worker]->unwatch(*record->leg);
    if (record->leaves) {
        workers_[record->leaves->worker]->unwatch(*record->leg);
        stations_[record->leaves->worker].departures.erase(leg);
        stations_[record->leaves->worker].dirty = true;
    }
    leave_room(*record);
    stations_[record->owner.worker].loose.erase(leg);
    stations_[record->owner.worker].dirty = true;
    --stations_[record->owner.worker].legs;
    publish();
    retire({.leg = std::move(record)});
}

std::optional<LegStatistics> Control::statistics(LegId leg) const {
    const auto found = legs_.find(leg);
    if (found == legs_.end()) return std::nullopt;
    return found->second->leg->statistics();
}

// ---- rooms ----------------------------------------------------------------------------------

void Control::set_room(RoomId id, std::span<const RoomLeg> legs) {
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
        if (known != rooms_.end()) {
            stations_[known->second.worker].rooms.erase(id);
            stations_[known->second.worker].dirty = true;
            rooms_.erase(known);
        }
        return publish();
    }
    if (known == rooms_.end()) {
        std::optional<std::uint32_t> where_the_first_is;
        if (!wanted.empty()) where_the_first_is = legs_.at(wanted.begin()->first)->owner.worker;
        rooms_[id] = {.room = std::make_shared<Room>(id),
                      .worker = least_loaded(where_the_first_is)};
    }
    for (const auto& [leg, entry] : wanted) {
        LegRecord& record = *legs_.at(leg);
        if (record.room != id) leave_room(record);
        record.room = id;
    }
    RoomRecord& room = rooms_.at(id);
    room.legs.clear();
    for (const auto& [leg, entry] : wanted) room.legs.push_back(entry);
    for (const auto& [leg, entry] : wanted) seat(*legs_.at(leg));
    plan_room(room);
    publish();
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
    plan_room(room);
    seat(record);
}

// Puts a leg where it belongs: into its room's worker's
// hands, or among the loose ones of the worker it is with.
void Control::seat(LegRecord& record) {
    if (record.room && !record.leaves && rooms_.at(*record.room).worker != record.owner.worker) {
        fly(record, rooms_.at(*record.room).worker);
    }
    Station& here = stations_[record.owner.worker];
    const bool in_room = record.room && rooms_.at(*record.room).worker == record.owner.worker;
    if (in_room)
        here.loose.erase(record.leg->id);
    else
        here.loose[record.leg->id] = record.leg.get();
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
    workers_[to]->watch(*record.leg);
    record.leaves = record.owner;
    record.owner = next;
    flying_.insert(id);
}

void Control::land(LegRecord& record) {
    const std::uint32_t old = record.leaves->worker;
    workers_[old]->unwatch(*record.leg);
    stations_[old].departures.erase(record.leg->id);
    stations_[old].dirty = true;
    record.leaves.reset();
    flying_.erase(record.leg->id);
    seat(record);  // its room may have changed meanwhile: then it flies on
    if (record.room) plan_room(rooms_.at(*record.room));
}

void Control::plan_room(RoomRecord& room) {
    auto plan = std::make_shared<PlanRoom>();
    plan->room = room.room;
    plan->seats.reserve(room.legs.size());
    for (const RoomLeg& leg : room.legs) {
        const LegRecord& record = *legs_.at(leg.leg);
        if (record.owner.worker != room.worker)
            continue;  // still flies elsewhere; land() comes back here
        plan->seats.push_back({.leg = record.leg.get(), .speaks = leg.speaks, .hears = leg.hears});
    }
    stations_[room.worker].rooms[room.room->id] = std::move(plan);
    stations_[room.worker].dirty = true;
}

// ---- plans and what they leave behind -------------------------------------------------------

void Control::publish() {
    for (std::size_t i = 0; i < stations_.size(); ++i) {
        Station& station = stations_[i];
        if (!station.dirty) continue;
        station.dirty = false;
        auto plan = std::make_unique<Plan>();
        plan->rooms.reserve(station.rooms.size());
        for (const auto& [id, room] : station.rooms) plan->rooms.push_back(room);
        plan->loose.reserve(station.loose.size());
        for (const auto& [id, leg] : station.loose) plan->loose.push_back(leg);
        for (const auto& [id, departure] : station.departures)
            plan->departures.push_back(departure);
        retire({.plan = workers_[i]->publish(std::move(plan))});
    }
}

void Control::retire(Retired&& what) {
    for (const auto& worker : workers_) what.ticks.push_back(worker->ticks_done());
    retired_.push_back(std::move(what));
}

void Control::finish(LegRecord& record) {
    std::array<std::uint8_t, rtcp_bytes_max> bytes;
    Address to;
    // Nobody ticks this leg any more, so its tick count is not
    // at hand; receivers use the NTP time of a BYE for nothing.
    const std::size_t used = record.leg->write_bye(bytes,
                                                   {.tick = record.leg->last_tick(),
                                                    .now_us = base::steady_now().us,
                                                    .wall_us = base::wall_now().us},
                                                   to);
    if (used > 0) (void)send_udp(record.leg->ports.rtcp, to, std::span{bytes}.first(used));
    close_udp(record.leg->ports.rtp);
    close_udp(record.leg->ports.rtcp);
    ports_.give_back(record.port);
}

void Control::keep_house() {
    for (const LegId id : std::vector<LegId>(flying_.begin(), flying_.end())) {
        LegRecord& record = *legs_.at(id);
        if (record.leg->owner.load(std::memory_order_acquire) == record.owner) land(record);
    }
    publish();
    for (const LegId id : std::vector<LegId>(waiting_.begin(), waiting_.end())) {
        LegRecord& record = *legs_.at(id);
        while (!record.waiting.empty() && record.leg->inbox.try_push(record.waiting.front()))
            record.waiting.pop_front();
        if (record.waiting.empty()) waiting_.erase(id);
    }
    std::vector<std::uint64_t> done;
    for (const auto& worker : workers_) done.push_back(worker->ticks_done());
    std::erase_if(retired_, [&](Retired& what) {
        for (std::size_t i = 0; i < done.size(); ++i) {
            if (done[i] <= what.ticks[i]) return false;  // it may be in the tick it was in then
        }
        if (what.leg) finish(*what.leg);
        return true;
    });
}

}  // namespace media
