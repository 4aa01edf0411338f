// All calls: from INVITE to BYE, in both directions, between the agent (SIP), the engine (sound)
// and the house (rules). What arrives is in arrivals.cpp, what we place in dialling.cpp, what
// happens within a call in calls.cpp.
//
// Thread: the loop's. Memory: Admission bounds the number of calls.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "edges/sip/call.hpp"
#include "edges/sip/gate.hpp"

namespace sip {

/// A call that finds no headroom may find some when others have ended (RFC 3261, 20.33).
inline constexpr const char* headroom_retry_after = "30";

class Calls {
public:
    Calls(Desk& desk, Gate& gate) : desk_(desk), gate_(gate) {}

    // From the agent. `false`: no call has this peer.
    void on_invite(RequestId request, PeerId peer, const Request& message);
    void on_update(RequestId request, PeerId peer, const Request& message);
    void on_info(RequestId request, PeerId peer, const Request& message);
    void on_confirmed(PeerId peer, const std::string& sdp);
    void on_progress(PeerId peer, int status);
    void on_answered(PeerId peer, const std::string& sdp);
    void on_failed(PeerId peer, int status);
    void on_cancelled(PeerId peer);
    void on_ended(PeerId peer, bool timed_out);

    // From the house.
    void answer(const actors::AnswerCall& effect);
    void refuse(const actors::RefuseCall& effect);
    void dial(const actors::DialCall& effect);
    void end(const actors::EndCall& effect);
    void play(const actors::PlayPrompts& effect);
    void collect(const actors::CollectKeys& effect);
    void update_room(const actors::UpdateRoom& effect);
    void announce(const actors::AnnounceRoom& effect);

    void on_media(const media::Event& event);
    /// BYE, CANCEL or 503 to everybody, without a word to the house: it will find the calls lost.
    void end_all();

private:
    struct Arrival;  // an INVITE while we find out who and whereto

    // calls.cpp
    Call* find(const std::string& leg);
    Call* find(PeerId peer);
    Call& begin(bool inbound, const std::string& source);
    void remove(Call& call);
    void tell(const Call& call, schema::CommandUnion command);
    void tell_ended(const Call& call, schema::Cause cause, int status);
    [[nodiscard]] bool open_sound(Call& call);
    [[nodiscard]] SoundPolicy policy_of(const Call& call) const;
    void use(Call& call, const Description& theirs);
    void hang_up(Call& call);
    void renegotiate(Call& call, RequestId request, const Request& message);
    void set_held(Call& call);
    void key(Call& call, char digit);
    void keyed(Call& call, const Keypad::Keyed& keyed);
    void arm_keypad(Call& call);
    void set_stage(Call& call, Call::Stage stage);
    Counter& gauge(Call::Stage stage);

    // arrivals.cpp
    void identify(const std::shared_ptr<Arrival>& arrival);
    void identify_phone(const std::shared_ptr<Arrival>& arrival);
    void identify_guest(const std::shared_ptr<Arrival>& arrival);
    void check_caller(const std::shared_ptr<Arrival>& arrival);
    void find_route(const std::shared_ptr<Arrival>& arrival);
    void offer(const std::shared_ptr<Arrival>& arrival);
    void give_up(const Arrival& arrival, int status);
    [[nodiscard]] Call* still_there(const Arrival& arrival);

    // dialling.cpp
    struct Attempt;
    void dial_user(const actors::DialCall& effect);
    void dial_number(const actors::DialCall& effect);
    void dial_address(const actors::DialCall& effect);
    void ring(const actors::DialCall& effect, std::vector<Outgoing> targets, SrtpRule srtp);
    void not_dialled(const std::string& leg, schema::Cause cause, int status);
    void drop_branch(Call& call, PeerId peer, int status);

    Desk& desk_;
    Gate& gate_;
    std::unordered_map<media::LegId, std::unique_ptr<Call>> calls_;
    std::unordered_map<PeerId, media::LegId> peers_;
    struct Room {
        std::vector<media::LegId> legs;
        schema::Recording recording{};  // as the engine was told
    };
    std::unordered_map<std::string, Room> rooms_;
};

}  // namespace sip
