// From one rate to another: a polyphase filter in integers, the same bits everywhere.
//
// Thread: one worker owns it. Memory: fixed, a few hundred bytes; the coefficients are shared and
// made once per pair of rates. Time: 20 ms in, 20 ms out, never more or less; 2 ms late at most.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/realtime.hpp"

namespace media {

class Resampler {
public:
    static constexpr std::size_t history_samples = 192;  // at the incoming rate

    /// Rates: 8000, 16000, 44100, 48000, any pair. Makes the coefficients if nobody has yet: call
    /// it on the control side. Equal rates: process() copies.
    Resampler(std::uint32_t from_hz, std::uint32_t to_hz);

    /// Shapes: from_hz / 50 samples in, to_hz / 50 samples out.
    void process(std::span<const std::int16_t> in, std::span<std::int16_t> out) noexcept REALTIME;
    /// Starts as if `past` (any length; its end counts) had gone through before: so that a leg that
    /// begins to be mixed begins without a click.
    void prime(std::span<const std::int16_t> past) noexcept REALTIME;
    void reset() noexcept REALTIME;
    [[nodiscard]] std::uint32_t from_hz() const noexcept { return from_hz_; }
    [[nodiscard]] std::uint32_t to_hz() const noexcept { return to_hz_; }

private:
    struct Kernel;  // up, down, taps per phase, weights
    static std::unique_ptr<const Kernel> make_kernel(std::uint32_t from_hz, std::uint32_t to_hz);

    std::uint32_t from_hz_ = 0, to_hz_ = 0;
    const Kernel* kernel_ = nullptr;
    std::array<std::int16_t, history_samples> history_{};
};

}  // namespace media
