// Bugs that can be planted on purpose, to prove that the swarm would find them. In the product
// every question is answered `no` while it compiles, and nothing of it is left in the program.
//
//     if (planted::is("mute_lost_at_restart")) seat.muted = false;
//
// tests/swarm compiles the actors once more with PARTYLINE_PLANTED, where one bug at a time is
// chosen.
#pragma once

#include <string_view>

namespace planted {

#ifdef PARTYLINE_PLANTED
inline std::string_view chosen;  // set while nothing else runs
[[nodiscard]] inline bool is(std::string_view bug) { return bug == chosen; }
#else
[[nodiscard]] constexpr bool is(std::string_view) { return false; }
#endif

}  // namespace planted
