// What a load is: how many telephones, in which rooms, who talks, in which codec, for how long.
//
// Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/engine.hpp"
#include "media/sound/format.hpp"

namespace sim {

inline constexpr unsigned telephones_max = 16'000;

/// Where a telephone keys itself into.
struct RoomPlan {
    std::string conference;  // keyed after the shared number answered; empty: not asked for
    std::string pin;         // empty: not asked for
};

/// A telephone whose call somebody else has set up.
struct EndpointPlan {
    media::Address remote;
    std::uint8_t payload_type = 0;
    std::optional<media::Address> local;  // what the server was told; none: any
};

struct LoadPlan {
    std::optional<media::Address> sip;  // none: `endpoints` say where the sound goes
    std::string number;                 // that is called; empty: each room's conference
    std::vector<RoomPlan> rooms;        // filled one after the other, evenly
    std::vector<EndpointPlan> endpoints;

    unsigned legs = 100;
    unsigned room_size = 0;  // without SIP: legs that hear one another; 0: all of them
    unsigned talking = 3;    // per room
    bool echo = false;       // everybody hears what they said: nothing mixes
    media::Format format = media::pcmu_format;
    bool opus_voice =
        false;  // as phones code a voice; else as the peers of docs/load.md were loaded
    unsigned calls_per_second = 50;
    unsigned seconds = 20;  // measured
    unsigned warm_up_seconds = 4;
    std::uint64_t seed = 1;
    std::uint16_t port_first = 40'000;

    int pid = 0;                            // of the server; 0: its processor and memory unknown
    std::optional<media::Address> metrics;  // its HTTP port
    std::string metrics_path = "/metrics";

    [[nodiscard]] unsigned legs_per_room() const {
        if (!sip) return room_size == 0 ? legs : room_size;
        const auto count = static_cast<unsigned>(rooms.size());
        return count == 0 ? legs : (legs + count - 1) / count;
    }
};

/// Which of the room's talkers `leg` is; none: it is silent. Talkers are spread over the room, so
/// that their packets are spread over the 20 ms.
[[nodiscard]] std::optional<unsigned> talker_number(const LoadPlan& plan, unsigned leg);

}  // namespace sim
