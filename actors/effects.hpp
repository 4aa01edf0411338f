// What the rules want done outside. Effects are values: a machine returns them, a test reads them,
// an edge performs them once the event behind them is durable.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "schema/transition_generated.h"

namespace actors {

/// A command to another entity. Delivered at least once, with an id derived from its cause, so
/// decided once.
struct Tell {
    StreamId to;
    schema::CommandUnion command;
};

// To the telephone side (edges/sip performs them). `leg` is the name in "call_leg/<leg>".
struct AnswerCall {
    std::string leg;
};  // 200 OK, open the sound
struct RefuseCall {
    std::string leg;
    int sip_status = 0;
};                 // final response to an INVITE
struct DialCall {  // INVITE every phone of the target
    std::string leg;
    schema::TargetKind kind{};
    std::string target;  // user name, number, or "sip:..." address
    std::string name;    // whom we show as calling
    std::string caller;  // number or user part that we show
};
struct EndCall {
    std::string leg;
    schema::Cause cause{};
    std::string farewell;
};  // prompt first, then BYE; or CANCEL
struct PlayPrompts {
    std::string leg;
    std::vector<std::string> prompts;
    bool replace = true;
};
enum class Keys : std::uint8_t {
    conference,  // digits up to '#' or a pause -> ConferenceKeyed
    pin,    // digits up to '#' or a pause -> PinKeyed with keyed_pin(conference, digits); never in
            // clear
    codes,  // "*6" and the like -> LegKeyed to the conference
    nothing,
};
struct CollectKeys {
    std::string leg;
    Keys keys{};
    std::string conference;
};
struct RoomSeat {
    std::string leg;
    bool speaks = true;
    bool hears = true;
    std::int8_t gain_in_db = 0, gain_out_db = 0;
    std::string only_to;  // a coach: the one leg that hears them; empty: everybody
    bool operator==(const RoomSeat&) const = default;
};
/// Where a conference sounds otherwise than the server is set.
struct RoomSound {
    schema::Choice capture{}, level_voices{}, gate_noise{};
    std::uint32_t loudest = 0;  // 0: as set
    bool operator==(const RoomSound&) const = default;
};
struct UpdateRoom {
    std::string conference;
    std::vector<RoomSeat> seats;
    RoomSound sound{};
    schema::Recording recording{};
};  // the whole room, every time
struct AnnounceRoom {
    std::string conference;
    std::string prompt;
};
/// A chat message for a person's phones that want texts (SIP MESSAGE, RFC 3428).
struct OfferText {
    std::string user;
    std::string from;
    std::string conversation;
    std::string text;
};

using Effect = std::variant<Tell, AnswerCall, RefuseCall, DialCall, EndCall, PlayPrompts,
                            CollectKeys, UpdateRoom, AnnounceRoom, OfferText>;
using Effects = std::vector<Effect>;

}  // namespace actors
