// How satisfied a listener would be: the E-model (ITU-T G.107) of a connection whose only faults
// are its codec, its losses and its delay. All else has the values that G.107 recommends.
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
    bool operator==(const Connection&) const = default;
};

/// R, the transmission rating: 93.2 when nothing impairs, 0 and less when nothing is understood.
[[nodiscard]] double transmission_rating(const Connection& connection) noexcept;
/// The mean opinion score for a rating: 1 .. 4.5 (G.107, annex B).
[[nodiscard]] double opinion_score(double rating) noexcept;
/// Both in one, in hundredths: 441 for an unimpaired connection.
[[nodiscard]] std::uint16_t opinion_hundredths(const Connection& connection) noexcept;

}  // namespace media
