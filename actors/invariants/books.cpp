#include "actors/invariants/books.hpp"

#include <algorithm>

namespace actors {
namespace {

using schema::SeatPhase;

constexpr Duration gap_max = seconds(1);
constexpr Duration overtaking = seconds(5);  // commands of several edges arrive in no strict order

template <class Map>
auto* find_in(Map& map, std::string_view name) {
    const auto found = map.find(name);
    return found == map.end() ? nullptr : &found->second;
}

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

const Books::Room* Books::room(std::string_view name) const { return find_in(rooms_, name); }
const Books::Leg* Books::leg(std::string_view name) const { return find_in(legs_, name); }
const Books::Place* Books::place_of(std::string_view leg) const { return find_in(places_, leg); }

void Books::see(const Moment& moment) {
    if (moment.position <= seen_) return;
    seen_ = moment.position;
    const schema::TransitionT& transition = moment.transition;
    clock_.see(moment);
    if (transition.epoch > epoch_) {
        epoch_ = transition.epoch;
        epoch_since_ = clock_.active();
    }
    if (moment.stream.kind == StreamKind::call_leg) {
        for (const auto& fact : transition.events) keep_leg(moment, fact);
    } else if (moment.stream.kind == StreamKind::conference) {
        Room& room = rooms_[moment.stream.name];
        for (const auto& fact : transition.events) keep_room(room, moment, fact);
    }
}

void Books::keep_leg(const Moment& moment, const schema::EventUnion& fact) {
    const std::string& name = moment.stream.name;
    const bool offered = fact.type == schema::Event::CallOffered;
    if (offered || fact.type == schema::Event::CallPlaced) {
        legs_[name] = {
            .inbound = offered, .epoch = moment.transition.epoch, .since = clock_.active()};
    } else if (fact.type == schema::Event::LegEnded) {
        legs_.erase(name);
    } else if (Leg* leg = find_in(legs_, name)) {
        if (fact.type == schema::Event::LegAnswered) leg->answered = true;
        if (fact.type == schema::Event::LegAdmitted) leg->admitted = true;
    }
}

void Books::sit(const std::string& room, std::uint32_t id, Seat& seat, const std::string& leg,
                SeatPhase phase) {
    if (!seat.leg.empty()) places_.erase(seat.leg);
    seat.leg = leg;
    seat.phase = phase;
    seat.removed = false;
    seat.on_hold = false;
    places_[leg] = {room, id};
}

void Books::part(Seat& seat, SeatPhase phase) {
    if (!seat.leg.empty()) places_.erase(seat.leg);
    seat.phase = phase;
    seat.on_hold = false;
}

void Books::keep_room(Room& room, const Moment& moment, const schema::EventUnion& fact) {
    if (const auto* made = peek<schema::ConferenceCreatedT>(fact)) {
        room.exists = true;
        room.created_by = made->created_by;
        room.host_pin = made->host_pin;
        room.guest_pin = made->guest_pin;
    } else if (peek<schema::ConferenceEndedT>(fact)) {
        room.ended = true;
        for (auto& [id, seat] : room.seats) {
            if (seat.live()) part(seat, SeatPhase::left);
        }
    } else if (peek<schema::PhonesLostT>(fact)) {
        for (auto& [id, seat] : room.seats) {
            if (seat.live()) part(seat, SeatPhase::left);
            seat.leg.clear();
        }
    } else if (const auto* lock = peek<schema::LockSetT>(fact)) {
        room.locked = lock->locked;
    } else {
        keep_people(room, moment, fact);
        keep_sound(room, fact);
    }
}

void Books::keep_people(Room& room, const Moment& moment, const schema::EventUnion& fact) {
    const std::string& name = moment.stream.name;
    if (const auto* invited = peek<schema::PersonInvitedT>(fact)) {
        Seat& seat = room.seats[invited->seat];
        seat.user = invited->user;
        seat.role = invited->role;
        seat.phase = SeatPhase::invited;
        seat.removed = false;
    } else if (const auto* dialled = peek<schema::SeatDialledT>(fact)) {
        Seat& seat = room.seats[dialled->seat];
        seat.user = dialled->user;
        sit(name, dialled->seat, seat, dialled->leg, SeatPhase::dialling);
    } else if (const auto* entered = peek<schema::SeatEnteredT>(fact)) {
        Seat& seat = room.seats[entered->seat];
        seat.user = entered->user;
        seat.role = entered->role;
        sit(name, entered->seat, seat, entered->leg, SeatPhase::connected);
    } else if (const auto* ringing = peek<schema::SeatRingingT>(fact)) {
        room.seats[ringing->seat].phase = SeatPhase::ringing;
    } else if (const auto* connected = peek<schema::SeatConnectedT>(fact)) {
        room.seats[connected->seat].phase = SeatPhase::connected;
    } else if (const auto* left = peek<schema::SeatLeftT>(fact)) {
        part(room.seats[left->seat], SeatPhase::left);
        room.seats[left->seat].leg.clear();
        room.seats[left->seat].removed = left->cause == schema::Cause::removed;
    } else if (const auto* removed = peek<schema::SeatRemovedT>(fact)) {
        part(room.seats[removed->seat], SeatPhase::left);
        room.seats[removed->seat].removed = true;
    }
}

void Books::keep_sound(Room& room, const schema::EventUnion& fact) {
    if (const auto* held = peek<schema::SeatHeldT>(fact)) {
        room.seats[held->seat].on_hold = held->on;
    } else if (const auto* muted = peek<schema::SeatMutedT>(fact)) {
        Seat& seat = room.seats[muted->seat];
        seat.muted = muted->muted;
        if (muted->by_host) seat.exempt = !muted->muted && room.all_muted;
    } else if (const auto* all = peek<schema::AllMutedT>(fact)) {
        room.all_muted = all->muted;
        for (auto& [id, seat] : room.seats) seat.exempt = false;
    } else if (const auto* deaf = peek<schema::SeatDeafSetT>(fact)) {
        room.seats[deaf->seat].deaf = deaf->deaf;
    } else if (const auto* whisper = peek<schema::WhisperSetT>(fact)) {
        room.seats[whisper->seat].whispers_to = whisper->to;
    }
}

}  // namespace actors
