// What each seat of a room's plan hears: whose voice it can share, and what differs for it alone.
// Shared by all who make plans: the engine's control side, and the simulator.
//
// Thread: pure functions, of whoever makes the plan. Memory: the plan's.
#pragma once

#include <span>

#include "media/plan.hpp"

namespace media {

/// What a leg shares with others of its room; `room` is what the room's profile wants of Opus.
/// Redundancy costs four times the work, so only who `loses` packets gets it.
[[nodiscard]] VoiceKind voice_kind(const LegConfig& config, bool loses, const OpusSettings& room);

/// Fills whispers, whisperers and unheard of the seats that are there already: who hears whom, as
/// far as it is not "everybody everybody".
void plan_matrix(std::span<const RoomLeg> legs, PlanRoom& plan);

}  // namespace media
