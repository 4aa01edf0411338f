// The sound side of a world: which telephones are in which room, who talks when, and how it sounds.
// Without packets (Fidelity::calls) the model of who talks is what the server notices; with them
// the sound of sim/sound is listened to.
//
// Thread: one. Memory: rooms and legs that are connected. Time: virtual.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/hash_index.hpp"
#include "sim/models/talk.hpp"
#include "sim/sound/hearing.hpp"
#include "sim/world/ground.hpp"

namespace sim {

class Rooms {
public:
    Rooms(Ground& ground, bool listen);

    /// The person at that telephone keys a code.
    std::function<void(std::uint64_t id, const std::string& code)> key;

    // From the edge.
    void leg_up(std::uint64_t id, const std::string& leg, const std::string& codec);
    void leg_down(std::uint64_t id);
    /// The whole room, every time; `known` are the calls in it that the edge knows.
    void update(const actors::UpdateRoom& plan, const std::vector<std::uint64_t>& known);
    void crash();

    /// The person's end of that call is over.
    void left(std::uint64_t id);

    /// When sound has its next tick; zero: there is none to come.
    [[nodiscard]] Instant next_tick() const;
    void run_until(Instant now);
    [[nodiscard]] std::uint64_t heard_hash() const { return sound_ ? sound_->heard_hash() : 0; }
    [[nodiscard]] const HearingCheck& hearing() const { return hearing_; }
    [[nodiscard]] std::size_t legs() const { return legs_.size(); }

private:
    struct Room {
        std::string conference;
        std::vector<std::uint64_t> ids;  // sorted
        std::unique_ptr<RoomTalk> talk;
        Timetable::Ticket next;
        std::size_t place = 0;  // in rooms_
    };
    struct Leg {
        std::uint64_t id = 0;  // zero: nobody's
        std::string name, codec;
        Room* room = nullptr;
        bool talking = false;
        bool seated = false;  // it was in a room
        bool empty = false;   // nobody is at the telephone any more
        bool mutes = false;   // themselves, when they do not talk
        bool muted = false;
    };

    [[nodiscard]] Leg* leg_of(std::uint64_t id) const;
    Leg& leg_or_new(std::uint64_t id);
    void forget(Leg& leg);
    Room& room(const std::string& conference);
    void close(Room& room);
    void enter(Room& room, std::uint64_t id);
    void leave(Room& room, std::uint64_t id);
    void plan(Room& room);
    void change(Room& room);
    void talks(Leg& leg, bool on);
    void noticed(const std::string& leg, bool on);
    void mute(std::uint64_t id, bool on);
    void tell_room(const Leg& leg, bool on);
    [[nodiscard]] const LegQuality& planned(const std::string& codec);

    Ground& ground_;
    const bool listens_;
    HearingCheck hearing_;
    std::unique_ptr<Sound> sound_;
    std::vector<std::unique_ptr<Room>> rooms_;
    base::HashIndex<Room*> room_of_;  // by conference
    std::deque<Leg> slots_;           // used again
    std::vector<Leg*> free_;
    base::HashIndex<Leg*> legs_;                       // by id
    std::map<std::string, LegQuality> planned_;        // by codec
    std::vector<std::uint64_t> now_in_, gone_, come_;  // of one room, while it is told
    std::uint64_t numbers_ = 0;
    std::uint64_t frames_ = 0;
    std::size_t talking_ = 0;
    std::size_t seated_ = 0;
};

}  // namespace sim
