// Fills the hole a lost packet leaves: the last pitch period again and again, fading out within 60
// ms; and blends back into the real sound. After the method of G.711 Appendix I, in integers.
//
// Any rate up to 48 kHz. The pitch is sought on a copy of about 8 kHz, then made exact: so that the
// search costs the same at every rate.
// Thread: one worker owns it. Memory: fixed, about 6 kB. Time: a few us when a loss begins
// (bench/sound.bench.cpp), else a copy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"

namespace media {

class Concealer {
public:
    static constexpr std::uint32_t rate_hz_max = 48'000;

    /// Asserts: 8000 <= rate_hz <= rate_hz_max.
    explicit Concealer(std::uint32_t rate_hz = 8'000) noexcept;

    /// Remembers `sound`, which came; after a loss, its
    /// beginning is blended with what the hole was filled with.
    void good(std::span<std::int16_t> sound) noexcept REALTIME;
    /// Invents `hole`.
    void fill(std::span<std::int16_t> hole) noexcept REALTIME;
    /// Starts from silence.
    void reset() noexcept REALTIME;

private:
    void begin() noexcept;
    [[nodiscard]] std::uint32_t find_pitch() const noexcept;
    [[nodiscard]] std::int16_t next_invented() noexcept;
    void remember(std::span<const std::int16_t> sound) noexcept;
    /// 50 ms, oldest first: the longest pitch and the window it is sought with.
    [[nodiscard]] std::span<const std::int16_t> history() const noexcept {
        return std::span{past_}.subspan(past_end_ - rate_hz_ / 20, rate_hz_ / 20);
    }

    std::uint32_t rate_hz_;
    std::uint32_t pitch_ = 0;
    std::uint32_t phase_ = 0;
    std::uint64_t invented_ = 0;  // samples since the loss began; 0: none
    // The history slides through it and is moved back to the front at its end: so a frame costs the
    // cache no more than its own length.
    std::size_t past_end_;
    std::array<std::int16_t, rate_hz_max * 3 / 20> past_{};
    std::array<std::int16_t, rate_hz_max / 1'000 * 15> period_{};  // the longest pitch
};

}  // namespace media
