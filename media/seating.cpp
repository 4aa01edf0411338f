#include "media/seating.hpp"

#include <algorithm>

namespace media {

VoiceKind voice_kind(const LegConfig& config, bool loses, const OpusSettings& room) {
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

void plan_matrix(std::span<const RoomLeg> legs, PlanRoom& plan) {
    const auto seat_of = [&](LegId id) -> PlanSeat* {
        const auto found = std::ranges::find_if(
            plan.seats, [&](const PlanSeat& seat) { return seat.leg->id == id; });
        return found == plan.seats.end() ? nullptr : &*found;
    };
    for (const RoomLeg& leg : legs) {
        if (leg.only_to.empty() && leg.not_from.empty()) continue;
        PlanSeat* seat = seat_of(leg.leg);
        if (seat == nullptr) continue;
        seat->whispers = !leg.only_to.empty();
        for (const LegId listener : leg.only_to) {
            PlanSeat* hears = seat_of(listener);
            if (hears != nullptr && hears != seat) hears->whisperers.push_back(seat->leg);
        }
    }
    for (const RoomLeg& leg : legs) {
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

}  // namespace media
