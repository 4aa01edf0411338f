#include "sim/sound/hearing.hpp"

namespace sim {

void HearingCheck::room(const actors::UpdateRoom& plan) {
    std::vector<std::string>& legs = legs_[plan.conference];
    for (const std::string& leg : legs) {
        const auto place = places_.find(leg);
        if (place != places_.end() && place->second.conference == plan.conference)
            places_.erase(place);
    }
    legs.clear();
    for (const actors::RoomSeat& seat : plan.seats) {
        places_[seat.leg] = {plan.conference, seat};
        legs.push_back(seat.leg);
    }
}

void HearingCheck::leg_down(const std::string& leg) { places_.erase(leg); }

std::string HearingCheck::what_is_wrong(const Hearing& hearing) const {
    const auto talker = places_.find(hearing.talker), listener = places_.find(hearing.listener);
    if (hearing.talker == hearing.listener) return "hears itself";
    if (talker == places_.end()) return "hears somebody who is in no room";
    if (listener == places_.end()) return "is in no room";
    if (talker->second.conference != listener->second.conference)
        return "is in conference " + listener->second.conference + ", not in " +
               talker->second.conference;
    if (!talker->second.seat.speaks) return "hears somebody who may not speak";
    if (!listener->second.seat.hears) return "may not hear";
    const std::string& only_to = talker->second.seat.only_to;
    if (!only_to.empty() && only_to != hearing.listener)
        return "hears what was said to " + only_to + " alone";
    return {};
}

void HearingCheck::heard(const Hearing& hearing) {
    const std::string wrong = what_is_wrong(hearing);
    if (wrong.empty()) {
        ++heard_rightly_;
        return;
    }
    bool& known = complained_[{hearing.listener, hearing.talker}];
    if (known) return;
    known = true;
    complaints_.push_back("leg " + hearing.listener + " hears leg " + hearing.talker + ", but " +
                          wrong + " (at " + std::to_string(hearing.at.us) + " us)");
}

}  // namespace sim
