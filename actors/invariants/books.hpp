// What several invariants must know of rooms and legs, kept from the events alone: not from the
// entities' own states, which may be what is wrong.
//
// Thread: one owner. Memory: rooms, legs that live or have a seat. Time: the journal's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/invariants/handles.hpp"
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
        std::uint32_t id = 0;
        std::string user, leg;
        schema::Role role = schema::Role::guest;
        schema::SeatPhase phase = schema::SeatPhase::invited;
        bool removed = false;
        bool muted = false, exempt = false, on_hold = false, deaf = false;
        std::uint32_t whispers_to = 0;
        Handle last_leg;  // the one that `leg` names
        Handle sits;      // the one that took the seat and has not parted from it
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
        std::size_t live = 0;                // so many of them are
        std::vector<const Seat*> connected;  // those who are, by id
        [[nodiscard]] Seat& seat(std::uint32_t id) {
            Seat& one = seats[id];
            one.id = id;
            return one;
        }
        [[nodiscard]] bool mute(const Seat& seat) const {
            return seat.muted || (all_muted && seat.role == schema::Role::guest && !seat.exempt);
        }
    };
    /// The seat that a leg has, dialled, ringing or connected.
    struct Place {
        Handle room;
        std::uint32_t seat = 0;
    };
    struct Leg {
        bool lives = false;
        bool inbound = false, answered = false, admitted = false;
        bool waits = false;       // for a deadline, though it has ended
        std::uint64_t epoch = 0;  // that it began in
        Duration since{};         // active time when it began
        std::optional<Place> place;
        std::uint32_t seats = 0;  // that it took and has not parted from
    };
    /// What a transition does to who sits where.
    struct Move {
        enum class What : std::uint8_t { enters, is_dialled, parts, is_cancelled };
        What what{};
        Handle leg;
        std::uint32_t seat = 0;
        [[nodiscard]] bool sits() const { return what == What::enters || what == What::is_dialled; }
    };

    /// Idempotent: every invariant that shares the books shows them the moment; the first one
    /// counts.
    void see(const Moment& moment);

    // ---- of the moment that was seen last
    [[nodiscard]] Handle here() const { return here_; }  // its stream
    [[nodiscard]] const std::vector<Move>& moves() const { return moves_; }

    [[nodiscard]] const JournalClock& clock() const { return clock_; }
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    [[nodiscard]] Duration epoch_since() const { return epoch_since_; }

    /// While its leg lives or has a seat; rooms always.
    [[nodiscard]] const std::string& name(Handle handle) const { return handles_.name(handle); }
    [[nodiscard]] Handle leg_named(std::string_view name) const {
        return handles_.find(StreamKind::call_leg, name);
    }
    // Null: there is no such thing.
    [[nodiscard]] const Room* room(Handle handle) const { return rooms_.find(handle); }
    [[nodiscard]] const Room* room(std::string_view name) const;
    [[nodiscard]] const Leg* leg(Handle handle) const;  // that lives
    [[nodiscard]] const Leg* leg(std::string_view name) const { return leg(leg_named(name)); }
    [[nodiscard]] const Place* place_of(Handle leg) const;
    [[nodiscard]] const Place* place_of(std::string_view leg) const {
        return place_of(leg_named(leg));
    }
    /// Where that leg is connected, null: nowhere. A plan lists seats as they follow one another:
    /// its `i`-th is looked for at the `i`-th place first.
    [[nodiscard]] const Seat* connected(const Room& room, const std::string& leg,
                                        std::size_t i) const;
    [[nodiscard]] std::size_t legs_alive() const { return legs_alive_; }
    /// In byte order of their names. Not for every transition: it sorts.
    [[nodiscard]] std::vector<Handle> legs_in_order() const;  // that live
    [[nodiscard]] std::vector<Handle> rooms_in_order() const {
        return handles_.in_order(StreamKind::conference);
    }

private:
    [[nodiscard]] Handle ours(const Moment& moment);
    void keep_leg(const Moment& moment, const schema::EventUnion& fact);
    void keep_room(Room& room, const schema::EventUnion& fact);
    void keep_people(Room& room, const schema::EventUnion& fact);
    static void keep_sound(Room& room, const schema::EventUnion& fact);
    static void turn(Room& room, Seat& seat, schema::SeatPhase phase);
    void sit(Room& room, std::uint32_t id, const std::string& leg, Move::What how);
    void part(Room& room, std::uint32_t id);
    void give_up(std::uint32_t id, Seat& seat);
    void take_place(Handle leg, std::uint32_t seat);
    void forget_those_gone();

    journal::Position seen_ = 0;
    JournalClock clock_;
    std::uint64_t epoch_ = 0;
    Duration epoch_since_{};
    Handles handles_;
    PerStream<Handle> ours_;  // the inspector's handle -> ours
    Handle here_;
    std::vector<Move> moves_;
    PerStream<Room> rooms_;
    PerStream<Leg> legs_;
    std::size_t legs_alive_ = 0;
    std::vector<Handle> leaving_;  // legs that may have to be forgotten after this moment
};

}  // namespace actors
