// Holds who is heard against who may be: a muted leg is heard by nobody, a deaf one hears nobody, a
// whisper reaches one, and who is in no room (not admitted yet, on hold, gone) neither hears nor is
// heard.
//
// Thread: one owner. Memory: the plans of the rooms that there are, and complaints.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/effects.hpp"
#include "sim/sound/sound.hpp"

namespace sim {

class HearingCheck {
public:
    /// As Sound::room is told, and just before it.
    void room(const actors::UpdateRoom& plan);
    void leg_down(const std::string& leg);
    /// What make_sound's `listening` is told.
    void heard(const Hearing& hearing);

    /// May `listener` hear `talker`? Gains do not count.
    [[nodiscard]] bool may_hear(const std::string& listener, const std::string& talker) const {
        return what_is_wrong({{}, listener, talker}).empty();
    }
    /// A sentence each, the first of a pair only.
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    /// So many times somebody was heard who may be: a check that never heard anybody proves
    /// nothing.
    [[nodiscard]] std::uint64_t heard_rightly() const { return heard_rightly_; }

private:
    struct Place {
        std::string conference;
        actors::RoomSeat seat;
    };
    [[nodiscard]] std::string what_is_wrong(const Hearing& hearing) const;

    std::map<std::string, Place> places_;                   // by leg
    std::map<std::string, std::vector<std::string>> legs_;  // by conference, of its newest plan
    std::vector<std::string> complaints_;
    std::map<std::pair<std::string, std::string>, bool> complained_;
    std::uint64_t heard_rightly_ = 0;
};

}  // namespace sim
