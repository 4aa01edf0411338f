// The inner loops over samples, one sample at a time and obviously right: the oracle of
// media/sound/kernels.hpp, and what its loops end with when a frame is no whole number of vectors.
//
// Thread: pure functions. Memory: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/g711.hpp"
#include "media/sound/kernels.hpp"
#include "media/sound/mix.hpp"

namespace media::scalar {

inline void add_to_total(std::span<std::int32_t> total,
                         std::span<const std::int16_t> own) noexcept REALTIME {
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += own[i];
}

inline void take_from_total(std::span<std::int32_t> total,
                            std::span<const std::int16_t> own) noexcept REALTIME {
    for (std::size_t i = 0; i < total.size(); ++i) total[i] -= own[i];
}

inline void mix_minus(std::span<const std::int32_t> total, std::span<const std::int16_t> own,
                      std::span<std::int16_t> out) noexcept REALTIME {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = saturate_i16(total[i] - own[i]);
}

inline void saturate(std::span<const std::int32_t> total,
                     std::span<std::int16_t> out) noexcept REALTIME {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = saturate_i16(total[i]);
}

inline void add_saturated(std::span<std::int16_t> out,
                          std::span<const std::int16_t> extra) noexcept REALTIME {
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = saturate_i16(static_cast<std::int32_t>(out[i]) + extra[i]);
}

inline void amplify(std::span<std::int16_t> sound, std::int32_t gain) noexcept REALTIME {
    for (std::int16_t& sample : sound) sample = saturate_i16(sample * gain / 4'096);
}

[[nodiscard]] inline std::uint64_t energy_sum(
    std::span<const std::int16_t> frame) noexcept REALTIME {
    std::uint64_t sum = 0;
    for (const std::int16_t sample : frame) {
        const std::int32_t wide = sample;
        sum += static_cast<std::uint32_t>(wide * wide);
    }
    return sum;
}

[[nodiscard]] inline std::uint32_t difference_sum(
    std::span<const std::int16_t> one, std::span<const std::int16_t> two) noexcept REALTIME {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < one.size(); ++i)
        sum += static_cast<std::uint32_t>(std::abs(one[i] - two[i]));
    return sum;
}

inline void encode_mulaw(std::span<const std::int16_t> pcm,
                         std::span<std::uint8_t> coded) noexcept REALTIME {
    for (std::size_t i = 0; i < pcm.size(); ++i) coded[i] = media::encode_mulaw(pcm[i]);
}

inline void encode_alaw(std::span<const std::int16_t> pcm,
                        std::span<std::uint8_t> coded) noexcept REALTIME {
    for (std::size_t i = 0; i < pcm.size(); ++i) coded[i] = media::encode_alaw(pcm[i]);
}

[[nodiscard]] inline std::int16_t weighted(const std::int16_t* sound, const std::int16_t* weights,
                                           std::size_t taps) noexcept REALTIME {
    std::int32_t sum = 1 << (Polyphase::weight_bits - 1);
    for (std::size_t i = 0; i < taps; ++i) sum += sound[i] * weights[i];
    return saturate_i16(sum >> Polyphase::weight_bits);
}

inline void filter(const Polyphase& shape, std::span<const std::int16_t> sound,
                   std::span<std::int16_t> out) noexcept REALTIME {
    std::size_t phase = 0, at = 0;
    for (std::int16_t& sample : out) {
        sample = weighted(sound.data() + at, shape.weights + phase * shape.taps, shape.taps);
        at += (phase + shape.down) / shape.up;
        phase = (phase + shape.down) % shape.up;
    }
}

}  // namespace media::scalar
