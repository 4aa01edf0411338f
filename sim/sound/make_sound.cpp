#include "sim/sound/full.hpp"
#include "sim/sound/packets.hpp"

namespace sim {

std::unique_ptr<Sound> make_sound(const Scenario& scenario, Instant begins, Heard heard,
                                  Listening listening) {
    switch (scenario.fidelity) {
        case Fidelity::calls: return nullptr;
        case Fidelity::packets: return make_packet_sound(scenario, begins, std::move(heard));
        case Fidelity::sound:
            return make_full_sound(scenario, begins, std::move(heard), std::move(listening));
    }
    return nullptr;
}

}  // namespace sim
