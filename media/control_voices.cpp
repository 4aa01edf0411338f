// What each seat of a plan hears: whose voice it shares, and what differs for it alone.
#include <algorithm>
#include <utility>

#include "media/control.hpp"
#include "media/seating.hpp"

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
    plan_matrix(room.legs, *plan);
    for (const auto& [kind, voice] : voices) plan->voices.push_back(voice);
    stations_[worker].rooms[room.room->id] = std::move(plan);
    stations_[worker].dirty = true;
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
