// G.711: speech in 8 bits a sample, mu-law (PCMU) and A-law (PCMA).
//
// Thread: pure functions over constant tables. Memory: 26
// kB of tables made by the compiler. Time: a load a sample.
#pragma once

#include <cstdint>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/format.hpp"

namespace media {

[[nodiscard]] std::uint8_t encode_mulaw(std::int16_t sample) noexcept REALTIME;
[[nodiscard]] std::int16_t decode_mulaw(std::uint8_t code) noexcept REALTIME;
[[nodiscard]] std::uint8_t encode_alaw(std::int16_t sample) noexcept REALTIME;
[[nodiscard]] std::int16_t decode_alaw(std::uint8_t code) noexcept REALTIME;

/// A whole packet at once. Shapes: equal lengths.
void encode(Codec codec, std::span<const std::int16_t> pcm,
            std::span<std::uint8_t> coded) noexcept REALTIME;
void decode(Codec codec, std::span<const std::uint8_t> coded,
            std::span<std::int16_t> pcm) noexcept REALTIME;

}  // namespace media
