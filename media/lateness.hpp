// How late a sender's packets come, and how long a buffer should hold them back: waiting costs
// conversation, missing packets cost sound, and the E-model (ITU-T G.107) has a price for both.
//
//     note(transit) --> [ 4 ms | 4 ms | 4 ms | ... | later ] --> depth_frames(): the cheapest wait
//                          the last quarter of a minute counts most
//
// Thread: whoever owns the buffer. Memory: 140 bytes. Time: only what it is told. Integers only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/realtime.hpp"

namespace media {

inline constexpr std::int32_t lateness_bin_us = 4'000;  // a fifth of a frame
inline constexpr std::size_t lateness_bins = 60;        // 240 ms; the last one has all beyond

class Lateness {
public:
    /// A packet's arrival less its timestamp, both counted from any moments that stay.
    void note(std::int32_t transit_us) noexcept REALTIME;
    /// A sample is played so long after its timestamp, counted likewise, and could be played whole
    /// frames earlier or later. How many whole frames should lie between the fastest packets and
    /// their playing? 0 .. `most`; `most` while nothing is known.
    [[nodiscard]] std::int32_t depth_frames(std::int32_t played_us,
                                            std::int32_t most) const noexcept REALTIME;
    /// How many do?
    [[nodiscard]] std::int32_t depth_now(std::int32_t played_us) const noexcept REALTIME;
    [[nodiscard]] bool knows() const noexcept REALTIME { return noted_ >= 2 * noted_between_ages; }
    /// Another sender, another clock.
    void forget() noexcept REALTIME { *this = {}; }

private:
    static constexpr std::uint32_t noted_between_ages = 32;
    void rebase(std::int32_t first) noexcept;
    void age() noexcept;

    std::array<std::uint16_t, lateness_bins> counts_{};
    std::int32_t first_ = 0;   // the bin of transit that is counts_[0]: of the fastest packets
    std::uint32_t noted_ = 0;  // packets
};

/// In thousandths of R: the delay impairment of a way of which this much is the buffer's and
/// `elsewhere_ms` all the rest, and the equipment impairment when so many packets of a million do
/// not come in time, as concealed G.711 bears it.
inline constexpr std::int32_t elsewhere_ms = 150;
[[nodiscard]] std::int32_t price_of_wait(std::int32_t wait_us) noexcept REALTIME;
[[nodiscard]] std::int32_t price_of_loss(std::int32_t of_a_million) noexcept REALTIME;

}  // namespace media
