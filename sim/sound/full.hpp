// Fidelity::sound: every telephone's voice coded, sent over the network, and mixed by the
// production tick core in virtual time; what each telephone is sent goes into one hash.
//
//     Mouth --> Uplink --> media::Leg --> media::Lane --> heard_hash, Ear
//
// What Opus made is not hashed: its library counts in floats, whose bits differ between machines.
// So of a room with an Opus telephone, and of Opus telephones, only who was sent something enters
// the hash. Everything else counts in integers.
// Thread: one owner. Memory: a media leg with its codec per telephone, some 60 kB; an ear, where
// one listens. Time: virtual, ticks of 20 ms.
#pragma once

#include "sim/sound/quality.hpp"
#include "sim/sound/voices.hpp"

namespace sim {

/// `listening` hears what every telephone is sent: dear, for checkers. Voices repeat when more than
/// voice_count telephones are up; then nobody is told of those that share one.
[[nodiscard]] std::unique_ptr<Sound> make_full_sound(const Scenario& scenario, Instant begins,
                                                     Heard heard, Listening listening = {});

}  // namespace sim
