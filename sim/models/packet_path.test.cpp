// The network loses, delays, repeats and reorders as often as it says. Seeds and tolerances were
// fixed before the first run.
#include "sim/models/packet_path.hpp"

#include <doctest.h>
#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/models/seconds.hpp"

namespace {

using sim::Chance;
using sim::Network;
using sim::PacketPath;

constexpr Instant begins{1'000'000'000};

std::vector<PacketPath::Arrived> send(const Network& network, std::uint64_t seed, int packets) {
    PacketPath path{network, begins, Chance{seed, "path"}};
    std::vector<PacketPath::Arrived> arrived;
    for (int i = 0; i < packets; ++i) arrived.push_back(path.send(begins + milliseconds(20) * i));
    return arrived;
}

double late_s(const PacketPath::Arrived& packet, int i) {
    return sim::seconds_of(packet.at[0] - (begins + milliseconds(20) * i));
}

}  // namespace

TEST_CASE("Gilbert-Elliott loses bursts of the length and packets at the rate of its chain") {
    struct Case {
        Network network;
        double loss, burst;  // share; mean run of lost packets
    };
    for (const Case& given : {
             // Gilbert: every packet of the bad state is lost. Mean burst 1 / bad_to_good.
             Case{{.good_to_bad = 0.02, .bad_to_good = 0.25}, 0.02 / 0.27, 4},
             Case{{.good_to_bad = 0.005, .bad_to_good = 0.5}, 0.005 / 0.505, 2},
             // Bernoulli: bursts of 1 / (1 - loss).
             Case{{.loss_good = 0.1}, 0.1, 1 / 0.9},
             // Elliott: 0.02 of the good and half of the bad state's packets. A loss is followed
             // by another with probability (pi_b h_b x_b + pi_g h_g x_g) / loss, where x is the
             // chance of loss one step on.
             Case{{.good_to_bad = 0.01, .bad_to_good = 0.1, .loss_good = 0.02, .loss_bad = 0.5},
                  (0.1 * 0.02 + 0.01 * 0.5) / 0.11,
                  1 / (1 - (0.01 * 0.5 * (0.9 * 0.5 + 0.1 * 0.02) +
                            0.1 * 0.02 * (0.99 * 0.02 + 0.01 * 0.5)) /
                               (0.1 * 0.02 + 0.01 * 0.5))},
         }) {
        CAPTURE(given.loss);
        int lost = 0, bursts = 0;
        bool last = false;
        for (const auto& packet : send(given.network, 11, 500'000)) {
            const bool now = packet.count == 0;
            lost += now;
            bursts += now && !last;
            last = now;
        }
        CHECK(std::fabs(lost / 500'000.0 / given.loss - 1) < 0.05);
        CHECK(std::fabs(static_cast<double>(lost) / bursts / given.burst - 1) < 0.05);
    }
}

TEST_CASE("jitter is Pareto from zero, and queues keep order") {
    const auto arrived = send({.delay_ms = 30, .jitter_ms = 4, .jitter_shape = 3}, 12, 200'000);
    double sum = 0;
    int above = 0;
    Instant last{};
    for (int i = 0; i < 200'000; ++i) {
        REQUIRE(arrived[static_cast<std::size_t>(i)].count == 1);
        const double late = late_s(arrived[static_cast<std::size_t>(i)], i);
        CHECK(late >= 0.030);
        sum += late;
        above += late > 0.034;  // beyond one scale: (1 + 1)^-3
        CHECK(arrived[static_cast<std::size_t>(i)].at[0] >= last);
        last = arrived[static_cast<std::size_t>(i)].at[0];
    }
    // Mean scale / (shape - 1) = 2 ms; keeping order adds a little to the tail.
    CHECK(std::fabs(sum / 200'000 - 0.032) < 0.0002);
    CHECK(std::fabs(above / 200'000.0 - 0.125) < 0.005);
}

TEST_CASE("some packets come twice and some after their successor") {
    const auto arrived = send({.duplicates = 0.03, .reordered = 0.02}, 13, 100'000);
    int twice = 0, overtaken = 0;
    for (std::size_t i = 0; i + 1 < arrived.size(); ++i) {
        twice += arrived[i].count == 2;
        overtaken += arrived[i].at[0] > arrived[i + 1].at[0];
    }
    CHECK(std::fabs(twice / 100'000.0 - 0.03) < 0.002);
    // Two reordered in a row keep their order.
    CHECK(std::fabs(overtaken / 100'000.0 - 0.02 * 0.98) < 0.002);
}

TEST_CASE("a partition lets nothing through, and a good network delays alone") {
    const Network network{.delay_ms = 20, .partitions_s = {{1, 2}, {3, 3.5}}};
    const auto arrived = send(network, 14, 300);
    for (int i = 0; i < 300; ++i) {
        const bool cut = (i >= 50 && i < 100) || (i >= 150 && i < 175);
        CHECK(arrived[static_cast<std::size_t>(i)].count == (cut ? 0 : 1));
        if (!cut) CHECK(late_s(arrived[static_cast<std::size_t>(i)], i) == 0.02);
    }
}

TEST_CASE("networks that differ in one figure alone stay in step") {
    const auto a = send({.jitter_ms = 5, .good_to_bad = 0.05, .bad_to_good = 0.5}, 15, 1'000);
    const auto b = send({.good_to_bad = 0.05, .bad_to_good = 0.5, .duplicates = 0.5}, 15, 1'000);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK((a[i].count == 0) == (b[i].count == 0));
}
