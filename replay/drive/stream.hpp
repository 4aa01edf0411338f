// A conference, conversation or telephone connection of a recorded session, and what it is on the
// server under test: its name, its PINs, its seats; what is expected of it and what was seen.
//
// Pure. Thread: one. Memory: its lines.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "replay/drive/report.hpp"
#include "replay/drive/script.hpp"

namespace replay {

struct Stream {
    std::optional<std::size_t> first;  // thing that happened to it
    std::string driven;                // its name there; empty: it was not made
    std::string maker;                 // who made it; empty: the command line
    std::string host_pin, guest_pin;
    nlohmann::json recorded_host_pin, recorded_guest_pin;
    std::map<unsigned, unsigned> seats;  // recorded: there
    std::set<unsigned> unplayed_seats;   // recorded, of what was not played
    std::vector<Owned> recorded;
    std::vector<std::string> seen;
    std::size_t awaited = 0;  // of seen; what failed to come is not waited for twice

    /// The PIN that is there what this one, hashed, was; a wrong one for a wrong one.
    [[nodiscard]] std::string pin_there(const nlohmann::json& recorded) const;
    void expect(const Step& step, std::size_t thing);
    /// `step` was not played: nobody has its seats, and that is no fault of theirs.
    void passed_over(const Step& step);
    /// It was made as in `step`: whom it brought in has these seats.
    void made_seats(const Step& step);
    /// In an event from there: seats get the numbers they had in the recording. A new seat is the
    /// next that was made so and is not there yet.
    void recall_seats(const std::string& type, nlohmann::json& fields);
};

}  // namespace replay
