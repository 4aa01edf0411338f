// The inner loops over samples, written for the vectors of the machine they run on.
//
// Chosen at run time (libhwy): SSSE3 to AVX-512 on x86, NEON on ARM. media/sound/scalar.hpp has the
// same functions one sample at a time: those are the oracle, and a test holds both against each
// other for every target that the machine has. Callers use mix.hpp, level.hpp, g711.hpp and
// resampler.hpp.
// Thread: pure functions. Memory: none. Time: docs/benchmarks.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"

namespace media {

/// A filter that makes `up` outputs of `down` inputs. `taps` weights for each of `up` phases, in
/// Q14, the oldest sample's first; taps is a multiple of 16 and at most 192. The magnitudes of a
/// phase add up to less than four, so that sums stay within 32 bits.
struct Polyphase {
    static constexpr int weight_bits = 14;
    static constexpr std::size_t taps_max = 192;
    std::uint32_t up = 1, down = 1;
    std::size_t taps = 0;
    const std::int16_t* weights = nullptr;
};

}  // namespace media

namespace media::kernels {

/// Shapes: as their namesakes in mix.hpp.
void add_to_total(std::span<std::int32_t> total,
                  std::span<const std::int16_t> own) noexcept REALTIME;
void take_from_total(std::span<std::int32_t> total,
                     std::span<const std::int16_t> own) noexcept REALTIME;
void mix_minus(std::span<const std::int32_t> total, std::span<const std::int16_t> own,
               std::span<std::int16_t> out) noexcept REALTIME;
void saturate(std::span<const std::int32_t> total, std::span<std::int16_t> out) noexcept REALTIME;
void add_saturated(std::span<std::int16_t> out,
                   std::span<const std::int16_t> extra) noexcept REALTIME;
/// sound = clamp(sound * gain / 4096), towards zero. 0 <= gain <= 65,535.
void amplify(std::span<std::int16_t> sound, std::int32_t gain) noexcept REALTIME;
/// The sum of the squares.
[[nodiscard]] std::uint64_t energy_sum(std::span<const std::int16_t> frame) noexcept REALTIME;
/// The sum of |one - two|. Shapes: equal lengths, at most 65,536.
[[nodiscard]] std::uint32_t difference_sum(std::span<const std::int16_t> one,
                                           std::span<const std::int16_t> two) noexcept REALTIME;
void encode_mulaw(std::span<const std::int16_t> pcm,
                  std::span<std::uint8_t> coded) noexcept REALTIME;
void encode_alaw(std::span<const std::int16_t> pcm,
                 std::span<std::uint8_t> coded) noexcept REALTIME;
/// `sound`: the taps - 1 samples before the first input of this frame, then the inputs: as many as
/// `out` asks for.
void filter(const Polyphase& shape, std::span<const std::int16_t> sound,
            std::span<std::int16_t> out) noexcept REALTIME;

}  // namespace media::kernels
