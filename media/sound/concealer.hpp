// Fills the hole a lost packet leaves: the last pitch period again and again, fading out within 60
// ms; and blends back into the real sound. After the method of G.711 Appendix I, in integers.
//
// Thread: one worker owns it. Memory: fixed, about 2
// kB. Time: some 2 us when a loss begins, else a copy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"

namespace media {

class Concealer {
public:
    /// Remembers `sound`, which came; after a loss, its
    /// beginning is blended with what the hole was filled with.
    void good(std::span<std::int16_t> sound) noexcept REALTIME;
    /// Invents `hole`.
    void fill(std::span<std::int16_t> hole) noexcept REALTIME;
    /// Starts from silence.
    void reset() noexcept REALTIME;

private:
    static constexpr std::size_t history_samples =
        400;  // the longest pitch and the window it is sought with

    void begin() noexcept;
    [[nodiscard]] std::size_t find_pitch() const noexcept;
    [[nodiscard]] std::int16_t next_invented() noexcept;
    void remember(std::span<const std::int16_t> sound) noexcept;

    std::array<std::int16_t, history_samples> history_{};  // oldest first
    std::array<std::int16_t, 120> period_{};
    std::size_t pitch_ = 0;
    std::size_t phase_ = 0;
    std::size_t invented_ = 0;  // samples since the loss began; 0: none
};

}  // namespace media
