#include "media/control.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "media/rtp.hpp"
#include "media/seating.hpp"
#include "media/sound/e_model.hpp"
#include "media/sound/mix.hpp"
#include "media/udp.hpp"

namespace media {
namespace {

constexpr std::uint32_t rounds_between_looks = 10;  // what concerns all legs: every 100 ms

static_assert(legs_max <= room_legs_max, "all legs in one room must sum into 32 bits");

LegIdentity draw_identity() {
    const std::uint64_t chance = base::random_u64();
    return {.ssrc = static_cast<std::uint32_t>(chance >> 32),
            // Below 2^15, so that SRTP's receiver cannot miss the first wrap (see srtp.hpp).
            .first_sequence = static_cast<std::uint16_t>(chance & 0x7fff),
            .first_timestamp = static_cast<std::uint32_t>(base::random_u64()),
            .cname = base::hex(base::random_bytes(12))};  // 96 random bits (RFC 7022, 4.2)
}

std::uint32_t ip_of(const std::string& text) {
    const auto parsed = parse_address(text, 0);
    return parsed ? parsed->ip : 0;  // any address: better than no sound
}

}  // namespace

Control::Control(const Options& options, std::vector<std::unique_ptr<Worker>>& workers,
                 SharedPorts& ports)
    : workers_(workers),
      bind_ip_(ip_of(options.bind_ip)),
      prompts_(options.prompts_folder, options.on_message),
      share_ports_(options.share_ports),
      ports_(options.port_min, options.port_max, base::random_u64()),
      shared_(ports),
      split_rooms_at_(options.split_rooms_at),
      refuse_overload_(options.refuse_overload),
      stations_(workers.size()) {}

Control::~Control() {
    for (auto& [id, record] : legs_) finish(*record);
    for (Retired& what : retired_) {
        if (what.leg) finish(*what.leg);
    }
    for (std::size_t i = 0; i < shared_.count(); ++i) {
        close_udp(shared_.at(i).rtp);
        close_udp(shared_.at(i).rtcp);
    }
}

// ---- legs -----------------------------------------------------------------------------------

Result<std::uint16_t, Fault> Control::open(LegId leg, const PeerHint& peer) {
    if (legs_.contains(leg)) return fail(Fault::leg_exists);
    if (legs_.size() >= legs_max) return fail(Fault::too_many_legs);
    if (refuse_overload_ && headroom_.tight()) return fail(Fault::overloaded);
    auto record = std::make_unique<LegRecord>();
    record->owner = {.worker = least_loaded(std::nullopt)};
    record->shared = port_for(peer, record->owner.worker);
    LegPorts sockets;
    if (record->shared != nullptr) {
        sockets = {.rtp = record->shared->rtp, .rtcp = record->shared->rtcp};
        record->port = record->shared->port;
    } else {
        const auto port = bind_pair(sockets);
        if (!port.ok()) return port;
        record->port = port.value();
    }
    record->leg = std::make_unique<Leg>(leg, draw_identity(), sockets, record->owner);
    if (record->shared != nullptr) sharing_.join(leg, *record->leg, *record->shared, *peer.remote);
    watch(*record, record->owner.worker);
    ++stations_[record->owner.worker].legs;
    seat(*record);
    const std::uint16_t port = record->port;
    legs_.emplace(leg, std::move(record));
    publish();
    return port;
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
    sharing_.configure(leg, config);
    LegRecord& record = *found->second;
    const VoiceKind kind = voice_kind(config, record.loses, {});
    const bool other_sound = record.sounds.empty() ||
                             record.sounds.back()->own.kind().format != kind.format ||
                             record.sounds.back()->tones.has_value() != config.inband_dtmf;
    if (other_sound) record.sounds.push_back(std::make_unique<LegSound>(kind, config.inband_dtmf));
    const bool other_voice = !record.config || voice_kind(*record.config, record.loses, {}) != kind;
    // With the same keys the old one goes on: it counts packets.
    const bool same_keys = record.config && record.config->srtp == config.srtp;
    if (config.srtp && (!same_keys || record.srtps.empty()))
        record.srtps.push_back(std::make_unique<Srtp>(*config.srtp, record.leg->ssrc()));
    record.config = config;
    command(record, {.kind = LegCommand::Kind::configure,
                     .config = config,
                     .sound = record.sounds.back().get(),
                     .srtp = config.srtp ? record.srtps.back().get() : nullptr});
    if (!other_voice) return;
    if (record.room) plan_room(rooms_.at(*record.room));
    stations_[record.owner.worker].dirty = true;  // the silence of loose legs
    publish();
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
    sharing_.leave(leg);
    unwatch(*record, record->owner.worker);
    if (record->leaves) {
        unwatch(*record, record->leaves->worker);
        stations_[record->leaves->worker].departures.erase(leg);
        drop_from_flight(stations_[record->leaves->worker], *record->leg);
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
    LegStatistics statistics = found->second->leg->statistics();
    if (!found->second->config || statistics.packets_received == 0) return statistics;
    // As between two such telephones: what is said waits for its packet to be full; there it goes
    // half a round trip and waits in our buffer, and on to the other, whose buffer is taken to be
    // as deep. What gets lost on the way there it tells us.
    const std::uint32_t delay_us =
        static_cast<std::uint32_t>(tick_us) + 2 * statistics.delay_us + statistics.round_trip_us;
    const Format& format = found->second->config->format;
    statistics.mos_hundredths =
        opinion_hundredths({.codec = format.codec,
                            .loss_per_mille = found->second->leg->impaired_per_mille(),
                            .delay_ms = delay_us / 1'000,
                            .rate_hz = format.rate_hz,
                            .relayed = true,
                            .relay_loss_per_mille = statistics.loss_there_per_256 * 1'000 / 256});
    return statistics;
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
        for (const auto& [id, record] : station.loose) {
            plan->loose.push_back({.leg = record->leg.get(),
                                   .speaks = false,
                                   .hears = false,
                                   .voice = silence_for(*record, station)});
        }
        for (const auto& [kind, voice] : station.silences) plan->silences.push_back(voice);
        for (const auto& [id, departure] : station.departures)
            plan->departures.push_back(departure);
        for (const auto& [id, flight] : station.flights) plan->flights.push_back(flight);
        retire({.plan = workers_[i]->publish(std::move(plan))});
    }
}

void Control::retire(Retired&& what) {
    for (const auto& worker : workers_) what.ticks.push_back(worker->ticks_done());
    retired_.push_back(std::move(what));
}

void Control::finish(LegRecord& record) {
    std::array<std::uint8_t, rtcp_bytes_max + Srtp::rtcp_room> bytes;
    Address to;
    // Nobody ticks this leg any more, so its tick count is not
    // at hand; receivers use the NTP time of a BYE for nothing.
    const std::size_t used = record.leg->write_bye(bytes,
                                                   {.tick = record.leg->last_tick(),
                                                    .now_us = base::steady_now().us,
                                                    .wall_us = base::wall_now().us},
                                                   to);
    if (used > 0) (void)send_udp(record.leg->ports.rtcp, to, std::span{bytes}.first(used));
    if (record.shared != nullptr) return;
    close_udp(record.leg->ports.rtp);
    close_udp(record.leg->ports.rtcp);
    ports_.give_back(record.port);
}

// What the leg used before its last configuration, once it has obeyed that.
void Control::give_back_unused(LegRecord& record) {
    if (record.sounds.size() > 1 && record.leg->sound_in_use() == record.sounds.back().get())
        record.sounds.erase(record.sounds.begin(), record.sounds.end() - 1);
    if (record.srtps.size() > 1 && record.leg->srtp_in_use() == record.srtps.back().get())
        record.srtps.erase(record.srtps.begin(), record.srtps.end() - 1);
}

void Control::watch_headroom() {
    const std::int64_t now_us = base::steady_now().us;
    if (now_us < headroom_due_us_) return;
    headroom_due_us_ = now_us + Headroom::interval_us;
    TickMeter::Counts counts{};
    std::uint64_t late = 0;
    for (const auto& worker : workers_) {
        worker->meter().add_to(counts);
        late += worker->ticks_late();
    }
    headroom_.note(counts, late);
}

void Control::keep_house() {
    Learned learned;
    for (const auto& worker : workers_) {
        while (worker->next_learned(learned)) sharing_.learn(learned);
    }
    sharing_.keep_house();
    if (const std::int64_t now_us = base::steady_now().us; now_us >= silence_due_us_) {
        sharing_.look_for_silence();
        silence_due_us_ = now_us + 1'000'000;
    }
    watch_headroom();
    for (const LegId id : std::vector<LegId>(flying_.begin(), flying_.end())) {
        LegRecord& record = *legs_.at(id);
        if (record.leg->owner.load(std::memory_order_acquire) == record.owner) land(record);
    }
    land_rooms();
    if (++rounds_ % rounds_between_looks == 0) {
        keep_balance();
        watch_losses(base::steady_now().us);
        for (auto& [id, record] : legs_) give_back_unused(*record);
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
