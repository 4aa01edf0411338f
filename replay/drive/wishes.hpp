// What a recorded command asks of somebody who plays it again: a request, a text, something a
// telephone does; or nothing, because it follows from another.
//
// Pure. Thread: any.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "replay/drive/script.hpp"

namespace replay {

struct Wish {
    enum class Kind : std::uint8_t { follows, create, request, text, telephone, not_played };
    enum class Act : std::uint8_t {
        call,
        key_conference,
        key_pin,
        key,
        ring,
        answer,
        refuse,
        hang_up,
        hold,
        resume
    };
    Kind kind = Kind::follows;
    std::string method = "POST";
    std::string path;  // of a request: behind the conference's or conversation's own
    nlohmann::json body = nlohmann::json::object();
    Act act{};
    std::string status;      // that a telephone refuses with
    std::string not_played;  // why, for counting
};

/// `leg`: the story of step.leg; null: it is about no telephone, or that one is not known.
[[nodiscard]] Wish wish_of(const Step& step, const LegStory* leg);

/// "conference" of "conference/471100"; "user" of "user/alice".
[[nodiscard]] std::string kind_of(const std::string& stream);
/// "conferences/471100" of "conference/471100".
[[nodiscard]] std::string plural_of(const std::string& stream);

}  // namespace replay
