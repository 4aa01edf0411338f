#include "media/sound/e_model.hpp"

#include <algorithm>
#include <cmath>

namespace media {
namespace {

// With the default values of G.107, table 2: the basic signal to noise ratio (7.2) less what
// impairs simultaneously with the voice (7.3), and the noise floor that both derive from.
constexpr double basic_ratio = 94.7688, simultaneous = 1.4136;
constexpr double talker_echo_loudness_db = 65, weighted_echo_path_loss_db = 110;

// The codec itself (Ie), and how well it stands losses (Bpl), on the narrow-band scale. G.113,
// appendix I, has 0 and 25.1 for G.711 with concealment. It has nothing on this scale for G.722,
// L16 and Opus: they sound at least as good, and holes in them are filled at least as well, so
// G.711's values are a lower bound. What the wider band adds is not counted (G.107.1 would).
struct Equipment {
    double impairment, robustness;
};
constexpr Equipment equipment_of(Codec codec) {
    switch (codec) {
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
        case Codec::l16:
        case Codec::opus: return {0, 25.1};
    }
    return {0, 25.1};
}

// Half of a sum of a difference and the root of its square: G.107 joins its pieces like this.
double joined(double difference, double softness) {
    return difference / 2 + std::sqrt(difference * difference / 4 + softness);
}

// 7.4: talker echo (3-27 to 3-31), listener echo (3-32) and too long an absolute delay (3-33).
double delay_impairment(double ms) {
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

}  // namespace

double transmission_rating(const Connection& connection) noexcept {
    const Equipment equipment = equipment_of(connection.codec);
    const double loss_percent = std::min(connection.loss_per_mille, 1'000u) / 10.0;
    // 7.5 with a burst ratio of one.
    const double coded = equipment.impairment + (95 - equipment.impairment) * loss_percent /
                                                    (loss_percent + equipment.robustness);
    return basic_ratio - simultaneous - delay_impairment(connection.delay_ms) - coded;
}

double opinion_score(double rating) noexcept {
    if (rating <= 0) return 1;
    if (rating >= 100) return 4.5;
    const double score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
    return std::max(score, 1.0);  // the polynomial dips below 1 for ratings under 6.5
}

std::uint16_t opinion_hundredths(const Connection& connection) noexcept {
    return static_cast<std::uint16_t>(
        std::lround(100 * opinion_score(transmission_rating(connection))));
}

}  // namespace media
