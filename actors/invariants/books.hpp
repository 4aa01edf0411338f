// What several invariants must know of rooms and legs, kept from the events alone: not from the
// entities' own states, which may be what is wrong.
//
// Thread: one owner. Memory: rooms, legs that live. Time: the journal's.
#pragma once

#include <map>
#include <string>

#include "actors/invariants/invariant.hpp"

namespace actors {

/// Time as the journal shows it: it stands still while nothing is written (the server is down, its
/// disk is full) and does not follow a wall clock that jumps.
class JournalClock {
public:
    void see(const Moment& moment);
    /// Grows by what passed between two transitions, by at most a second.
    [[nodiscard]] Duration active() const { return active_; }
    /// What the clock on the wall said last.
    [[nodiscard]] Instant wall() const { return wall_; }
    /// How often the clock on the wall stepped back by more than commands overtake one another.
    [[nodiscard]] std::uint64_t steps_back() const { return steps_back_; }

private:
    Instant wall_{};
    Duration active_{};
    std::uint64_t steps_back_ = 0;
};

class Books {
public:
    struct Seat {
        std::string user, leg;
        schema::Role role = schema::Role::guest;
        schema::SeatPhase phase = schema::SeatPhase::invited;
        bool removed = false;
        bool muted = false, exempt = false, on_hold = false, deaf = false;
        std::uint32_t whispers_to = 0;
        [[nodiscard]] bool live() const {
            return phase == schema::SeatPhase::dialling || phase == schema::SeatPhase::ringing ||
                   phase == schema::SeatPhase::connected;
        }
    };
    struct Room {
        bool exists = false, ended = false, locked = false, all_muted = false;
        std::string created_by;
        schema::Hash host_pin, guest_pin;
        std::map<std::uint32_t, Seat> seats;
        [[nodiscard]] bool mute(const Seat& seat) const {
            return seat.muted || (all_muted && seat.role == schema::Role::guest && !seat.exempt);
        }
    };
    struct Leg {
        bool inbound = false, answered = false, admitted = false;
        std::uint64_t epoch = 0;  // that it began in
        Duration since{};         // active time when it began
    };
    struct Place {
        std::string room;
        std::uint32_t seat = 0;
    };

    /// Idempotent: every invariant that shares the books shows them the moment; the first one
    /// counts.
    void see(const Moment& moment);

    [[nodiscard]] const JournalClock& clock() const { return clock_; }
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    [[nodiscard]] Duration epoch_since() const { return epoch_since_; }
    /// Null: there is no such thing.
    [[nodiscard]] const Room* room(std::string_view name) const;
    [[nodiscard]] const Leg* leg(std::string_view name) const;  // that lives
    [[nodiscard]] const std::map<std::string, Leg, std::less<>>& legs() const { return legs_; }
    [[nodiscard]] const std::map<std::string, Room, std::less<>>& rooms() const { return rooms_; }
    /// The seat that a leg has, dialled, ringing or connected.
    [[nodiscard]] const Place* place_of(std::string_view leg) const;

private:
    void keep_leg(const Moment& moment, const schema::EventUnion& fact);
    void keep_room(Room& room, const Moment& moment, const schema::EventUnion& fact);
    void keep_people(Room& room, const Moment& moment, const schema::EventUnion& fact);
    static void keep_sound(Room& room, const schema::EventUnion& fact);
    void sit(const std::string& room, std::uint32_t id, Seat& seat, const std::string& leg,
             schema::SeatPhase phase);
    void part(Seat& seat, schema::SeatPhase phase);

    journal::Position seen_ = 0;
    JournalClock clock_;
    std::uint64_t epoch_ = 0;
    Duration epoch_since_{};
    std::map<std::string, Room, std::less<>> rooms_;
    std::map<std::string, Leg, std::less<>> legs_;
    std::map<std::string, Place, std::less<>> places_;
};

}  // namespace actors
