// Talk, networks and the E-model against the recommendations they come from.
#include "media/sound/e_model.hpp"
#include "sim/models/packet_path.hpp"
#include "sim/models/seconds.hpp"
#include "sim/models/talk.hpp"
#include "sim/validation/held.hpp"

#include <array>

namespace {

using namespace sim;

constexpr Instant begins{1'000'000'000};
constexpr int groups = validation_groups;

}  // namespace

TEST_CASE("two people talk as ITU-T P.59, table 1, measured it") {
    // Stays in silence, with one and with two talkers; one person's spurts and pauses.
    std::array<Groups, 3> stays{Groups(groups), Groups(groups), Groups(groups)};
    Groups spurts(groups), pauses(groups);
    for (int group = 0; group < groups; ++group) {
        const auto talk = room_talk({.model = Talk::Model::p59},
                                    Chance{validation_seed, "p59", static_cast<unsigned>(group)});
        talk->enter(0, begins);
        talk->enter(1, begins);
        std::array<bool, 2> on{};
        std::array<Instant, 2> since{};
        Instant last = begins;
        for (int i = 0; i < 10'000; ++i) {
            const auto change = talk->take();
            auto& stay = stays[static_cast<std::size_t>(on[0] + on[1])][group];
            stay.sum += seconds_of(change.at - last);
            stay.weight += 1;
            if (since[change.who] != Instant{}) {
                auto& length = (change.talks ? pauses : spurts)[group];
                length.sum += seconds_of(change.at - since[change.who]);
                length.weight += 1;
            }
            since[change.who] = last = change.at;
            on[change.who] = change.talks;
        }
    }
    hold("P.59: talk spurt (s)", estimate(spurts), 1.004, 0.02);
    hold("P.59: pause (s)", estimate(pauses), 1.587, 0.02);
    hold("P.59: double talk (s)", estimate(stays[2]), 0.228, 0.02);
    hold("P.59: mutual silence (s)", estimate(stays[0]), 0.508, 0.02);
}

TEST_CASE("losses come in bursts as Gilbert and Elliott said") {
    const Network network{.good_to_bad = 0.01, .bad_to_good = 0.2};
    Groups losses(groups), bursts(groups);
    for (int group = 0; group < groups; ++group) {
        PacketPath path{network, begins,
                        Chance{validation_seed, "path", static_cast<unsigned>(group)}};
        bool before = false;
        for (int i = 0; i < 30'000; ++i) {
            const bool lost = path.send(begins + milliseconds(20) * i).count == 0;
            losses[group].sum += lost;
            losses[group].weight += 1;
            bursts[group].sum += lost;
            bursts[group].weight += lost && !before;
            before = lost;
        }
    }
    // Gilbert 1960: geometric stays in both states.
    hold("Gilbert: share of packets lost", estimate(losses), 0.01 / 0.21, 0.1);
    hold("Gilbert: packets lost in a row", estimate(bursts), 5, 0.1);
}

TEST_CASE("the E-model's default is 93.2, and losses cost what G.113 tabulates") {
    const auto told = [](const char* what, double got, double printed, double allowed) {
        std::printf("%-46s %10s   %-9s table  %s\n", what, rounded(got).c_str(), "",
                    rounded(printed).c_str());
        CAPTURE(what);
        CHECK(std::fabs(got - printed) < allowed);
    };
    told("G.107: R of the default connection", media::rating_of({}), 93.2, 0.05);
    told("G.107, B: MOS of R = 93.2", media::opinion_score(93.2), 4.41, 0.01);
    told("G.107, B: MOS of R = 70", media::opinion_score(70), 3.60, 0.01);
    // G.113 (2001), table I.3, in steps of five; G.113 (2007) has the formula behind it.
    const auto filled = media::equipment_of(media::Codec::pcmu, true);
    told("G.113: Ie of G.711 with concealment, 3 %", media::effective_impairment(filled, 0.03, 1),
         10, 2.5);
    told("G.113: ..., 10 %", media::effective_impairment(filled, 0.10, 1), 25, 2.5);
    told("G.113: Ie of G.729A + VAD, 2 %", media::effective_impairment({11, 19}, 0.02, 1), 19, 0.6);
}
