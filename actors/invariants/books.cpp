#include "actors/invariants/books.hpp"

#include <algorithm>
#include <utility>

namespace actors {
namespace {

using schema::SeatPhase;

constexpr Duration gap_max = seconds(1);
constexpr Duration overtaking = seconds(5);  // commands of several edges arrive in no strict order

}  // namespace

// Only what comes from outside tells the time: what one entity tells another carries its own, and a
// stream that has seen the future keeps to it.
void JournalClock::see(const Moment& moment) {
    const schema::TransitionT& transition = moment.transition;
    const bool from_outside = transition.cause_id.high() == 0 && transition.cause_id.low() == 0;
    const Instant now{transition.now};
    if (!from_outside || now <= moment.before) return;
    if (wall_ != Instant{} && now + overtaking < wall_) {
        ++steps_back_;
        wall_ = now;
        return;
    }
    if (now <= wall_) return;
    if (wall_ != Instant{}) active_ = active_ + std::min(now - wall_, gap_max);
    wall_ = now;
}

const Books::Room* Books::room(std::string_view name) const {
    return room(handles_.find(StreamKind::conference, name));
}

const Books::Leg* Books::leg(Handle handle) const {
    const Leg* leg = legs_.find(handle);
    return leg && leg->lives ? leg : nullptr;
}

const Books::Place* Books::place_of(Handle leg) const {
    const Leg* known = legs_.find(leg);
    return known && known->place ? &*known->place : nullptr;
}

std::vector<Handle> Books::legs_in_order() const {
    std::vector<Handle> all = handles_.in_order(StreamKind::call_leg);
    std::erase_if(all, [this](Handle one) { return leg(one) == nullptr; });
    return all;
}

// The inspector has found the stream by its name already; two handles that are still known name the
// same stream for good.
Handle Books::ours(const Moment& moment) {
    if (!moment.teller) return handles_.of(moment.stream.kind, moment.stream.name);
    Handle& known = ours_[moment.teller];
    if (!handles_.knows(known)) known = handles_.of(moment.stream.kind, moment.stream.name);
    return known;
}

void Books::see(const Moment& moment) {
    if (moment.position <= seen_) return;
    seen_ = moment.position;
    moves_.clear();
    forget_those_gone();
    const schema::TransitionT& transition = moment.transition;
    clock_.see(moment);
    if (transition.epoch > epoch_) {
        epoch_ = transition.epoch;
        epoch_since_ = clock_.active();
    }
    here_ = ours(moment);
    if (moment.stream.kind == StreamKind::call_leg) {
        for (const auto& fact : transition.events) keep_leg(moment, fact);
        Leg& leg = legs_[here_];
        leg.waits = !leg.lives && moment.machine.agenda().wake_at != Instant{};
        if (!leg.lives) leaving_.push_back(here_);
    } else if (moment.stream.kind == StreamKind::conference) {
        Room& room = rooms_[here_];
        for (const auto& fact : transition.events) keep_room(room, fact);
    }
}

// Not at once: until the moment is over, rules may note something of them.
void Books::forget_those_gone() {
    for (const Handle one : leaving_) {
        const Leg* leg = legs_.find(one);
        if (leg && !leg->lives && !leg->waits && !leg->place && leg->seats == 0)
            handles_.forget(one);
    }
    leaving_.clear();
}

void Books::keep_leg(const Moment& moment, const schema::EventUnion& fact) {
    Leg& leg = legs_[here_];
    const bool offered = fact.type == schema::Event::CallOffered;
    if (offered || fact.type == schema::Event::CallPlaced) {
        legs_alive_ += leg.lives ? 0 : 1;
        leg.lives = true;
        leg.inbound = offered;
        leg.answered = leg.admitted = false;
        leg.epoch = moment.transition.epoch;
        leg.since = clock_.active();
    } else if (fact.type == schema::Event::LegEnded) {
        legs_alive_ -= leg.lives ? 1 : 0;
        leg.lives = false;
    } else if (leg.lives) {
        if (fact.type == schema::Event::LegAnswered) leg.answered = true;
        if (fact.type == schema::Event::LegAdmitted) leg.admitted = true;
    }
}

// ---- who sits where

void Books::turn(Room& room, Seat& seat, SeatPhase phase) {
    room.live -= seat.live() ? 1 : 0;
    std::erase(room.connected, &seat);
    seat.phase = phase;
    room.live += seat.live() ? 1 : 0;
    if (phase != SeatPhase::connected) return;
    room.connected.insert(std::ranges::upper_bound(room.connected, seat.id, {}, &Seat::id), &seat);
}

const Books::Seat* Books::connected(const Room& room, const std::string& leg, std::size_t i) const {
    const auto is_it = [&](const Seat* one) { return one->leg == leg; };
    if (i < room.connected.size() && is_it(room.connected[i])) return room.connected[i];
    if (const Place* place = place_of(leg)) {
        const auto known = room.seats.find(place->seat);
        const bool there = known != room.seats.end() && is_it(&known->second);
        if (there && known->second.phase == SeatPhase::connected) return &known->second;
    }
    // In two places at once: another invariant's matter.
    const auto last = std::find_if(room.connected.rbegin(), room.connected.rend(), is_it);
    return last == room.connected.rend() ? nullptr : *last;
}

void Books::sit(Room& room, std::uint32_t id, const std::string& leg, Move::What how) {
    Seat& seat = room.seat(id);
    take_place(seat.last_leg, id);
    seat.leg = leg;
    seat.last_leg = seat.sits = handles_.of(StreamKind::call_leg, leg);
    turn(room, seat, how == Move::What::enters ? SeatPhase::connected : SeatPhase::dialling);
    seat.removed = false;
    seat.on_hold = false;
    Leg& who = legs_[seat.sits];
    who.place = {here_, id};
    ++who.seats;
    moves_.push_back({how, seat.sits, id});
}

/// The telephone leaves the seat, or will not come any more.
void Books::part(Room& room, std::uint32_t id) {
    Seat& seat = room.seat(id);
    take_place(seat.last_leg, id);
    turn(room, seat, SeatPhase::left);
    seat.on_hold = false;
}

void Books::give_up(std::uint32_t id, Seat& seat) {
    if (!seat.sits) return;
    moves_.push_back({Move::What::parts, seat.sits, id});
    --legs_[seat.sits].seats;
    leaving_.push_back(std::exchange(seat.sits, {}));
}

void Books::take_place(Handle leg, std::uint32_t seat) {
    Leg* known = legs_.find(leg);
    if (!known || !known->place || known->place->room != here_ || known->place->seat != seat)
        return;
    known->place.reset();
    leaving_.push_back(leg);
}

void Books::keep_room(Room& room, const schema::EventUnion& fact) {
    if (const auto* made = peek<schema::ConferenceCreatedT>(fact)) {
        room.exists = true;
        room.created_by = made->created_by;
        room.host_pin = made->host_pin;
        room.guest_pin = made->guest_pin;
    } else if (peek<schema::ConferenceEndedT>(fact)) {
        room.ended = true;
        for (auto& [id, seat] : room.seats) {
            if (seat.live()) part(room, id);
            give_up(id, seat);
        }
    } else if (peek<schema::PhonesLostT>(fact)) {
        for (auto& [id, seat] : room.seats) {
            if (seat.live()) part(room, id);
            seat.leg.clear();
            seat.last_leg = {};
            give_up(id, seat);
        }
    } else if (const auto* lock = peek<schema::LockSetT>(fact)) {
        room.locked = lock->locked;
    } else {
        keep_people(room, fact);
        keep_sound(room, fact);
    }
}

void Books::keep_people(Room& room, const schema::EventUnion& fact) {
    if (const auto* invited = peek<schema::PersonInvitedT>(fact)) {
        Seat& seat = room.seat(invited->seat);
        seat.user = invited->user;
        seat.role = invited->role;
        turn(room, seat, SeatPhase::invited);
        seat.removed = false;
    } else if (const auto* dialled = peek<schema::SeatDialledT>(fact)) {
        room.seat(dialled->seat).user = dialled->user;
        sit(room, dialled->seat, dialled->leg, Move::What::is_dialled);
    } else if (const auto* entered = peek<schema::SeatEnteredT>(fact)) {
        Seat& seat = room.seat(entered->seat);
        seat.user = entered->user;
        seat.role = entered->role;
        sit(room, entered->seat, entered->leg, Move::What::enters);
    } else if (const auto* cancelled = peek<schema::DialCancelledT>(fact)) {
        const auto found = room.seats.find(cancelled->seat);
        if (found != room.seats.end() && found->second.sits)
            moves_.push_back({Move::What::is_cancelled, found->second.sits, cancelled->seat});
    } else if (const auto* ringing = peek<schema::SeatRingingT>(fact)) {
        turn(room, room.seat(ringing->seat), SeatPhase::ringing);
    } else if (const auto* connected = peek<schema::SeatConnectedT>(fact)) {
        turn(room, room.seat(connected->seat), SeatPhase::connected);
    } else if (const auto* left = peek<schema::SeatLeftT>(fact)) {
        part(room, left->seat);
        Seat& seat = room.seat(left->seat);
        seat.leg.clear();
        seat.last_leg = {};
        seat.removed = left->cause == schema::Cause::removed;
        give_up(left->seat, seat);
    } else if (const auto* removed = peek<schema::SeatRemovedT>(fact)) {
        part(room, removed->seat);
        Seat& seat = room.seat(removed->seat);
        seat.removed = true;
        give_up(removed->seat, seat);
    }
}

void Books::keep_sound(Room& room, const schema::EventUnion& fact) {
    if (const auto* held = peek<schema::SeatHeldT>(fact)) {
        room.seat(held->seat).on_hold = held->on;
    } else if (const auto* muted = peek<schema::SeatMutedT>(fact)) {
        Seat& seat = room.seat(muted->seat);
        seat.muted = muted->muted;
        if (muted->by_host) seat.exempt = !muted->muted && room.all_muted;
    } else if (const auto* all = peek<schema::AllMutedT>(fact)) {
        room.all_muted = all->muted;
        for (auto& [id, seat] : room.seats) seat.exempt = false;
    } else if (const auto* deaf = peek<schema::SeatDeafSetT>(fact)) {
        room.seat(deaf->seat).deaf = deaf->deaf;
    } else if (const auto* whisper = peek<schema::WhisperSetT>(fact)) {
        room.seat(whisper->seat).whispers_to = whisper->to;
    }
}

}  // namespace actors
