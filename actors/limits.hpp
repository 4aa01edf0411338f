// How much of everything, and why.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace actors {

inline constexpr std::size_t text_bytes_max =
    4000;  // a chat message; one SIP MESSAGE over TCP carries it
inline constexpr std::size_t title_bytes_max = 200;
inline constexpr std::size_t display_name_bytes_max = 100;
inline constexpr std::size_t client_id_bytes_max = 80;
inline constexpr std::size_t address_bytes_max = 200;

inline constexpr std::size_t phones_max = 8;     // accounts of one person
inline constexpr std::size_t bindings_max = 5;   // devices that share one account
inline constexpr std::size_t sessions_max = 20;  // the oldest one ends when another opens
inline constexpr std::size_t contacts_max = 1000;
inline constexpr std::size_t memberships_max = 2000;  // conversations or conferences of one person
inline constexpr std::size_t members_max = 1000;      // of one conversation

inline constexpr std::size_t seats_max = 4000;  // rows of one roster
inline constexpr std::size_t legs_max = 2000;   // telephones in one conference
static_assert(legs_max * 32'768ull <= INT32_MAX, "a full room must sum into 32 bits");

inline constexpr int gain_db_min = -40, gain_db_max = 20;       // quiet as a whisper .. ten times
inline constexpr std::uint32_t loudest_everybody = UINT32_MAX;  // 0 is "as the server is set"

inline constexpr std::uint32_t pin_attempts_max = 3;
inline constexpr std::uint32_t conference_asks_max = 3;
inline constexpr std::size_t pin_failures_max =
    10;  // per conference and window, then nobody gets in by PIN
inline constexpr Duration pin_failure_window = minutes(10);

inline constexpr Duration answer_patience =
    seconds(40);  // inbound: from our 200 to the ACK (64*T1 is 32 s)
inline constexpr Duration keying_patience =
    seconds(60);  // the edge gives up sooner; this is the safety net
inline constexpr Duration check_patience = seconds(10);
inline constexpr Duration ring_patience = seconds(45);

inline constexpr std::size_t recent_commands_max =
    1024;  // how far back a resend is recognised, per stream
inline constexpr std::uint64_t snapshot_every = 256;  // transitions
inline constexpr std::uint32_t fold_version =
    1;  // one more whenever an old event folds to another state
/// One more whenever a command is decided otherwise than before on purpose. Transitions tell
/// theirs, and `decide` goes on to decide old ones as it did: if (at.behaviour >= 2) ...
inline constexpr std::uint16_t behaviour_version = 1;
inline constexpr std::size_t in_flight_max =
    4096;  // undurable transitions of one stream; then busy

}  // namespace actors
