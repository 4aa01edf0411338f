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
               "or on hold does not hear, and nobody is in the mix who is not connected",
               {StreamKind::conference}) {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        const UpdateRoom* fresh = last_plan(moment.effects);
        if (!fresh && only_lights_up(moment.transition)) return;
        auto& plan = plans_[here()];
        if (fresh) plan = fresh->seats;
        const Books::Room& room = *books().room(here());
        for (std::size_t i = 0; i < plan.size(); ++i) {
            const RoomSeat& one = plan[i];
            const Books::Seat* seat = books().connected(room, one.leg, i);
            if (seat == nullptr)
                return say(complain, moment, "leg " + one.leg + " is in the mix without a seat");
            const std::string_view wrong = what_is_wrong(room, *seat, one);
            if (!wrong.empty())
                return say(complain, moment,
                           "seat " + std::to_string(seat->id) + ", leg " + one.leg + ": " +
                               std::string{wrong});
        }
        if (plan.size() != room.connected.size())
            say(complain, moment,
                std::to_string(plan.size()) + " legs are in the mix, " +
                    std::to_string(room.connected.size()) + " are connected");
        if (plan.empty() && room.ended) plans_.forget(here());
    }

    static std::string_view what_is_wrong(const Books::Room& room, const Books::Seat& seat,
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

    PerStream<std::vector<RoomSeat>> plans_;
};

class LegInOneRoom final : public Rule {
public:
    explicit LegInOneRoom(SharedBooks books)
        : Rule(std::move(books), "leg_in_one_room",
               "a telephone sits in one conference, on one seat, and is in its mix once",
               {StreamKind::conference}) {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        for (const Books::Move& move : books().moves()) {
            if (move.sits()) sit(moment, move, complain);
            if (move.what == Books::Move::What::parts) sitting_.forget(move.leg);
        }
        if (const UpdateRoom* plan = last_plan(moment.effects)) {
            std::set<std::string_view> seen;
            for (const RoomSeat& one : plan->seats) {
                if (!seen.insert(one.leg).second)
                    say(complain, moment, "leg " + one.leg + " is in the mix twice");
            }
        }
    }
    void sit(const Moment& moment, const Books::Move& move, const Complain& complain) {
        if (const Books::Place* found = sitting_.find(move.leg))
            say(complain, moment,
                "leg " + books().name(move.leg) + " takes seat " + std::to_string(move.seat) +
                    " and has seat " + std::to_string(found->seat) + " of conference/" +
                    books().name(found->room));
        sitting_[move.leg] = {here(), move.seat};
    }
    PerStream<Books::Place> sitting_;  // by leg
};

}  // namespace

void add_sound_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<MutedIsUnheard>(books));
    rules.push_back(std::make_unique<LegInOneRoom>(books));
}

}  // namespace actors
