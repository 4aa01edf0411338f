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

// Half of a sum of a difference and the root of its square: G.107 joins its pieces like this.
double joined(double difference, double softness) {
    return difference / 2 + std::sqrt(difference * difference / 4 + softness);
}

}  // namespace

// G.113, appendix I, has Ie 0 for G.711, and Bpl 25.1 with the concealment of G.711, appendix I,
// 4.3 without any. It has nothing on this scale for G.722, L16 and Opus: they sound at least as
// good, and holes in them are filled at least as well, so G.711's values are a lower bound. What
// the wider band adds is not counted.
Equipment equipment_of(Codec codec, bool concealed) noexcept {
    switch (codec) {
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722:
        case Codec::l16:
        case Codec::opus: break;
    }
    return {.impairment = 0, .robustness = concealed ? 25.1 : 4.3};
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
    return basic_ratio - simultaneous - delay_impairment(std::max(path.delay_ms, 0.0)) -
           effective_impairment(equipment_of(path.codec, path.concealed), path.loss,
                                path.burst_ratio);
}

double transmission_rating(const Connection& connection) noexcept {
    return rating_of(Path{.codec = connection.codec,
                          .loss = std::min(connection.loss_per_mille, 1'000u) / 1'000.0,
                          .delay_ms = static_cast<double>(connection.delay_ms)});
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
