// What a journal tells about its traffic: calls with their moments, meetings with their people, who
// talked when, and messages. Nothing of it is a model yet; fit.hpp makes one.
//
//     transitions, oldest first --see--> Observer --finish--> Observed
//
// Thread: one owner. Memory: some hundred bytes a call, eight a talk spurt and a message. Time:
// seconds since the first transition.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "schema/transition_generated.h"

namespace sim::fit {

inline constexpr double never = -1;

struct Leg {
    bool inbound = false;
    bool number = false;  // a number was dialled, not a user
    std::string conference, codec;
    double begun = 0, ringing = never, answered = never, asked = never, admitted = never;
    double ended = never;
    std::uint32_t pins = 0, wrong = 0;  // keyed; of them wrong
    std::vector<double> keying_s;
    schema::Cause cause = schema::Cause::none;
};

struct Room {
    double created = 0;
    bool meeting = false;  // of a chat or with people invited or dialled; else people dial in to it
    std::set<std::string> invited, outside;  // users; dialled or calling numbers
    std::set<std::string> dialled, came;     // whom the server rang; who dialled in
    std::vector<double> came_late_s;         // since the room was made
};

/// While two or more people are connected.
struct Talking {
    std::vector<double> spurts_s, pauses_s, double_talk_s, silence_s;
    std::uint64_t turns = 0, joined = 0;  // spurts; of them begun while somebody talked
    std::uint64_t rooms_of_two = 0, rooms_of_more = 0;  // at those beginnings
};

struct Observed {
    double length_s = 0;
    std::uint64_t transitions = 0;
    std::vector<Leg> legs;  // in order of their endings; those that still run behind them
    std::map<std::string, Room> rooms;
    Talking talking;
    std::uint64_t users = 0, users_with_phone = 0, senders = 0;
    std::vector<double> messages_s;
    std::vector<double> reading_s;
    std::vector<std::uint32_t> members;  // of each conversation
};

class Observer {
public:
    void see(const schema::TransitionT& transition);
    [[nodiscard]] Observed finish();

private:
    struct Seat {
        bool talks = false;
        double since = never;  // of the spurt or pause that runs; never: not seen begin
    };
    struct Floor {
        std::map<std::uint32_t, Seat> seats;  // connected
        std::uint32_t talkers = 0;
        double since = never;  // of so many talkers; never: fewer than two people are here
    };

    void see_leg(Leg& leg, const schema::EventUnion& event, double at);
    void see_room(const std::string& name, const schema::EventUnion& event, double at);
    void see_person(Room& room, const schema::EventUnion& event);
    void see_floor(Floor& floor, const schema::EventUnion& event, double at);
    static void people_changed(Floor& floor);
    void talkers_changed(Floor& floor, std::uint32_t before, double at);
    void see_user(const std::string& name, const schema::EventUnion& event);
    void see_conversation(const std::string& name, const schema::TransitionT& transition,
                          const schema::EventUnion& event, double at);

    Observed found_;
    bool begun_ = false;
    Instant first_{};
    std::map<std::string, Leg> legs_;
    std::map<std::string, Floor> floors_;
    std::set<std::string> users_, with_phone_, senders_;
    std::map<std::string, std::uint32_t> members_;
    std::map<std::string, std::map<std::uint64_t, double>> unread_;  // by conversation, sequence
};

}  // namespace sim::fit
