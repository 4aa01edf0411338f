// The telephone side of a world: the server's SIP edge as the house knows it, and the telephones at
// the other end of the network. Effects are performed as edges/sip performs them, in the same order
// and with the same causes; only sockets and messages are left out.
//
//     Callers, Meetings (people) <--- Party --- telephones <--delay--> edge --commands--> House
//                                                                      edge <--effects--- House
//
// Thread: one. Memory: a slot per call under way, used again. A crash takes what the edge knows;
// the telephones notice after a while.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/world/ground.hpp"
#include "sim/world/lines.hpp"

namespace sim {

using CallId = std::uint64_t;  // the leg's name as a number; zero: none
[[nodiscard]] std::string leg_name(CallId id);
[[nodiscard]] CallId leg_id(std::string_view leg);

/// As edges/sip/keypad.hpp: to the first key, and from it to the last.
inline constexpr Duration keypad_patience = seconds(15);

/// How a call ended, as the telephone shows it.
struct Ending {
    int status = 0;        // of the server's refusal, or of what the telephone said itself
    bool by_them = false;  // the person at the telephone hung up
    bool lost = false;     // the other end fell silent
};

/// Somebody at a telephone, who notices what a person does. `who` is theirs.
class Party {
public:
    virtual ~Party() = default;
    virtual void answered(std::uint64_t who) = 0;  // the server has picked up
    virtual void asked_for_pin(std::uint64_t who, bool again) = 0;
    virtual void admitted(std::uint64_t who, CallId call) = 0;  // "you have joined"
    /// The call is over, or never came about. Comes once, last.
    virtual void over(std::uint64_t who, const Ending& ending) = 0;
};

/// What happens when the server calls somebody.
struct Callee {
    Party* party = nullptr;
    std::uint64_t who = 0;
};

class Rooms;

class Telephony final : public actors::Outside {
public:
    Telephony(Ground& ground, Lines& lines, Rooms& rooms);

    /// Whom the server reaches at this target; nobody: it rings, and nobody is there.
    std::function<std::optional<Callee>(const actors::DialCall&)> callee_of;

    // ---- what people do

    struct Invite {
        std::string caller;      // the number that the network shows
        std::string user;        // of a registered telephone; empty: a trunk's caller
        std::string called;      // digits
        std::string conference;  // that has this number for ever; empty: the house is asked
        std::string codec;
    };
    /// Dials. A trunk's caller has a line already, and gives it back when it is over.
    CallId call(Party& party, std::uint64_t who, Invite invite);
    /// Keys these digits and '#', `keying_s` from now.
    void key_pin(CallId id, const std::string& digits, double keying_s);
    void key_code(CallId id, const std::string& code);
    /// BYE or CANCEL. Nothing is heard of the call any more, not even over().
    void hang_up(CallId id);

    // ---- what happens to everybody

    void drop_trunk();  // the lines go down
    void crash();       // the process has died
    [[nodiscard]] bool idle() const { return calls_ == 0; }
    [[nodiscard]] bool knows(CallId id) const {
        return const_cast<Telephony*>(this)->find(id) != nullptr;
    }

    void perform(const actors::Effect& effect, const actors::EffectKey& key) override;

private:
    enum class Stage : std::uint8_t { gone, arriving, offered, answering, dialling, up, leaving };
    struct alignas(64) Call {  // what every step asks for is in its first line of the cache
        CallId id = 0;         // zero: a free slot
        // the telephone
        Party* party = nullptr;
        std::uint64_t who = 0;
        bool lifted = false;    // the telephone is in the call
        bool on_trunk = false;  // and so has a line
        // the edge
        Stage stage = Stage::gone;
        bool inbound = true;
        actors::Keys asked_for = actors::Keys::nothing;
        bool again = false;  // the PIN was wrong
        int status = 0;      // the refusal on its way
        Instant begun{};
        std::string keyed_for;
        std::string codec;
        // the telephone
        std::string keying;  // digits on their way
        std::string phone;   // the registered user whose telephone it is
        Invite invite;
    };

    // slots
    [[nodiscard]] Call* find(CallId id);
    [[nodiscard]] Call* find(const std::string& leg);
    [[nodiscard]] std::uint32_t free_slot();
    Call& begin();
    Call& begin_dialled(CallId id);
    void forget_if_done(Call& call);
    using Step = void (Telephony::*)(CallId);
    /// What one end sends happens at the other when it arrives.
    void send_over(CallId id, Step what, double after_s = 0);
    [[nodiscard]] Instant arrival(Instant sent) const;

    // the edge: arriving.cpp
    void invite_arrives(CallId id);
    void find_route(CallId id);
    void offer(CallId id, const std::string& conference);
    void refuse_at_once(CallId id, int status);
    void confirmed(CallId id);
    void keys_arrive(CallId id);
    void keying_stopped(CallId id);
    void bye_arrives(CallId id);
    void drop_edge(Call& call);
    void open_port(Call& call, Stage stage);
    [[nodiscard]] bool ports_full() const { return ports_ >= ground_.scenario.server.ports; }
    void tell(const Call& call, schema::CommandUnion wish);
    void tell_ended(const Call& call, schema::Cause cause, int status);
    void say_bye(CallId id);
    void dialled_came_to(Metric what);
    void not_dialled(const std::string& leg, schema::Cause cause, int status);

    // the edge: calls that the server places
    void dial(const actors::DialCall& effect);
    void dial_user(const actors::DialCall& effect);
    void dial_number(const actors::DialCall& effect);
    void ring(const actors::DialCall& effect, bool on_trunk);
    void phone_rings(CallId id);
    void phone_answers(CallId id);
    void phone_declines(CallId id);
    void ringing_heard(CallId id);
    void answer_heard(CallId id);
    void failure_heard(CallId id);

    // effects
    void on(const actors::AnswerCall& effect);
    void on(const actors::RefuseCall& effect);
    void on(const actors::DialCall& effect) { dial(effect); }
    void on(const actors::EndCall& effect);
    void on(const actors::PlayPrompts& effect);
    void on(const actors::CollectKeys& effect);
    void on(const actors::UpdateRoom& effect);
    void on(const actors::AnnounceRoom&) {}
    void on(const actors::OfferText&) {}
    void on(const actors::Tell&) {}

    // the telephone
    void answer_reaches_phone(CallId id);
    void refusal_reaches_phone(CallId id);
    void bye_reaches_phone(CallId id);
    void question_reaches_phone(CallId id);
    void welcome_reaches_phone(CallId id);
    void nobody_answers(CallId id);
    void put_down(Call& call, const Ending& ending);

    Ground& ground_;
    Lines& lines_;
    Rooms& rooms_;
    Chance chance_;
    Duration delay_;
    std::uint64_t scramble_;  // of ids, so that they look like no numbers
    std::vector<Call> slots_;
    std::vector<std::uint32_t> free_;
    std::map<CallId, std::uint32_t> dialled_;  // slots of calls that the house has named
    std::uint64_t numbers_ = 0;
    std::set<std::string> strangers_;      // callers who keyed a wrong PIN
    std::vector<CallId> known_;            // of one room, while it is told
    std::set<std::string> phones_in_use_;  // registered users' telephones
    std::size_t calls_ = 0;
    std::uint32_t ports_ = 0;
};

}  // namespace sim
