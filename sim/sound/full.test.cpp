#include "sim/sound/full.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

#include "sim/sound/hearing.hpp"
#include "sim/sound/packets.hpp"

namespace {

constexpr Instant begins{1'700'000'000'000'000};

/// Anna, Ben and Cleo on telephones with these codecs; who hears whom is written down.
struct Party {
    explicit Party(const std::vector<std::string>& codecs = {"pcma", "pcmu", "g722"},
                   const sim::Network& network = {}, bool with_ears = true) {
        sim::Scenario scenario;
        scenario.fidelity = sim::Fidelity::sound;
        scenario.network = network;
        sim::Listening listening;
        if (with_ears)
            listening = [this](const sim::Hearing& hearing) {
                heard.insert({hearing.talker, hearing.listener});
                check.heard(hearing);
            };
        sound = sim::make_sound(
            scenario, begins,
            [this](const std::string& leg, bool talking, Instant at) {
                told.push_back(leg + (talking ? " talks" : " stops"));
                told_at.push_back(at);
            },
            listening);
        for (std::size_t i = 0; i < names.size(); ++i)
            sound->leg_up(names[i], codecs[i], begins, sim::Chance{1, names[i]});
    }
    static std::vector<actors::RoomSeat> everybody() {
        return {{.leg = "anna"}, {.leg = "ben"}, {.leg = "cleo"}};
    }
    void seat(const std::vector<actors::RoomSeat>& seats) {
        const actors::UpdateRoom plan{.conference = "7", .seats = seats};
        check.room(plan);
        sound->room(plan, now);
    }
    void all_talk() {
        for (const auto& name : names) sound->talks(name, true, now);
    }
    /// So long; who was heard before is forgotten first.
    void run(double length_s) {
        heard.clear();
        now = now + Duration{static_cast<std::int64_t>(length_s * 1e6)};
        sound->run_until(now);
    }
    using Pairs = std::set<std::pair<std::string, std::string>>;

    const std::vector<std::string> names{"anna", "ben", "cleo"};
    Instant now = begins;
    Pairs heard;  // talker, listener
    sim::HearingCheck check;
    std::vector<std::string> told;
    std::vector<Instant> told_at;
    std::unique_ptr<sim::Sound> sound;
};

const Party::Pairs each_other{{"anna", "ben"}, {"anna", "cleo"}, {"ben", "anna"},
                              {"ben", "cleo"}, {"cleo", "anna"}, {"cleo", "ben"}};

}  // namespace

TEST_CASE("everybody hears everybody else and nobody hears themselves, in all codecs") {
    for (const auto& codecs : {std::vector<std::string>{"pcma", "pcmu", "g722"},
                               {"l16", "l16/48000", "pcmu"},
                               {"opus", "opus", "pcma"}}) {
        CAPTURE(codecs[0]);
        Party party{codecs};
        party.seat(Party::everybody());
        party.all_talk();
        party.run(2);
        CHECK(party.heard == each_other);
        CHECK(party.check.complaints().empty());
        CHECK(party.check.heard_rightly() > 6 * 20);
        CHECK(party.told.size() == 3);
    }
}

TEST_CASE("who is not admitted yet hears no room, and no room hears them") {
    Party party;
    party.all_talk();
    party.run(1);
    CHECK(party.heard.empty());
    party.seat({{.leg = "anna"}, {.leg = "ben"}});
    party.run(1);
    CHECK(party.heard == Party::Pairs{{"anna", "ben"}, {"ben", "anna"}});
    CHECK(party.told == std::vector<std::string>{"anna talks", "ben talks"});
}

TEST_CASE("mutes, deafness, whispers, gains and departures are heard from the next tick on") {
    Party party;
    party.seat(Party::everybody());
    party.all_talk();
    party.run(1);
    REQUIRE(party.heard == each_other);

    party.seat({{.leg = "anna", .speaks = false}, {.leg = "ben"}, {.leg = "cleo", .hears = false}});
    party.run(1);
    CHECK(party.heard == Party::Pairs{{"ben", "anna"}, {"cleo", "anna"}, {"cleo", "ben"}});

    party.seat({{.leg = "anna", .only_to = "ben"}, {.leg = "ben"}, {.leg = "cleo"}});
    party.run(1);
    CHECK(
        party.heard ==
        Party::Pairs{
            {"anna", "ben"}, {"ben", "anna"}, {"ben", "cleo"}, {"cleo", "anna"}, {"cleo", "ben"}});

    party.seat(
        {{.leg = "anna", .gain_in_db = -40}, {.leg = "ben", .gain_out_db = -40}, {.leg = "cleo"}});
    party.run(1);
    CHECK(party.heard == Party::Pairs{{"ben", "anna"}, {"ben", "cleo"}, {"cleo", "anna"}});

    party.seat({{.leg = "anna", .only_to = "nobody"}, {.leg = "ben"}});
    party.run(1);
    CHECK(party.heard == Party::Pairs{{"ben", "anna"}});

    (void)party.sound->leg_down("ben", party.now);
    party.check.leg_down("ben");
    party.run(1);
    CHECK(party.heard.empty());
    CHECK(party.check.complaints().empty());
}

TEST_CASE("a check that is told another plan than the mixer complains") {
    Party party;
    party.seat(Party::everybody());
    party.all_talk();
    party.run(1);
    CHECK(party.check.complaints().empty());
    const auto complains_when = [&](const std::vector<actors::RoomSeat>& believed) {
        sim::HearingCheck check;
        check.room({.conference = "7", .seats = believed});
        for (const auto& [talker, listener] : party.heard) check.heard({begins, listener, talker});
        return check.complaints().size();
    };
    CHECK(complains_when(Party::everybody()) == 0);
    CHECK(complains_when({{.leg = "anna", .speaks = false}, {.leg = "ben"}, {.leg = "cleo"}}) == 2);
    CHECK(complains_when({{.leg = "anna", .hears = false}, {.leg = "ben"}, {.leg = "cleo"}}) == 2);
    CHECK(complains_when({{.leg = "anna", .only_to = "ben"}, {.leg = "ben"}, {.leg = "cleo"}}) ==
          1);
    CHECK(complains_when({{.leg = "ben"}, {.leg = "cleo"}}) == 4);
    CHECK(complains_when({}) == 6);
    sim::HearingCheck check;
    check.room({.conference = "1", .seats = {{.leg = "anna"}}});
    check.room({.conference = "2", .seats = {{.leg = "ben"}}});
    check.heard({begins, "anna", "ben"});
    check.heard({begins, "anna", "anna"});
    check.heard({begins, "anna", "anna"});
    REQUIRE(check.complaints().size() == 2);
    CHECK(check.complaints()[0].find("is in conference 1, not in 2") != std::string::npos);
}

TEST_CASE("through plans by chance, exactly those are heard who may be") {
    const std::vector<std::string> codecs{"pcma", "g722",      "pcmu", "l16",
                                          "pcma", "l16/48000", "pcmu"};
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        CAPTURE(seed);
        sim::Chance chance{seed, "plans"};
        sim::HearingCheck check;
        Party::Pairs heard;
        sim::Scenario scenario;
        scenario.fidelity = sim::Fidelity::sound;
        scenario.network.delay_ms = 5;
        const auto sound = sim::make_sound(scenario, begins, {}, [&](const sim::Hearing& hearing) {
            heard.insert({hearing.talker, hearing.listener});
            check.heard(hearing);
        });
        Instant now = begins;
        std::vector<std::string> up;
        for (int change = 0; change < 120; ++change) {
            const auto which = chance.below(codecs.size());
            const std::string leg = "leg " + std::to_string(which);
            const auto known = std::ranges::find(up, leg);
            if (known == up.end()) {
                sound->leg_up(leg, codecs[which], now, chance);
                sound->talks(leg, true, now);
                up.push_back(leg);
            } else if (chance.with(0.2)) {
                (void)sound->leg_down(leg, now);
                check.leg_down(leg);
                up.erase(known);
            }
            actors::UpdateRoom plan{.conference = std::to_string(chance.below(2))};
            for (const std::string& one : up) {
                if (chance.with(0.3)) continue;
                plan.seats.push_back(
                    {.leg = one, .speaks = chance.with(0.7), .hears = chance.with(0.8)});
                if (chance.with(0.15)) plan.seats.back().only_to = up[chance.below(up.size())];
            }
            check.room(plan);
            sound->room(plan, now);
            now = now + sim::frame_time * 10;  // enough to fill a buffer
            sound->run_until(now);
            heard.clear();
            now = now + sim::frame_time * 15;  // six loud frames of anybody
            sound->run_until(now);
            Party::Pairs expected;
            for (const auto& talker : up) {
                for (const auto& listener : up) {
                    if (check.may_hear(listener, talker)) expected.insert({talker, listener});
                }
            }
            CHECK(heard == expected);
        }
        CHECK(check.complaints().empty());
        for (const auto& complaint : check.complaints()) MESSAGE(complaint);
        CHECK(check.heard_rightly() > 2'000);
    }
}

TEST_CASE("the same world sounds the same, another one does not") {
    const auto hash = [](double stops_s, bool with_ears) {
        Party party{{"pcma", "g722", "l16"},
                    {.delay_ms = 30, .jitter_ms = 5, .loss_good = 0.02},
                    with_ears};
        party.seat(Party::everybody());
        party.all_talk();
        party.run(stops_s);
        party.sound->talks("anna", false, party.now);
        party.run(3 - stops_s);
        return party.sound->heard_hash();
    };
    const std::uint64_t once = hash(1, true);
    CHECK(once != 0);
    CHECK(hash(1, true) == once);
    CHECK(hash(1, false) == once);  // listening changes nothing
    CHECK(hash(1.1, true) != once);
}

TEST_CASE("what Opus made enters no hash, only who was sent something") {
    const auto hash = [](bool anna_talks, std::vector<actors::RoomSeat> seats) {
        Party party{{"opus", "pcma", "pcma"}, {}, false};
        party.seat(seats);
        party.sound->talks(anna_talks ? "anna" : "ben", true, party.now);
        party.run(1);
        return party.sound->heard_hash();
    };
    CHECK(hash(true, Party::everybody()) == hash(false, Party::everybody()));
    const std::vector<actors::RoomSeat> without{{.leg = "ben"}, {.leg = "cleo"}};
    CHECK(hash(true, without) != hash(false, without));
}

TEST_CASE("both fidelities notice the same talkers and judge the same network alike") {
    const sim::Network rough{.delay_ms = 30,
                             .jitter_ms = 6,
                             .jitter_shape = 2.5,
                             .good_to_bad = 0.02,
                             .bad_to_good = 0.4,
                             .partitions_s = {{21, 22.5}, {59, 100}}};
    const std::vector<std::string> codecs{"pcma", "opus", "l16/48000"};
    sim::Scenario scenario;
    scenario.network = rough;
    std::vector<std::string> told;
    const auto packets = sim::make_packet_sound(
        scenario, begins, [&](const std::string& leg, bool talking, Instant) {
            told.push_back(leg + (talking ? " talks" : " stops"));
        });
    Party party{codecs, rough, false};
    for (std::size_t i = 0; i < 3; ++i)
        packets->leg_up(party.names[i], codecs[i], begins, sim::Chance{1, party.names[i]});
    packets->room({.conference = "7", .seats = Party::everybody()}, begins);
    party.seat(Party::everybody());
    for (int i = 0; i < 30; ++i) {
        const std::string& who = party.names[static_cast<std::size_t>(i % 3)];
        party.sound->talks(who, i % 6 < 3, party.now);
        packets->talks(who, i % 6 < 3, party.now);
        party.run(2.03);
        packets->run_until(party.now);
    }
    CHECK(told == party.told);
    CHECK(told.size() >= 25);
    for (const auto& name : party.names) {
        CAPTURE(name);
        const auto a = packets->leg_down(name, party.now);
        const auto b = party.sound->leg_down(name, party.now);
        CHECK(a.packets == b.packets);
        CHECK(a.lost == b.lost);
        CHECK(a.lost > 0.02);
        // A voice has quiet moments between its syllables, in which a deep buffer gets shallow;
        // without sound a word has none: a frame of difference, there and back.
        CHECK(std::abs(a.delay_ms - b.delay_ms) < 40);
        CHECK(std::abs(a.rating - b.rating) < 3);
    }
}

TEST_CASE("a call of which nothing comes through is as bad as can be, one too short as planned") {
    for (const sim::Fidelity fidelity : {sim::Fidelity::packets, sim::Fidelity::sound}) {
        sim::Scenario scenario;
        scenario.fidelity = fidelity;
        scenario.network.partitions_s = {{0, 10}};
        const auto sound = sim::make_sound(scenario, begins, {});
        sound->leg_up("anna", "pcma", begins, sim::Chance{1, "anna"});
        sound->run_until(begins + seconds(9));
        const auto nothing = sound->leg_down("anna", begins + seconds(9));
        CHECK(nothing.lost == 1);
        CHECK(nothing.mos < 1.5);
        sound->leg_up("ben", "pcma", begins + seconds(20), sim::Chance{1, "ben"});
        const auto short_one = sound->leg_down("ben", begins + seconds(20) + milliseconds(30));
        CHECK(short_one.packets > 0);
        CHECK(short_one.mos == sim::planned_quality(scenario, "pcma").mos);
    }
}

TEST_CASE("voices are told apart at every rate") {
    for (const char* codec : {"pcmu", "pcma", "g722", "l16", "l16/44100", "l16/48000", "opus"}) {
        CAPTURE(codec);
        const auto format = sim::format_named(codec).value();
        sim::Mouth mouth{format, std::make_shared<sim::Song>(format, 17)};
        sim::Ear ear{format};
        std::vector<std::uint32_t> all(sim::voice_count), told;
        for (std::uint32_t i = 0; i < sim::voice_count; ++i) all[i] = i;
        const std::uint32_t pieces = media::packets_per_tick(format);
        for (std::uint32_t frame = 0; frame < 60; ++frame) {
            const auto words = mouth.say(true, frame);
            for (std::uint32_t i = 0; i < pieces; ++i)
                ear.take(words.subspan(i * words.size() / pieces, words.size() / pieces));
            ear.hear(all, [&](std::uint32_t voice) {
                if (frame > 4) told.push_back(voice);
            });
        }
        CHECK(told.size() > 20);
        CHECK(std::ranges::all_of(told, [](std::uint32_t voice) { return voice == 17; }));
    }
    CHECK_FALSE(sim::format_named("speex").has_value());
}
