// One telephone leg as the edge holds it: the dialog, the sound, the keys. What the journal has to
// know of it lives in call_leg/<name>; this is only what dies with the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edges/sip/agent.hpp"
#include "edges/sip/keypad.hpp"
#include "edges/sip/sdp.hpp"

namespace sip {

struct Call {
    enum class Stage : std::uint8_t {
        arriving,   // inbound: we are finding out who and whereto
        offered,    // inbound: the house knows of it and will say answer or refuse
        answering,  // inbound: 200 sent, no ACK yet
        dialling,   // outbound: INVITEs sent
        up,
        leaving,  // hears a farewell, then BYE
    };

    media::LegId id = 0;
    std::string name;  // 16 hexadecimal digits
    bool inbound = false;
    Stage stage = Stage::arriving;
    bool told = false;        // the house has heard of it
    std::string source;       // for Admission
    std::string proxy;        // behind NAT: where the dialog's requests go
    std::string host;         // IPv4 address that its packets come from; empty: not known
    bool behind_nat = false;  // a phone of ours says another address than it registered from

    PeerId peer = 0;               // the dialog; 0 while several phones ring
    RequestId invite = 0;          // inbound, until answered
    std::vector<PeerId> branches;  // outbound, until one answers
    int failure = 0;               // the best final failure of branches that ended
    bool rang = false;

    bool sounding = false;  // the engine has a leg for it
    bool held = false;
    bool lacked_keys = false;  // a branch ended for want of encryption
    SrtpRule srtp = SrtpRule::never;
    bool offered_last = false;  // our SDP was an offer: the answer comes in the ACK
    Local local;
    std::optional<Description> theirs;

    Keypad keypad;
    actors::Keys asked_for = actors::Keys::nothing;
    std::string keyed_for;  // conference of the keys
    std::string room;       // conference whose room it is in; empty: none
    Loop::TimerId keypad_timer = 0;
    Loop::TimerId patience =
        0;  // in offered: the house did not say; in leaving: the farewell is too long
};

[[nodiscard]] std::string leg_name(media::LegId id);
[[nodiscard]] std::optional<media::LegId> leg_id(const std::string& name);
/// The number of a room; ids that are not digits get a hash.
[[nodiscard]] media::RoomId room_id(const std::string& conference);

}  // namespace sip
