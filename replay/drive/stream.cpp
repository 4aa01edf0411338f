#include "replay/drive/stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace replay {
namespace {

// 3 of "seat_dialled seat=3 user=ben"; 0: it makes none.
unsigned seat_made_by(const std::string& line, const std::string& type) {
    const std::string begin = type + " seat=";
    unsigned seat = 0;
    if (!line.starts_with(begin)) return 0;
    (void)std::from_chars(line.data() + begin.size(), line.data() + line.size(), seat);
    return seat;
}

constexpr const char* wrong_pin = "0000000000";  // nobody makes one of ten zeros
constexpr std::array seat_makers{"person_invited", "seat_dialled", "seat_entered"};

bool makes_seat(const std::string& type) {
    return std::ranges::find(seat_makers, type) != seat_makers.end();
}

}  // namespace

std::string Stream::pin_there(const nlohmann::json& pin) const {
    if (pin == recorded_host_pin) return host_pin;
    return pin == recorded_guest_pin ? guest_pin : wrong_pin;
}

void Stream::expect(const Step& step, std::size_t thing) {
    for (const std::string& line : step.expected) recorded.push_back({line, thing});
}

void Stream::passed_over(const Step& step) {
    for (const std::string& line : step.expected) {
        for (const char* type : seat_makers) {
            const unsigned seat = seat_made_by(line, type);
            if (seat != 0 && !seats.contains(seat)) unplayed_seats.insert(seat);
        }
    }
}

void Stream::made_seats(const Step& step) {
    // Who stands for the command line has the first seat there.
    const unsigned more = maker.empty() ? 1 : 0;
    for (const std::string& line : step.expected) {
        if (const unsigned seat = seat_made_by(line, "person_invited")) seats[seat] = seat + more;
    }
}

void Stream::recall_seats(const std::string& type, nlohmann::json& fields) {
    const auto recorded_of = [&](unsigned there) {
        const auto found =
            std::ranges::find_if(seats, [&](const auto& pair) { return pair.second == there; });
        return found == seats.end() ? 0u : found->first;
    };
    for (const char* field : {"seat", "to"}) {
        if (!fields.contains(field) || !fields[field].is_number_unsigned()) continue;
        const unsigned there = fields[field];
        unsigned known = recorded_of(there);
        if (known == 0 && field == std::string_view{"seat"} && makes_seat(type)) {
            for (const Owned& one : recorded) {
                const unsigned seat = seat_made_by(one.line, type);
                if (seat == 0 || seats.contains(seat)) continue;
                seats[known = seat] = there;
                break;
            }
        }
        if (known != 0) fields[field] = known;
    }
}

}  // namespace replay
