// Conversations have the means they promise. Seeds and tolerances were fixed before the first run.
#include "sim/models/talk.hpp"

#include <doctest.h>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "sim/models/seconds.hpp"

namespace {

using sim::Chance;
using sim::Talk;

constexpr Instant begins{1'000'000};

/// What was measured of a room: stays in silence, with one and with two talkers, and one person's
/// spurts and pauses.
struct Measured {
    std::map<std::size_t, double> time_s;  // with so many talkers
    std::map<std::size_t, int> stays;      // ... how often
    double spurts_s = 0, pauses_s = 0;     // of person 0
    int spurts = 0, pauses = 0;
    std::map<std::uint64_t, double> talked_s;
    int same_again = 0, turns = 0;
};

Measured measure(sim::RoomTalk& talk, int changes) {
    Measured m;
    std::set<std::uint64_t> talkers;
    std::map<std::uint64_t, Instant> since;
    Instant last = begins;
    std::uint64_t last_to_stop = 99;
    for (int i = 0; i < changes; ++i) {
        const auto next = talk.take();
        CHECK(next.at >= last);
        const double stay = sim::seconds_of(next.at - last);
        m.time_s[talkers.size()] += stay;
        m.stays[talkers.size()] += 1;
        for (const std::uint64_t who : talkers) m.talked_s[who] += stay;
        const double length = sim::seconds_of(next.at - since[next.who]);
        if (next.who == 0 && since[0] != Instant{}) {
            (next.talks ? m.pauses_s : m.spurts_s) += length;
            (next.talks ? m.pauses : m.spurts) += 1;
        }
        since[next.who] = next.at;
        if (next.talks) {
            m.turns += 1;
            m.same_again += talkers.empty() && next.who == last_to_stop;
            CHECK(talkers.insert(next.who).second);
        } else {
            CHECK(talkers.erase(next.who) == 1);
            last_to_stop = next.who;
        }
        last = next.at;
    }
    return m;
}

double near(double got, double expected) { return std::fabs(got / expected - 1); }

}  // namespace

TEST_CASE("two people's conversation has the four means of ITU-T P.59, Table 1") {
    const auto talk = sim::room_talk({.model = Talk::Model::p59}, Chance{59, "talk"});
    talk->enter(0, begins);
    talk->enter(1, begins);
    Measured m = measure(*talk, 400'000);
    const double all = m.time_s[0] + m.time_s[1] + m.time_s[2];
    CHECK(near(m.spurts_s / m.spurts, 1.004) < 0.02);
    CHECK(near(m.pauses_s / m.pauses, 1.587) < 0.02);
    CHECK(near(m.time_s[2] / m.stays[2], 0.228) < 0.02);
    CHECK(near(m.time_s[0] / m.stays[0], 0.508) < 0.02);
    // Of the rates, those of one speaker follow from the means; P.59 tells 38.53 and 61.47 %.
    CHECK(std::fabs(m.talked_s[0] / all - 0.3875) < 0.005);
    CHECK(std::fabs(m.talked_s[1] / all - 0.3875) < 0.005);
    CHECK(std::fabs(m.time_s[2] / all - 0.0518) < 0.002);
    CHECK(std::fabs(m.time_s[0] / all - 0.2768) < 0.005);
}

TEST_CASE("four means that no conversation can have are found out") {
    CHECK(sim::p59_chain({}).has_value());
    CHECK(!sim::p59_chain({.spurt_s = 1, .pause_s = 5}).has_value());
    CHECK(!sim::p59_chain({.spurt_s = 5, .pause_s = 1}).has_value());
}

TEST_CASE("in a meeting one holds the floor, the turns go around, and some interrupt") {
    const Talk plan{.model = Talk::Model::turn_taking, .spurt_s = 4, .interrupts = 0.25};
    const auto talk = sim::room_talk(plan, Chance{60, "talk"});
    for (std::uint64_t who = 0; who < 8; ++who) talk->enter(who, begins);
    Measured m = measure(*talk, 200'000);
    CHECK(near(m.spurts_s / m.spurts, 4) < 0.04);
    CHECK(std::fabs(static_cast<double>(m.stays[2]) / m.turns - 0.25) < 0.01);
    CHECK(near(m.time_s[2] / m.stays[2], 0.228) < 0.03);
    CHECK(m.same_again == 0);
    double all = 0;
    for (const auto& [who, seconds] : m.talked_s) all += seconds;
    for (const auto& [who, seconds] : m.talked_s) CHECK(near(seconds / all, 1 / 8.0) < 0.05);
}

TEST_CASE("who leaves is silent, who is alone does not begin, who is back may talk") {
    for (const auto model : {Talk::Model::p59, Talk::Model::turn_taking}) {
        const auto talk = sim::room_talk({.model = model}, Chance{1, "talk"});
        CHECK(!talk->peek());
        talk->enter(7, begins);
        CHECK(!talk->peek());
        talk->enter(8, begins);
        Instant now = begins;
        std::set<std::uint64_t> talkers, people{7, 8};
        Chance script{2, "script"};
        for (int i = 0; i < 20'000; ++i) {
            if (script.with(0.2)) {
                const std::uint64_t who = script.below(5);
                if (people.erase(who) > 0) {
                    talk->leave(who, now);
                    talkers.erase(who);
                } else {
                    people.insert(who);
                    talk->enter(who, now);
                }
            }
            if (people.size() > 1 || !talkers.empty()) REQUIRE(talk->peek());
            if (!talk->peek()) continue;
            const auto told = *talk->peek();
            const auto next = talk->take();
            CHECK(next.at == told.at);
            CHECK(next.who == told.who);
            CHECK(next.at >= now);
            CHECK(people.contains(next.who));
            CHECK(talkers.contains(next.who) != next.talks);
            next.talks ? (void)talkers.insert(next.who) : (void)talkers.erase(next.who);
            CHECK(talkers.size() <= 2);
            now = next.at;
        }
    }
}

TEST_CASE("once means once, in the middle of the stay, and never after leaving") {
    const Talk plan{.model = Talk::Model::once, .spurt_s = 2};
    const auto talk = sim::room_talk(plan, Chance{1, "talk"});
    talk->enter(1, begins, 10);
    talk->enter(2, begins, 10);
    talk->enter(3, begins);  // nobody knows how long: at once
    const auto is = [&](double at_s, std::uint64_t who, bool talks) {
        const auto next = talk->take();
        CHECK(next.at == begins + sim::duration_of(at_s));
        CHECK(next.who == who);
        CHECK(next.talks == talks);
    };
    is(0, 3, true);
    is(2, 3, false);
    is(4, 1, true);
    talk->leave(2, begins + seconds(5));
    is(6, 1, false);
    CHECK(!talk->peek());
    CHECK(sim::room_talk({}, Chance{1, "talk"}) == nullptr);
}
