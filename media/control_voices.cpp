// What each seat of a plan hears: whose voice it shares, and what differs for it alone.
#include <algorithm>
#include <utility>

#include "media/control.hpp"

namespace media {
namespace {

// As the peer's reports tell it, of 256: 2 %, and less than half a percent.
constexpr std::uint32_t loss_noticed = 5, loss_gone = 1;
constexpr std::int64_t loss_forgotten_us = 30'000'000;

// The voice that a leg shares with others of its kind; made when the first of them comes.
SharedVoice* voice_among(std::map<VoiceKind, std::shared_ptr<SharedVoice>>& voices,
                         const VoiceKind& kind) {
    std::shared_ptr<SharedVoice>& voice = voices[kind];
    if (!voice) voice = std::make_shared<SharedVoice>(kind);
    return voice.get();
}

}  // namespace

// What a leg shares with others; `room` is what the room's profile wants of Opus. Redundancy costs
// four times the work, so only who `loses` packets gets it.
VoiceKind Control::voice_kind(const LegConfig& config, bool loses, const OpusSettings& room) {
    VoiceKind kind{
        .format = config.format,
        .takes_noise = config.noise_payload_type.has_value() && clock_hz(config.format) == 8'000};
    if (config.format.codec != Codec::opus) return kind;
    kind.opus = {.bitrate = shared_bitrate(std::min(config.opus.bitrate, room.bitrate)),
                 .complexity = room.complexity,
                 .loss_percent = room.loss_percent,
                 .fec = loses && config.opus.fec && room.fec,
                 .dtx = config.opus.dtx && room.dtx};
    return kind;
}

SharedVoice* Control::silence_for(const LegRecord& record, Station& station) {
    if (!record.config) return nullptr;
    return voice_among(station.silences, voice_kind(*record.config, record.loses, {}));
}

void Control::plan_part(const RoomRecord& room, std::uint32_t worker,
                        const std::shared_ptr<Room>& part,
                        std::map<VoiceKind, std::shared_ptr<SharedVoice>>& voices) {
    auto plan = std::make_shared<PlanRoom>();
    plan->room = part;
    plan->sums = room.sums;
    plan->part = worker;
    plan->loudest = room.profile.loudest;
    plan->suppress_silence = room.profile.suppress_silence;
    plan->level_voices = room.profile.level_voices;
    plan->gate_noise = room.profile.gate_noise;
    plan->capture = room.profile.capture;
    if (!room.profile.music.empty() && room.legs.size() == 1)
        plan->music = prompts_.find(room.profile.music);
    plan->recording = room.recording;
    plan->seats.reserve(room.legs.size());
    const auto before = std::exchange(voices, {});
    for (const RoomLeg& leg : room.legs) {
        const LegRecord& record = *legs_.at(leg.leg);
        if (record.config)  // of all parts the same, so that their sums fit together
            plan->rate_hz = std::max(plan->rate_hz, natural_rate(record.config->format));
        if (record.owner.worker != worker || worker_of(record) != worker)
            continue;  // in another part, or still flies elsewhere; land() comes back here
        PlanSeat seat{.leg = record.leg.get(),
                      .speaks = leg.speaks,
                      .hears = leg.hears,
                      .gain_in_db = leg.gain_in_db,
                      .gain_out_db = leg.gain_out_db};
        if (record.config && leg.hears) {
            const VoiceKind kind = voice_kind(*record.config, record.loses, room.profile.opus);
            const auto known = before.find(kind);
            if (known != before.end()) voices.insert(*known);
            seat.voice = voice_among(voices, kind);
        } else {
            seat.voice = silence_for(record, stations_[worker]);
        }
        plan->seats.push_back(std::move(seat));
    }
    plan->rate_hz = std::min(plan->rate_hz, room.profile.rate_max_hz);
    plan_matrix(room, *plan);
    for (const auto& [kind, voice] : voices) plan->voices.push_back(voice);
    stations_[worker].rooms[room.room->id] = std::move(plan);
    stations_[worker].dirty = true;
}

// Who hears whom, as far as it is not "everybody everybody".
void Control::plan_matrix(const RoomRecord& room, PlanRoom& plan) const {
    const auto seat_of = [&](LegId id) -> PlanSeat* {
        const auto found = std::ranges::find_if(
            plan.seats, [&](const PlanSeat& seat) { return seat.leg->id == id; });
        return found == plan.seats.end() ? nullptr : &*found;
    };
    for (const RoomLeg& leg : room.legs) {
        if (leg.only_to.empty() && leg.not_from.empty()) continue;
        PlanSeat* seat = seat_of(leg.leg);
        if (seat == nullptr) continue;
        seat->whispers = !leg.only_to.empty();
        for (const LegId listener : leg.only_to) {
            PlanSeat* hears = seat_of(listener);
            if (hears != nullptr && hears != seat) hears->whisperers.push_back(seat->leg);
        }
    }
    for (const RoomLeg& leg : room.legs) {
        PlanSeat* seat = leg.not_from.empty() ? nullptr : seat_of(leg.leg);
        if (seat == nullptr) continue;
        for (const LegId talker : leg.not_from) {
            PlanSeat* other = seat_of(talker);
            if (other == nullptr || other == seat) continue;
            if (other->whispers)
                std::erase(seat->whisperers, other->leg);
            else if (std::ranges::find(seat->unheard, other->leg) == seat->unheard.end())
                seat->unheard.push_back(other->leg);
        }
    }
}

// Who loses what we send gets a voice with redundancy, until all has come through for half a
// minute.
void Control::watch_losses(std::int64_t now_us) {
    for (auto& [id, record] : legs_) {
        if (!record->config || record->config->format.codec != Codec::opus) continue;
        const std::uint32_t loss = record->leg->loss_there_per_256();
        if (loss >= loss_noticed) record->lost_last_us = now_us;
        const bool before = record->loses;
        if (loss >= loss_noticed) record->loses = true;
        if (loss <= loss_gone && now_us - record->lost_last_us > loss_forgotten_us)
            record->loses = false;
        if (record->loses == before) continue;
        if (record->room) plan_room(rooms_.at(*record->room));
        stations_[record->owner.worker].dirty = true;
    }
}

}  // namespace media
