#include "media/sound/e_model.hpp"

#include <algorithm>
#include <cmath>

namespace media {
namespace {

// With the default values of G.107, table 2: the basic signal to noise ratio (7.2) less what
// impairs simultaneously with the voice (7.3), and the noise floor that both derive from.
constexpr double basic_ratio = 94.7688, simultaneous = 1.4136;
constexpr double talker_echo_loudness_db = 65, weighted_echo_path_loss_db = 110;
constexpr double burst_ratio_max = 8;
constexpr double wideband_rating = 129;  // G.107.1, 7.2: Ro,WB, from which nothing is taken

// Half of a sum of a difference and the root of its square: G.107 joins its pieces like this.
double joined(double difference, double softness) {
    return difference / 2 + std::sqrt(difference * difference / 4 + softness);
}

}  // namespace

// G.711: G.113, appendix I: Ie 0, and Bpl 25.1 with the concealment of G.711, appendix I, 4.3
// without any. L16 at 8 kHz is taken for the same.
// G.722 at 64 kbit/s: Ie,wb 13 (G.113, appendix IV). There is no Bpl,wb for it; the 4.9 is that of
// G.722.2 at 23.85 kbit/s (table IV.4). L16 at 16 kHz and more codes nothing, and loses alike.
// Opus: the ITU-T has no values. 16.8 and 10.4 are those of Alahmadi, Pocta and Melvin, "An
// adaptive bitrate switching algorithm for speech applications in context of WebRTC", ACM TOMM 17
// (2021), 133, for super-wideband at 31 kbit/s, VBR, losses by chance; ours has 32. What lies above
// 7 kHz is not counted.
Equipment equipment_of(Codec codec, bool concealed, std::uint32_t rate_hz) noexcept {
    constexpr Equipment plain{0, 4.3, Band::narrow}, filled{0, 25.1, Band::narrow};
    switch (codec) {
        case Codec::pcmu:
        case Codec::pcma: break;
        case Codec::l16:
            if (rate_hz >= 16'000) return {0, 4.9, Band::wide};
            break;
        case Codec::g722: return {13, 4.9, Band::wide};
        case Codec::opus: return {16.8, 10.4, Band::wide};
    }
    return concealed ? filled : plain;
}

double effective_impairment(const Equipment& equipment, double loss, double burst_ratio) noexcept {
    const double percent = 100 * std::clamp(loss, 0.0, 1.0);
    return equipment.impairment +
           (95 - equipment.impairment) * percent / (percent / burst_ratio + equipment.robustness);
}

double burst_ratio(double mean_burst, double loss) noexcept {
    return std::clamp(mean_burst * (1 - std::clamp(loss, 0.0, 1.0)), 1.0, burst_ratio_max);
}

// Talker echo (3-27 to 3-31), listener echo (3-32) and too long an absolute delay (3-33), as the
// default echo losses have them.
double delay_impairment(double ms) noexcept {
    const double echo_rating = talker_echo_loudness_db -
                               40 * std::log10((1 + ms / 10) / (1 + ms / 150)) +
                               6 * std::exp(-0.3 * ms * ms);
    const double talker = joined(basic_ratio - (80 + 2.5 * (echo_rating - 14)), 100) - 1;
    const double round_trip = 10.5 * (weighted_echo_path_loss_db + 7) * std::pow(2 * ms + 1, -0.25);
    const double listener = joined(basic_ratio - round_trip, 169);
    double absolute = 0;
    if (ms > 100) {
        const double x = std::log2(ms / 100);
        absolute = 25 * (std::pow(1 + std::pow(x, 6), 1.0 / 6) -
                         3 * std::pow(1 + std::pow(x / 3, 6), 1.0 / 6) + 2);
    }
    return talker * (1 - std::exp(-ms)) + listener + absolute;
}

double rating_of(const Path& path) noexcept {
    const Equipment equipment = equipment_of(path.codec, path.concealed, path.rate_hz);
    // 129 is without any delay, 93.4 without the echo that even no delay leaves.
    const double unimpaired = equipment.band == Band::wide ? wideband_rating + delay_impairment(0)
                                                           : basic_ratio - simultaneous;
    // G.107.1 has no BurstR; the study of Opus found bursts a sixth dearer than chance, no more.
    const bool bursts = equipment.band == Band::narrow;
    double impairment = delay_impairment(std::max(path.delay_ms, 0.0)) +
                        effective_impairment(equipment, path.loss, bursts ? path.burst_ratio : 1);
    if (path.relayed)
        impairment +=
            effective_impairment(equipment, path.relay_loss, bursts ? path.relay_burst_ratio : 1);
    return unimpaired - impairment;
}

double transmission_rating(const Connection& connection) noexcept {
    return rating_of(
        Path{.codec = connection.codec,
             .loss = std::min(connection.loss_per_mille, 1'000u) / 1'000.0,
             .delay_ms = static_cast<double>(connection.delay_ms),
             .rate_hz = connection.rate_hz,
             .relayed = connection.relayed,
             .relay_loss = std::min(connection.relay_loss_per_mille, 1'000u) / 1'000.0});
}

double opinion_score(double rating, Band band) noexcept {
    if (band == Band::wide) rating /= wideband_rating / 100;  // G.107.1, A-1
    if (rating <= 0) return 1;
    if (rating >= 100) return 4.5;
    const double score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
    return std::max(score, 1.0);  // the polynomial dips below 1 for ratings under 6.5
}

std::uint16_t opinion_hundredths(const Connection& connection) noexcept {
    const Band band = equipment_of(connection.codec, true, connection.rate_hz).band;
    return static_cast<std::uint16_t>(
        std::lround(100 * opinion_score(transmission_rating(connection), band)));
}

}  // namespace media
