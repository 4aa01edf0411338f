#include "sim/sound/packets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "media/sound/e_model.hpp"

namespace {

constexpr Instant begins{1'700'000'000'000'000};

struct Told {
    std::string leg;
    bool talking = false;
    Instant at{};
    bool operator==(const Told&) const = default;
};

sim::Scenario over(const sim::Network& network) {
    sim::Scenario scenario;
    scenario.fidelity = sim::Fidelity::packets;
    scenario.network = network;
    return scenario;
}

/// Two people in a room; the first talks from 2 s to 6 s.
struct Call {
    explicit Call(const sim::Network& network, const std::string& codec = "pcma",
                  std::uint64_t seed = 1)
        : sound(sim::make_sound(over(network), begins,
                                [this](const std::string& leg, bool talking, Instant at) {
                                    told.push_back({leg, talking, at});
                                })) {
        for (const char* leg : {"anna", "ben"})
            sound->leg_up(leg, codec, begins, sim::Chance{seed, leg});
        seat(true);
    }
    void seat(bool anna_speaks) {
        actors::UpdateRoom plan{.conference = "1"};
        plan.seats = {{.leg = "anna", .speaks = anna_speaks}, {.leg = "ben"}};
        sound->room(plan, begins);
    }
    /// In steps of so many ticks.
    void run(double from_s, double to_s, int ticks = 1) {
        const auto until = begins + Duration{static_cast<std::int64_t>(to_s * 1e6)};
        auto at = begins + Duration{static_cast<std::int64_t>(from_s * 1e6)};
        while (at < until) {
            at = std::min(at + sim::frame_time * ticks, until);
            sound->run_until(at);
        }
    }
    void talk(int ticks = 1) {
        run(0, 2, ticks);
        sound->talks("anna", true, begins + seconds(2));
        run(2, 6, ticks);
        sound->talks("anna", false, begins + seconds(6));
        run(6, 10, ticks);
    }

    std::vector<Told> told;
    std::unique_ptr<sim::Sound> sound;
};

sim::LegQuality quality_over(const sim::Network& network, double length_s, std::uint64_t seed = 1) {
    Call call{network, "pcma", seed};
    call.run(0, length_s, 50);
    return call.sound->leg_down("ben",
                                begins + Duration{static_cast<std::int64_t>(length_s * 1e6)});
}

}  // namespace

TEST_CASE(
    "who begins to talk is heard to do so after the network, the buffer and three loud frames") {
    for (const char* codec : {"pcma", "opus"}) {
        CAPTURE(codec);
        Call call{{.delay_ms = 20}, codec};
        call.talk();
        REQUIRE(call.told.size() == 2);
        CHECK(call.told[0].leg == "anna");
        CHECK(call.told[0].talking);
        CHECK((call.told[0].at - begins).us >= 2'080'000);
        CHECK((call.told[0].at - begins).us <= 2'180'000);
        CHECK_FALSE(call.told[1].talking);
        CHECK((call.told[1].at - begins).us > 6'600'000);  // 600 ms without a loud frame
        CHECK((call.told[1].at - begins).us <= 6'720'000);
    }
}

TEST_CASE("who is muted or in no room does not talk") {
    Call call{{}};
    call.seat(false);
    call.talk();
    CHECK(call.told.empty());
    Call other{{}};
    other.sound->room({.conference = "1"}, begins);
    other.talk();
    CHECK(other.told.empty());
}

TEST_CASE("how often the sound is asked for makes no difference") {
    const sim::Network rough{.delay_ms = 30,
                             .jitter_ms = 8,
                             .jitter_shape = 2.5,
                             .good_to_bad = 0.01,
                             .bad_to_good = 0.3,
                             .duplicates = 0.02,
                             .reordered = 0.02};
    Call fine{rough}, coarse{rough};
    fine.talk(1);
    coarse.talk(40);
    CHECK(fine.told == coarse.told);
    const auto a = fine.sound->leg_down("anna", begins + seconds(10));
    const auto b = coarse.sound->leg_down("anna", begins + seconds(10));
    CHECK(a.mos == b.mos);
    CHECK(a.delay_ms == b.delay_ms);
    CHECK(a.packets == b.packets);
    for (const auto& call : {&fine, &coarse})
        (void)call->sound->leg_down("ben", begins + seconds(10));
    CHECK(fine.sound->frames() == coarse.sound->frames());
}

TEST_CASE("a network that does nothing but wait gives what was planned") {
    const sim::Network calm{.delay_ms = 40};
    const auto quality = quality_over(calm, 60);
    CHECK(quality.packets >= 2'999);
    CHECK(quality.lost == 0);
    CHECK(quality.late == 0);
    // 20 to fill a packet, and twice 40 on the wire and the wait for a tick; no margin is needed
    // once the buffer has found out.
    CHECK(quality.delay_ms > 100);
    CHECK(quality.delay_ms < 165);
    const auto planned = sim::planned_quality(over(calm), "pcma");
    CHECK(planned.lost == 0);
    CHECK(std::abs(quality.mos - planned.mos) < 0.05);
}

TEST_CASE("losses are counted, and rated, as the chain that makes them says") {
    // A tenth of the time bad, all lost there: runs of 4.
    const sim::Network bursty{.good_to_bad = 0.25 / 9, .bad_to_good = 0.25};
    const auto planned = sim::planned_quality(over(bursty), "pcma");
    CHECK(std::abs(planned.lost - 0.1) < 1e-12);
    CHECK(std::abs(planned.rating - media::rating_of({.loss = 0.1,
                                                      .burst_ratio = 3.6,
                                                      .delay_ms = planned.delay_ms,
                                                      .relayed = true,
                                                      .relay_loss = 0.1,
                                                      .relay_burst_ratio = 3.6})) < 1e-9);
    const auto measured = quality_over(bursty, 1'200);
    CHECK(std::abs(measured.lost - 0.1) < 0.015);
    CHECK(std::abs(measured.rating - planned.rating) < 4);
    // As many by chance alone are easier to bear.
    const sim::Network random{.good_to_bad = 0, .loss_good = 0.1};
    const auto by_chance = quality_over(random, 1'200);
    CHECK(std::abs(by_chance.lost - 0.1) < 0.01);
    CHECK(by_chance.rating > measured.rating + 4);
    CHECK(std::abs(by_chance.rating - sim::planned_quality(over(random), "pcma").rating) < 2);
}

TEST_CASE("jitter is paid for in delay, and in packets that come too late") {
    const auto calm = quality_over({.delay_ms = 20}, 300);
    const auto rough = quality_over({.delay_ms = 20, .jitter_ms = 20, .jitter_shape = 2.2}, 300);
    CHECK(rough.lost == 0);
    CHECK(rough.delay_ms > calm.delay_ms + 20);
    CHECK(rough.mos < calm.mos);
}

TEST_CASE("losses on the way back are missed as those on the way there are") {
    const sim::Network random{.good_to_bad = 0, .loss_good = 0.05};
    const auto quality = quality_over(random, 600);
    const double once = media::effective_impairment({}, 0.05, 1);
    const double lost = media::rating_of({.delay_ms = quality.delay_ms}) - quality.rating;
    CHECK(lost > 1.8 * once);
    CHECK(lost < 2.3 * once);
}

TEST_CASE("a telephone that is silent saves packets where its codec lets it") {
    Call opus{{}, "opus"}, pcma{{}, "pcma"};
    opus.talk();
    pcma.talk();
    const Instant end = begins + seconds(10);
    const auto saved = opus.sound->leg_down("ben", end), all = pcma.sound->leg_down("ben", end);
    CHECK(all.packets >= 499);
    CHECK(saved.packets > 10 + 20);
    CHECK(saved.packets < 10 + 30);
    CHECK(saved.lost == 0);
    const auto pausing = opus.sound->leg_down("anna", end);
    CHECK(pausing.wideband);
    CHECK(std::abs(pausing.rating - media::rating_of({.codec = media::Codec::opus,
                                                      .delay_ms = pausing.delay_ms,
                                                      .relayed = true})) < 1e-9);
}

TEST_CASE("who is gone is forgotten, and who was never there is nobody") {
    Call call{{}};
    call.run(0, 1);
    (void)call.sound->leg_down("anna", begins + seconds(1));
    CHECK(call.sound->leg_down("anna", begins + seconds(1)).packets == 0);
    call.sound->talks("anna", true, begins + seconds(1));
    call.run(1, 3);
    CHECK(call.told.empty());
    CHECK(call.sound->next_tick() > begins + seconds(3));
    CHECK(call.sound->next_tick() <= begins + seconds(3) + sim::frame_time * sim::ticks_at_once);
    CHECK(call.sound->heard_hash() == 0);
}

TEST_CASE("hours in which nobody telephones cost nothing and change nothing") {
    for (const sim::Fidelity fidelity : {sim::Fidelity::packets, sim::Fidelity::sound}) {
        sim::Scenario scenario;
        scenario.fidelity = fidelity;
        const auto result = [&](bool ticked) {
            const auto sound = sim::make_sound(scenario, begins, {});
            const Instant late = begins + hours(30) + milliseconds(7);
            if (ticked) sound->run_until(late);
            sound->leg_up("anna", "pcma", late, sim::Chance{1, "anna"});
            sound->talks("anna", true, late);
            sound->run_until(late + seconds(2));
            CHECK(sound->next_tick() > late + seconds(2));
            CHECK(sound->next_tick() <= late + seconds(2) + sim::frame_time * sim::ticks_at_once);
            const auto hash = sound->heard_hash();
            return std::pair{sound->leg_down("anna", late + seconds(2)).delay_ms, hash};
        };
        CHECK(result(true) == result(false));
    }
}

namespace {

/// Six people who talk, stop, are muted and leave by chance; `act` is told each change in order.
template <typename Act>
void by_chance(std::uint64_t seed, Act act) {
    sim::Chance chance{seed, "script"};
    std::array<bool, 6> talks{}, muted{};
    Instant at = begins;
    for (int i = 0; i < 400; ++i) {
        at = at + Duration{static_cast<std::int64_t>(chance.exponential(250'000))};
        const auto who = chance.below(6);
        const bool mutes = chance.with(0.2);
        (mutes ? muted : talks)[who] = !(mutes ? muted : talks)[who];
        act(at, who, talks, muted);
    }
}

struct Outcome {
    std::vector<Told> told;
    std::vector<sim::LegQuality> qualities;
};

const sim::Network very_rough{.delay_ms = 30,
                              .jitter_ms = 12,
                              .jitter_shape = 2,
                              .good_to_bad = 0.01,
                              .bad_to_good = 0.05,
                              .duplicates = 0.02,
                              .reordered = 0.02,
                              .partitions_s = {{40, 41}}};

/// Nothing skipped: everybody has every tick in its time.
Outcome ticked_one_by_one(const std::string& codec, std::uint64_t seed) {
    std::vector<sim::PacketPlayer> players, backs;
    for (std::uint64_t i = 0; i < 6; ++i) {
        const sim::Chance chance{seed, "leg", i};
        players.emplace_back(very_rough, begins, begins, sim::format_named(codec).value(), chance);
        backs.push_back(sim::way_back(very_rough, begins, begins, chance));
    }
    for (auto& player : players) player.counts(true);
    Outcome outcome;
    Instant last = begins, end = begins;
    by_chance(seed, [&](Instant now, std::uint64_t who, const auto& talks, const auto& muted) {
        for (; last + sim::frame_time <= now;) {
            last = last + sim::frame_time;
            for (std::size_t i = 0; i < players.size(); ++i) {
                const auto change = players[i].tick(last);
                (void)backs[i].tick(last);
                if (change == media::TalkDetector::Change::none) continue;
                outcome.told.push_back(
                    {std::to_string(i), change == media::TalkDetector::Change::started, last});
            }
        }
        players[who].talks(talks[who], now);
        backs[who].talks(!talks[who], now);
        for (std::size_t i = 0; i < players.size(); ++i) players[i].counts(!muted[i]);
        end = now;
    });
    for (std::size_t i = 0; i < players.size(); ++i) {
        players[i].finish(end);
        backs[i].finish(end);
        outcome.qualities.push_back(players[i].judge(very_rough, backs[i]));
    }
    return outcome;
}

Outcome ticked_when_due(const std::string& codec, std::uint64_t seed, bool only_when_due) {
    Outcome outcome;
    Instant now = begins, end = begins;
    const auto sound = sim::make_sound(over(very_rough), begins,
                                       [&](const std::string& leg, bool talking, Instant at) {
                                           outcome.told.push_back({leg, talking, at});
                                           CHECK(now == at);  // in time
                                       });
    actors::UpdateRoom plan{.conference = "1"};
    for (std::uint64_t i = 0; i < 6; ++i) {
        sound->leg_up(std::to_string(i), codec, begins, sim::Chance{seed, "leg", i});
        plan.seats.push_back({.leg = std::to_string(i)});
    }
    sound->room(plan, begins);
    by_chance(seed, [&](Instant at, std::uint64_t who, const auto& talks, const auto& muted) {
        while (now + sim::frame_time <= at) {
            now = now + sim::frame_time;
            if (!only_when_due || sound->next_tick() <= now) sound->run_until(now);
        }
        sound->talks(std::to_string(who), talks[who], at);
        for (std::size_t i = 0; i < 6; ++i) plan.seats[i].speaks = !muted[i];
        sound->room(plan, at);
        end = at;
    });
    for (std::uint64_t i = 0; i < 6; ++i)
        outcome.qualities.push_back(sound->leg_down(std::to_string(i), end));
    return outcome;
}

}  // namespace

TEST_CASE("ticks that are left out until they matter change nothing") {
    for (const char* codec : {"pcma", "opus"}) {
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            CAPTURE(codec);
            CAPTURE(seed);
            const Outcome all = ticked_one_by_one(codec, seed);
            CHECK(all.told.size() > 40);
            for (const bool only_when_due : {false, true}) {
                const Outcome some = ticked_when_due(codec, seed, only_when_due);
                CHECK(some.told == all.told);
                for (std::size_t i = 0; i < 6; ++i) {
                    CHECK(some.qualities[i].rating == all.qualities[i].rating);
                    CHECK(some.qualities[i].late == all.qualities[i].late);
                    CHECK(some.qualities[i].packets == all.qualities[i].packets);
                }
            }
        }
    }
}
