#include "sim/models/packet_path.hpp"

#include <algorithm>

#include "sim/models/exact.hpp"
#include "sim/models/seconds.hpp"

namespace sim {
namespace {

constexpr Duration usual_packet = milliseconds(20), longest_packet = milliseconds(100);
constexpr double jitter_s_max = 10;  // a Pareto tail has no end; telephones' patience has

}  // namespace

PacketPath::PacketPath(const Network& network, Instant world_begins, Chance chance)
    : network_(network), begins_(world_begins), chance_(chance) {
    // The chain begins as it goes on: in the bad state for the share of time it spends there.
    const double both = network_.good_to_bad + network_.bad_to_good;
    bad_ = chance_.with(both > 0 ? network_.good_to_bad / both : 0);
}

PacketPath::Arrived PacketPath::send(Instant at) {
    const double turn = chance_.uniform(), loss = chance_.uniform(), waits = chance_.uniform();
    const bool twice = chance_.with(network_.duplicates);
    const bool overtaken = chance_.with(network_.reordered);
    const Duration packet = last_sent_ == Instant{} ? usual_packet : at - last_sent_;
    last_sent_ = at;
    if (turn < (bad_ ? network_.bad_to_good : network_.good_to_bad)) bad_ = !bad_;
    if (loss < (bad_ ? network_.loss_bad : network_.loss_good)) return {};
    const double now_s = seconds_of(at - begins_);
    for (const auto& [from, to] : network_.partitions_s) {
        if (now_s >= from && now_s < to) return {};
    }
    double late_s = network_.delay_ms / 1'000;
    if (network_.jitter_ms > 0) {
        const double factor = exact::pow(1 - waits, -1 / network_.jitter_shape) - 1;
        late_s += std::min(network_.jitter_ms / 1'000 * factor, jitter_s_max);
    }
    Instant arrives = std::max(at + duration_of(late_s), last_arrival_);
    last_arrival_ = arrives;
    if (overtaken) arrives = arrives + Duration{std::min(packet, longest_packet).us * 3 / 2};
    return {.at = {arrives, twice ? arrives + milliseconds(1) : Instant{}},
            .count = twice ? 2u : 1u};
}

}  // namespace sim
