// What one viewer may see of states and events, as JSON with explicit fields. This is the contract
// with every client (docs/protocol.md): nothing reaches them that is not named in these files, so a
// new field of the schema stays inside until somebody decides otherwise.
//
// Never shown to anybody: PINs, hashes, tokens, passwords, HA1s, sealed text.
//
// Pure. Thread: a Viewer belongs to one subscription; the functions are free. Memory: a Viewer
// keeps its own seats and those it called. Time: microseconds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "schema/transition_generated.h"

namespace web {

using Json = nlohmann::json;

/// One person's eyes on one stream. `meet` tells it the state, `learn` each later event.
struct Viewer {
    std::string user;           // empty: nobody in particular (the server's command line)
    bool operates = false;      // the server's command line sees what a host sees, and the wires
    bool allowed = false;       // may see this stream at all, as far as learned
    bool host = false;          // of this conference
    std::int64_t since_us = 0;  // conversation: nothing older is theirs to read
    std::set<std::uint32_t> seats;    // their own seats in this conference
    std::set<std::uint32_t> dialled;  // seats that they had called
    bool founder = false;             // of this conference: stays host without a seat

    void meet(const StreamId& stream, const schema::StateUnion& state);
    void learn(const schema::EventUnion& event, std::int64_t now_us);
};

/// Nothing when the stream does not exist. Whether the viewer may see it is `viewer.allowed`.
[[nodiscard]] std::optional<Json> state_json(const Viewer& viewer, const StreamId& stream,
                                             const schema::StateUnion& state);

/// Nothing when this viewer may not see this event. Call learn() first: who becomes a host with
/// this very event sees it as one.
[[nodiscard]] std::optional<Json> event_json(const Viewer& viewer, const StreamId& stream,
                                             const schema::EventUnion& event);

/// Of somebody else: {"name", "display_name", "disabled"}, and for administrators more.
[[nodiscard]] Json person_json(const schema::UserStateT& person, bool to_admin);

/// "seat_muted" of SeatMuted.
[[nodiscard]] std::string snake_case(std::string_view type_name);

/// "+1 *** 0123"; a SIP address keeps its host: "sip:***@example.org".
[[nodiscard]] std::string shortened(std::string_view address);

/// Nothing but a telephone number: digits, spaces, and what stands between them.
[[nodiscard]] bool looks_like_number(std::string_view name);

/// "alice" of "alice", "user/alice", "admin/alice" or "phone/alice-desk"; "cli" stays.
[[nodiscard]] std::string person_of(std::string_view by);

}  // namespace web
