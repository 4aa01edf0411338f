// Who is heard: the plans that a conference gives the mixer, against what has happened in it.
#include <set>

#include "actors/invariants/kit.hpp"

namespace actors {
namespace {

const UpdateRoom* last_plan(const Effects& effects) {
    const UpdateRoom* found = nullptr;
    for (const auto& effect : effects) {
        if (const auto* plan = std::get_if<UpdateRoom>(&effect)) found = plan;
    }
    return found;
}

bool only_lights_up(const schema::TransitionT& transition) {
    for (const auto& fact : transition.events) {
        if (fact.type != schema::Event::SeatTalking && fact.type != schema::Event::SeatSilent &&
            fact.type != schema::Event::HandRaised && fact.type != schema::Event::PinRefused)
            return false;
    }
    return true;
}

// After every transition the newest plan must be right, so a plan that should have been made and
// was not is found, too.
class MutedIsUnheard final : public Rule {
public:
    explicit MutedIsUnheard(SharedBooks books)
        : Rule(std::move(books), "muted_is_unheard",
               "who is muted, on hold or whispers to another is not heard by the room, who is deaf "
               "or on hold does not hear, and nobody is in the mix who is not connected") {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        if (moment.stream.kind != StreamKind::conference) return;
        const UpdateRoom* fresh = last_plan(moment.effects);
        if (!fresh && only_lights_up(moment.transition)) return;
        auto& plan = plans_[moment.stream.name];
        if (fresh) plan = fresh->seats;
        const Books::Room* room = books().room(moment.stream.name);
        if (!room) return;
        std::map<std::string_view, std::uint32_t> seat_of;
        std::size_t connected = 0;
        for (const auto& [id, seat] : room->seats) {
            if (seat.phase != schema::SeatPhase::connected) continue;
            seat_of[seat.leg] = id;
            ++connected;
        }
        for (const RoomSeat& one : plan) {
            const auto found = seat_of.find(one.leg);
            if (found == seat_of.end())
                return say(complain, moment, "leg " + one.leg + " is in the mix without a seat");
            const std::string wrong = what_is_wrong(*room, room->seats.at(found->second), one);
            if (!wrong.empty())
                return say(
                    complain, moment,
                    "seat " + std::to_string(found->second) + ", leg " + one.leg + ": " + wrong);
        }
        if (plan.size() != connected)
            say(complain, moment,
                std::to_string(plan.size()) + " legs are in the mix, " + std::to_string(connected) +
                    " are connected");
        if (plan.empty() && room->ended) plans_.erase(moment.stream.name);
    }

    static std::string what_is_wrong(const Books::Room& room, const Books::Seat& seat,
                                     const RoomSeat& planned) {
        if (planned.speaks && room.mute(seat)) return "is muted and heard";
        if (planned.speaks && seat.on_hold) return "is on hold and heard";
        if (planned.hears && seat.on_hold) return "is on hold and hears";
        if (planned.hears && seat.deaf) return "is deaf and hears";
        if (seat.whispers_to != 0 && planned.speaks) {
            const auto pupil = room.seats.find(seat.whispers_to);
            const bool there =
                pupil != room.seats.end() && pupil->second.phase == schema::SeatPhase::connected;
            if (!there) return "whispers to nobody and is heard";
            if (planned.only_to != pupil->second.leg) return "whispers and is heard by others";
        }
        const bool may_speak = !room.mute(seat) && !seat.on_hold && seat.whispers_to == 0;
        if (may_speak && !planned.speaks) return "may speak and is not heard";
        return {};
    }

    std::map<std::string, std::vector<RoomSeat>> plans_;
};

class LegInOneRoom final : public Rule {
public:
    explicit LegInOneRoom(SharedBooks books)
        : Rule(std::move(books), "leg_in_one_room",
               "a telephone sits in one conference, on one seat, and is in its mix once") {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        if (moment.stream.kind != StreamKind::conference) return;
        for (const auto& fact : moment.transition.events) {
            if (const auto* entered = peek<schema::SeatEnteredT>(fact)) {
                sit(moment, entered->leg, entered->seat, complain);
            } else if (const auto* dialled = peek<schema::SeatDialledT>(fact)) {
                sit(moment, dialled->leg, dialled->seat, complain);
            } else if (const auto* left = peek<schema::SeatLeftT>(fact)) {
                part(moment.stream.name, left->seat);
            } else if (const auto* removed = peek<schema::SeatRemovedT>(fact)) {
                part(moment.stream.name, removed->seat);
            } else if (peek<schema::ConferenceEndedT>(fact) || peek<schema::PhonesLostT>(fact)) {
                for (const auto& [seat, leg] : rooms_[moment.stream.name]) sitting_.erase(leg);
                rooms_.erase(moment.stream.name);
            }
        }
        if (const UpdateRoom* plan = last_plan(moment.effects)) {
            std::set<std::string_view> seen;
            for (const RoomSeat& one : plan->seats) {
                if (!seen.insert(one.leg).second)
                    say(complain, moment, "leg " + one.leg + " is in the mix twice");
            }
        }
    }
    void sit(const Moment& moment, const std::string& leg, std::uint32_t seat,
             const Complain& complain) {
        const auto found = sitting_.find(leg);
        if (found != sitting_.end())
            say(complain, moment,
                "leg " + leg + " takes seat " + std::to_string(seat) + " and has seat " +
                    std::to_string(found->second.seat) + " of conference/" + found->second.room);
        sitting_[leg] = {moment.stream.name, seat};
        rooms_[moment.stream.name][seat] = leg;
    }
    void part(const std::string& room, std::uint32_t seat) {
        auto& seats = rooms_[room];
        const auto found = seats.find(seat);
        if (found == seats.end()) return;
        sitting_.erase(found->second);
        seats.erase(found);
    }
    std::map<std::string, Books::Place> sitting_;                        // by leg
    std::map<std::string, std::map<std::uint32_t, std::string>> rooms_;  // the same, by room
};

}  // namespace

void add_sound_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<MutedIsUnheard>(books));
    rules.push_back(std::make_unique<LegInOneRoom>(books));
}

}  // namespace actors
