// What both halves of a conference's rules share: how seats are found, and which wishes
// conference_sound.cpp judges. Nobody else includes it.
#pragma once

#include <algorithm>

#include "actors/conference.hpp"

namespace actors::conference_rules {

using S = schema::ConferenceStateT;
using V = Verdict<Conference::Event>;

template <class... Facts>
V happens_here(Facts&&... facts) {
    return happens<Conference::Event>(std::forward<Facts>(facts)...);
}

// ---- finding seats

template <class State, class Wanted>
[[nodiscard]] auto* find_seat(State& state, const Wanted& wanted) {
    const auto found = std::ranges::find_if(state.seats, wanted);
    return found == state.seats.end() ? nullptr : &*found;
}
template <class State>
[[nodiscard]] auto* seat_by_id(State& state, std::uint32_t id) {
    return find_seat(state, [&](const auto& seat) { return seat.id == id; });
}
template <class State>
[[nodiscard]] auto* seat_by_leg(State& state, const std::string& leg) {
    return find_seat(state, [&](const auto& seat) { return !leg.empty() && seat.leg == leg; });
}

/// The leg itself says so, or the server for it.
[[nodiscard]] inline bool from_leg(const Context& at, const std::string& leg) {
    return is_operator(at.by) || at.by == StreamId{StreamKind::call_leg, leg}.text();
}

[[nodiscard]] V judge(const S& state, const Context& at, const schema::LegHeldT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::LegSilentT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::LegTalkingT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::LegKeyedT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::SetMutedT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::SetAllMutedT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::SetHandT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::SetRecordingT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::SetGainT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::SetDeafT& wish);
[[nodiscard]] V judge(const S& state, const Context& at, const schema::SetWhisperT& wish);

}  // namespace actors::conference_rules
