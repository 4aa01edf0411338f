// People who dial in to standing conferences: they arrive, find a line or not, wait or redial, key
// a PIN, stay, and hang up.
//
//     arrive -> attempt -> [wait for a line] -> set-up -> PIN -> in the conference -> hang up
//                  |  ^____________redial____________|  turned away
//
// Thread: one. Memory: a slot per person under way, used again. Time: virtual.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/models/arrivals.hpp"
#include "sim/world/telephony.hpp"

namespace sim {

class Callers final : public Party, public WantsLine {
public:
    /// `first_room`: the number of its first standing conference.
    Callers(Ground& ground, Lines& lines, Telephony& telephony, const CallClass& plan,
            std::uint32_t first_room);

    /// Makes the standing conferences. Before the world begins.
    void set_up();
    /// From now on people call.
    void begin(double horizon_s);
    /// Nobody is calling, waiting or about to redial.
    [[nodiscard]] bool idle() const { return people_ == 0; }

    void has_line(std::uint64_t who) override;
    void tired_of_waiting(std::uint64_t who) override;
    void answered(std::uint64_t who) override;
    void asked_for_pin(std::uint64_t who, bool again) override;
    void admitted(std::uint64_t who, CallId call) override;
    void over(std::uint64_t who, const Ending& ending) override;

private:
    struct Person {
        std::uint32_t turn = 1;  // how often the slot was given back
        bool here = false;
        std::uint32_t room = 0;
        std::uint32_t number = 0;  // of the room's callers: which telephone number they have
        std::uint32_t attempts = 0;
        Chance chance;
        Instant attempted{};
        Instant line{};  // since when they have one
        Instant admitted{};
        CallId call = 0;
        double holding_s = 0;
    };
    struct Room {
        std::string conference, pin;
        std::vector<std::uint32_t> free_numbers;
        std::uint32_t numbers = 0;
    };

    void plan_arrival();
    void source_idle();
    void arrive();
    [[nodiscard]] Person* find(std::uint64_t who);
    [[nodiscard]] std::uint64_t name_of(const Person& person) const;
    void attempt(std::uint64_t who);
    void dial(std::uint64_t who);
    void leave(std::uint64_t who);
    void turned_away(Person& person);
    void done(Person& person);
    [[nodiscard]] std::string number_of(const Person& person) const;

    Ground& ground_;
    Lines& lines_;
    Telephony& telephony_;
    const CallClass& plan_;
    const std::uint32_t first_room_;
    std::string codec_;
    std::unique_ptr<ArrivalTimes> arrivals_;
    Chance idles_;
    std::vector<Room> rooms_;
    std::vector<Person> slots_;
    std::vector<std::uint32_t> free_;
    std::uint64_t born_ = 0;
    std::size_t people_ = 0;
    double horizon_s_ = 0;
};

}  // namespace sim
