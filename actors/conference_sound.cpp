// Who may be heard, how loud and by whom: mutes, holds, talking, raised hands, gains, coaches; and
// whether it is recorded.
#include "actors/conference_rules.hpp"
#include "actors/limits.hpp"

namespace actors::conference_rules {

using schema::Cause;
using schema::Role;
using schema::SeatPhase;

namespace {

// A person's own row: the connected one before others.
const schema::SeatT* own_seat(const S& state, std::string_view person) {
    if (person.empty()) return nullptr;
    const auto* live =
        find_seat(state, [&](const auto& seat) { return seat.user == person && is_live(seat); });
    if (live) return live;
    return find_seat(state, [&](const auto& seat) {
        return seat.user == person && seat.cause != Cause::removed;
    });
}

template <class Fact, class Wish>
V switch_seat(const S& state, const Context& at, const Wish& wish, bool schema::SeatT::*now) {
    if (!from_leg(at, wish.leg)) return fail(Refusal::not_allowed);
    const auto* seat = seat_by_leg(state, wish.leg);
    if (!seat || seat->phase != SeatPhase::connected || seat->*now == wish.on)
        return happens_here();
    Fact fact;
    fact.seat = seat->id;
    fact.on = wish.on;
    return happens_here(fact);
}

schema::HandRaisedT hand(std::uint32_t seat, bool raised) {
    schema::HandRaisedT fact;
    fact.seat = seat;
    fact.raised = raised;
    return fact;
}

V mute(const S& state, const schema::SeatT& seat, bool muted, bool by_host) {
    const bool frozen =
        seat.muted_by_host || (state.all_muted && seat.role == Role::guest && !seat.exempt);
    if (!muted && !by_host && frozen) return fail(Refusal::not_allowed);
    if (muted && !by_host && seat.muted) return happens_here();  // a host's mute stays a host's
    if (is_muted(state, seat) == muted && seat.muted == muted &&
        seat.muted_by_host == (muted && by_host)) {
        return happens_here();
    }
    schema::SeatMutedT fact;
    fact.seat = seat.id;
    fact.muted = muted;
    fact.by_host = by_host;
    return happens_here(fact);
}

}  // namespace

V judge(const S& state, const Context& at, const schema::LegHeldT& wish) {
    return switch_seat<schema::SeatHeldT>(state, at, wish, &schema::SeatT::on_hold);
}
V judge(const S& state, const Context& at, const schema::LegSilentT& wish) {
    return switch_seat<schema::SeatSilentT>(state, at, wish, &schema::SeatT::silent);
}
V judge(const S& state, const Context& at, const schema::LegTalkingT& wish) {
    if (!from_leg(at, wish.leg)) return fail(Refusal::not_allowed);
    const auto* seat = seat_by_leg(state, wish.leg);
    if (seat && wish.on && (is_muted(state, *seat) || seat->on_hold))
        return happens_here();  // nobody hears it
    V verdict = switch_seat<schema::SeatTalkingT>(state, at, wish, &schema::SeatT::talking);
    const bool speaks_at_last =
        verdict.ok() && !verdict.value().empty() && wish.on && seat->hand_at != 0;
    if (speaks_at_last) verdict.value().emplace_back(hand(seat->id, false));
    return verdict;
}

V judge(const S& state, const Context& at, const schema::SetMutedT& wish) {
    const auto* seat = seat_by_id(state, wish.seat);
    if (!seat) return fail(Refusal::no_such_seat);
    const bool own = !seat->user.empty() && seat->user == person_behind(at.by);
    const bool host = is_host(state, at.by);
    if (!own && !host) return fail(Refusal::not_allowed);
    if (!is_live(*seat)) return fail(Refusal::not_connected);
    return mute(state, *seat, wish.muted, host && !(own && wish.muted));
}

V judge(const S& state, const Context& at, const schema::SetAllMutedT& wish) {
    if (!is_host(state, at.by)) return fail(Refusal::not_allowed);
    const bool exceptions =
        std::ranges::any_of(state.seats, [](const auto& seat) { return seat.exempt; });
    if (state.all_muted == wish.muted && !(wish.muted && exceptions)) return happens_here();
    schema::AllMutedT fact;
    fact.muted = wish.muted;
    return happens_here(fact);
}

V judge(const S& state, const Context& at, const schema::SetHandT& wish) {
    const std::string_view person = person_behind(at.by);
    const auto* seat = wish.seat == 0 ? own_seat(state, person) : seat_by_id(state, wish.seat);
    if (!seat) return fail(Refusal::no_such_seat);
    const bool own = !person.empty() && seat->user == person;
    const bool host_lowers = is_host(state, at.by) && !wish.raised;
    if (!own && !host_lowers) return fail(Refusal::not_allowed);
    if (seat->cause == Cause::removed && wish.raised) return fail(Refusal::not_connected);
    if ((seat->hand_at != 0) == wish.raised) return happens_here();
    return happens_here(hand(seat->id, wish.raised));
}

// ---- what only hosts do

V judge(const S& state, const Context& at, const schema::SetRecordingT& wish) {
    if (!is_host(state, at.by)) return fail(Refusal::not_allowed);
    if (wish.what > schema::Recording::MAX) return fail(Refusal::bad_value);
    if (state.recording == wish.what) return happens_here();
    const bool runs = state.recording != schema::Recording::off;
    if (wish.what == schema::Recording::paused && !runs) return fail(Refusal::bad_value);
    schema::RecordingSetT fact;
    fact.what = wish.what;
    fact.by = std::string{at.by};
    return happens_here(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::SetGainT& wish) {
    if (!is_host(state, at.by)) return fail(Refusal::not_allowed);
    const auto* seat = seat_by_id(state, wish.seat);
    if (!seat) return fail(Refusal::no_such_seat);
    const auto allowed = [](int db) { return db >= gain_db_min && db <= gain_db_max; };
    if (!allowed(wish.in_db) || !allowed(wish.out_db)) return fail(Refusal::bad_value);
    if (seat->gain_in_db == wish.in_db && seat->gain_out_db == wish.out_db) return happens_here();
    schema::SeatGainSetT fact;
    fact.seat = seat->id;
    fact.in_db = wish.in_db;
    fact.out_db = wish.out_db;
    return happens_here(fact);
}

V judge(const S& state, const Context& at, const schema::SetDeafT& wish) {
    if (!is_host(state, at.by)) return fail(Refusal::not_allowed);
    const auto* seat = seat_by_id(state, wish.seat);
    if (!seat) return fail(Refusal::no_such_seat);
    if (seat->deaf == wish.deaf) return happens_here();
    schema::SeatDeafSetT fact;
    fact.seat = seat->id;
    fact.deaf = wish.deaf;
    return happens_here(fact);
}

V judge(const S& state, const Context& at, const schema::SetWhisperT& wish) {
    if (!is_host(state, at.by)) return fail(Refusal::not_allowed);
    const auto* coach = seat_by_id(state, wish.seat);
    if (!coach || (wish.to != 0 && !seat_by_id(state, wish.to))) return fail(Refusal::no_such_seat);
    if (wish.to == wish.seat) return fail(Refusal::bad_value);
    if (coach->whispers_to == wish.to) return happens_here();
    schema::WhisperSetT fact;
    fact.seat = coach->id;
    fact.to = wish.to;
    return happens_here(fact);
}

// "*6" mutes and unmutes, "*5" asks to speak and takes it back: telephones have no other buttons.
V judge(const S& state, const Context& at, const schema::LegKeyedT& wish) {
    if (!from_leg(at, wish.leg)) return fail(Refusal::not_allowed);
    const auto* seat = seat_by_leg(state, wish.leg);
    if (!seat || seat->phase != SeatPhase::connected) return happens_here();
    if (wish.code == "*5") return happens_here(hand(seat->id, seat->hand_at == 0));
    if (wish.code != "*6") return happens_here();
    return mute(state, *seat, !is_muted(state, *seat),
                seat->role == Role::host && is_muted(state, *seat));
}

}  // namespace actors::conference_rules
