// How satisfied a listener would be: the E-model (ITU-T G.107) of a connection whose only faults
// are its codec, its losses and its delay. All else has the values that G.107 recommends.
//
//     R = 93.2 - Id(delay) - Ie,eff(codec, loss, how the losses cluster),    MOS = f(R)
//
// The narrow-band scale throughout, so that all calls compare: G.722, L16 and Opus count as what a
// narrow-band listener would have of them, which is a lower bound. The wide-band scale (G.107.1,
// R up to 129) has no values for Opus, and none for losses on L16.
//
// Thread: pure functions, for statistics: not for a tick. Memory: none. Floating point: nothing
// compares these bits.
#pragma once

#include <cstdint>

#include "media/sound/format.hpp"

namespace media {

struct Connection {
    Codec codec = Codec::pcmu;
    std::uint32_t loss_per_mille = 0;  // lost or too late to be played; losses at random
    std::uint32_t delay_ms = 0;        // one way, mouth to ear
    std::uint32_t rate_hz = 8'000;     // of L16, which is any band
    bool relayed = false;              // see Path
    std::uint32_t relay_loss_per_mille = 0;
    bool operator==(const Connection&) const = default;
};

/// The same as a measurement has it.
struct Path {
    Codec codec = Codec::pcmu;
    bool concealed = true;          // what is lost is invented (PLC), not silent
    double loss = 0;                // share of packets, 0 .. 1: Ppl is a hundred times that
    double burst_ratio = 1;         // see burst_ratio()
    double delay_ms = 0;            // one way, mouth to ear
    std::uint32_t rate_hz = 8'000;  // of L16, which is any band
    /// Somebody in between decodes it and sends it on, coded alike, with losses of its own: a
    /// conference. Impairments add up (G.113, 4).
    bool relayed = false;
    double relay_loss = 0, relay_burst_ratio = 1;
    bool operator==(const Path&) const = default;
};

/// R is one scale: a telephone's band ends at 93.2 (G.107), 50 to 7000 Hz at 129 (G.107.1). A score
/// is what people give who know nothing better than their band: scores of two bands do not compare.
enum class Band : std::uint8_t { narrow, wide };

/// What G.113 tells of a codec: Ie and Bpl of appendix I, or Ie,wb and Bpl,wb of appendix IV.
struct Equipment {
    double impairment = 0;     // without a loss
    double robustness = 25.1;  // against losses
    Band band = Band::narrow;
    bool operator==(const Equipment&) const = default;
};
[[nodiscard]] Equipment equipment_of(Codec codec, bool concealed,
                                     std::uint32_t rate_hz = 8'000) noexcept;
/// Ie,eff (G.107, 7.5): what is left of a codec's quality at this loss.
[[nodiscard]] double effective_impairment(const Equipment& equipment, double loss,
                                          double burst_ratio) noexcept;
/// BurstR: how long a run of losses is in the mean, over how long it would be if each packet were
/// lost by chance alone (G.107, 7.5). 1 .. 8, the range that G.107 permits; it calls what is above
/// 2 valid for losses under 2 % only.
[[nodiscard]] double burst_ratio(double mean_burst, double loss) noexcept;
/// Id (G.107, 7.4), of a connection without echo: in fact the absolute delay, Idd.
[[nodiscard]] double delay_impairment(double ms) noexcept;

[[nodiscard]] double rating_of(const Path& path) noexcept;
/// R, the transmission rating: 93.2 or 129 when nothing impairs, 0 and less when nothing is
/// understood.
[[nodiscard]] double transmission_rating(const Connection& connection) noexcept;
/// The mean opinion score for a rating: 1 .. 4.5 (G.107, annex B; G.107.1, annex A).
[[nodiscard]] double opinion_score(double rating, Band band = Band::narrow) noexcept;
/// Both in one, in hundredths: 441 for an unimpaired connection.
[[nodiscard]] std::uint16_t opinion_hundredths(const Connection& connection) noexcept;

}  // namespace media
