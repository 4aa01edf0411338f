#include "sim/sound/quality.hpp"

#include <algorithm>

#include "media/sound/e_model.hpp"

namespace sim {
namespace {

constexpr double packet_ms = 20;

double share(std::uint64_t part, std::uint64_t all) {
    return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

LegQuality rated(LegQuality quality, const media::Path& path) {
    const media::Band band = media::equipment_of(path.codec, true, path.rate_hz).band;
    quality.rating = media::rating_of(path);
    quality.mos = media::opinion_score(quality.rating, band);
    quality.wideband = band == media::Band::wide;
    quality.delay_ms = path.delay_ms;
    return quality;
}

}  // namespace

void QualityMeter::close_hole(std::int64_t missing) {
    const std::int64_t hole = std::max<std::int64_t>(missing, made_up_);
    made_up_ = 0;
    if (hole <= 0) return;
    invented_ += static_cast<std::uint64_t>(hole);
    ++bursts_;
}

void QualityMeter::played(std::uint32_t number, Instant sent, Instant now) {
    close_hole(std::int64_t{number} - last_number_ - 1);
    ++played_;
    age_us_ += (now - sent).us;
    last_number_ = number;
    paused_ = false;
}

void QualityMeter::made_up(std::uint32_t sent) {
    const bool owed = std::int64_t{sent} - 1 - last_number_ > std::int64_t{made_up_};
    paused_ = paused_ || !owed;
    if (!paused_) ++made_up_;
}

void QualityMeter::ended(std::uint32_t sent, std::size_t not_due) {
    close_hole(std::int64_t{sent} - 1 - last_number_ - static_cast<std::int64_t>(not_due));
}

double QualityMeter::loss() const { return share(invented_, played_ + invented_); }
double QualityMeter::mean_burst() const { return share(invented_, bursts_); }

double QualityMeter::age_ms() const {
    return played_ == 0 ? 0 : static_cast<double>(age_us_) / 1'000 / static_cast<double>(played_);
}

LegQuality QualityMeter::judge(const Uplink& uplink, const media::Format& format,
                               const Network& network, const QualityMeter& back) const {
    LegQuality quality;
    if (played_ + invented_ == 0) quality = planned_quality(network, format);
    quality.lost = share(uplink.lost(), uplink.sent());
    quality.late = share(late_, uplink.sent());
    quality.packets = uplink.sent();
    if (played_ + invented_ == 0) return quality;
    const bool measured = played_ > 0 && back.played_ > 0;
    return rated(quality,
                 {.codec = format.codec,
                  .loss = loss(),
                  .burst_ratio = media::burst_ratio(mean_burst(), loss()),
                  .delay_ms = measured ? packet_ms + age_ms() + back.age_ms()
                                       : planned_quality(network, format).delay_ms,
                  .rate_hz = format.rate_hz,
                  .relayed = true,
                  .relay_loss = back.loss(),
                  .relay_burst_ratio = media::burst_ratio(back.mean_burst(), back.loss())});
}

LegQuality planned_quality(const Scenario& scenario, const std::string& codec) {
    return planned_quality(scenario.network, format_named(codec).value_or(media::pcmu_format));
}

LegQuality planned_quality(const Network& network, const media::Format& format) {
    // Of the chain in balance; then of a lost packet, whether the next one is lost, too: that is
    // how long a run of losses is.
    const double leaves_good = network.good_to_bad, leaves_bad = network.bad_to_good;
    const double bad = leaves_good + leaves_bad > 0 ? leaves_good / (leaves_good + leaves_bad) : 0;
    const double lost_good = (1 - bad) * network.loss_good, lost_bad = bad * network.loss_bad;
    const double loss = lost_good + lost_bad;
    const double ends =
        lost_good *
            ((1 - leaves_good) * (1 - network.loss_good) + leaves_good * (1 - network.loss_bad)) +
        lost_bad *
            ((1 - leaves_bad) * (1 - network.loss_bad) + leaves_bad * (1 - network.loss_good));
    const double mean_burst = ends > 0 ? loss / ends : 0;
    // Pareto's mean, less where it begins. Without jitter a packet waits 10 ms in the mean for its
    // tick, and a frame of margin.
    const double jitter_ms = network.jitter_shape > 1
                                 ? network.jitter_ms / (network.jitter_shape - 1)
                                 : network.jitter_ms;
    const double here_ms = network.delay_ms + jitter_ms + 10 + packet_ms;
    const double burst_ratio = media::burst_ratio(mean_burst, loss);
    return rated({.lost = loss}, {.codec = format.codec,
                                  .loss = loss,
                                  .burst_ratio = burst_ratio,
                                  .delay_ms = packet_ms + 2 * here_ms,
                                  .rate_hz = format.rate_hz,
                                  .relayed = true,
                                  .relay_loss = loss,
                                  .relay_burst_ratio = burst_ratio});
}

}  // namespace sim
