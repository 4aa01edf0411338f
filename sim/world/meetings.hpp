// Meetings that people begin out of a chat: somebody creates a conference, the server rings some of
// the people, others dial in, late or not at all; each stays a while, and when the last one has
// left the conference is ended.
//
//     claim a number -> create -> dial, wait for who dials in -> all have gone -> end
//
// Thread: one. Memory: a slot per meeting under way, used again. Time: virtual.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sim/models/arrivals.hpp"
#include "sim/world/people.hpp"
#include "sim/world/telephony.hpp"

namespace sim {

/// Numbers of conferences and of telephones outside that nobody has had before.
struct MeetingNumbers {
    std::uint64_t conferences = 0;
    std::uint64_t telephones = 0;
};

class Meetings final : public Party {
public:
    Meetings(Ground& ground, Lines& lines, Telephony& telephony, const People& people,
             MeetingNumbers& numbers, const MeetingClass& plan);

    void begin(double horizon_s);
    [[nodiscard]] bool idle() const { return open_ == 0; }
    /// The person of a meeting of ours whom the server calls, if it is one.
    [[nodiscard]] std::optional<Callee> callee(const actors::DialCall& call);
    /// That number was given to a meeting, of this class or another; it is one that is open here.
    [[nodiscard]] static bool is_meeting(std::string_view conference);
    [[nodiscard]] bool holds(std::string_view conference) const {
        return by_conference_.contains(conference);
    }
    /// Whoever was to be called and has not been will not be: the process that would have died.
    void crash();

    void answered(std::uint64_t) override {}
    void asked_for_pin(std::uint64_t who, bool again) override;
    void admitted(std::uint64_t who, CallId call) override;
    void over(std::uint64_t who, const Ending& ending) override;

private:
    struct Member {
        enum class State : std::uint8_t { expected, calling, inside, gone };
        State state = State::expected;
        bool dialled = false;  // the server rings them
        bool outside = false;  // at a telephone of the public network
        std::uint32_t user = 0;
        std::string number;  // of who is outside
        double late_s = 0, holding_s = 0;
        Chance chance;
        CallId call = 0;
    };
    struct Meeting {
        std::uint32_t turn = 1, slot = 0;
        bool here = false;
        std::string conference, pin;
        std::string by;    // who began it, as commands say it
        std::string chat;  // empty: none
        std::vector<Member> members;
        std::size_t came = 0;
        bool ending = false;
        Instant begun{};
    };
    struct Found {
        Meeting* meeting = nullptr;
        Member* member = nullptr;
    };

    void plan_arrival();
    void arrive();
    void invite_people(Meeting& meeting, std::uint64_t number);
    void create(std::uint64_t which);
    void created(std::uint64_t which);
    void dial(std::uint64_t which, std::uint32_t member);
    void dial_in(std::uint64_t who);
    void leave(std::uint64_t who);
    void gone(std::uint64_t who);
    void end_if_empty(std::uint64_t which);
    void forget(std::uint64_t which);

    [[nodiscard]] Meeting* find(std::uint64_t which);
    [[nodiscard]] Found find_member(std::uint64_t who);
    [[nodiscard]] static std::uint64_t name_of(const Meeting& meeting);

    Ground& ground_;
    Lines& lines_;
    Telephony& telephony_;
    const People& people_;
    MeetingNumbers& numbers_;
    const MeetingClass& plan_;
    std::unique_ptr<ArrivalTimes> arrivals_;
    std::deque<Meeting> slots_;
    std::vector<std::uint32_t> free_;
    std::map<std::string, std::uint64_t, std::less<>> by_conference_;
    std::uint64_t born_ = 0;
    std::size_t open_ = 0;
};

}  // namespace sim
