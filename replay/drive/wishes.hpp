// What a recorded command asks of somebody who plays it again: a request, keys, something a
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
    enum class Kind : std::uint8_t { follows, create, request, key, telephone, not_driven };
    enum class Act : std::uint8_t { ring, answer, refuse, hang_up, key };
    Kind kind = Kind::follows;
    std::string method = "POST";
    std::string path;  // of a request: behind the conference's or conversation's own
    nlohmann::json body = nlohmann::json::object();
    Act act{};
    std::string status;      // that a telephone refuses with
    std::string not_driven;  // why, for counting
};

[[nodiscard]] Wish wish_of(const Step& step);

/// "conference" of "conference/471100"; "user" of "user/alice".
[[nodiscard]] std::string kind_of(const std::string& stream);
/// "conferences/471100" of "conference/471100".
[[nodiscard]] std::string plural_of(const std::string& stream);

}  // namespace replay
