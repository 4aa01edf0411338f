#include "media/sound/g711.hpp"

#include <array>
#include <bit>
#include <cstddef>

#include "base/assert.hpp"
#include "media/sound/kernels.hpp"

namespace media {
namespace {

// A code word (G.711, tables 1a and 2a), before the bits are inverted for the line:
//   bit 7     sign
//   bits 6-4  segment: each is twice as wide as the one below
//   bits 3-0  interval within the segment
constexpr std::uint8_t compress(std::uint32_t segment, std::uint32_t interval) {
    return static_cast<std::uint8_t>(segment << 4 | interval);
}

// mu-law: magnitudes of 13 bits. Adding 33 turns the
// segment borders 31, 95, 223 ... into powers of two.
constexpr std::uint32_t mulaw_bias = 33;
constexpr std::uint32_t mulaw_magnitude_max = 8'158;  // the last decision value is 8159

constexpr std::uint8_t mulaw_code(std::uint32_t magnitude, bool negative) {
    if (magnitude > mulaw_magnitude_max) magnitude = mulaw_magnitude_max;
    const std::uint32_t biased = magnitude + mulaw_bias;
    const auto segment = static_cast<std::uint32_t>(std::bit_width(biased)) - 6;
    const std::uint32_t interval = (biased >> (segment + 1)) & 15;
    const std::uint8_t code = compress(segment, interval);
    return static_cast<std::uint8_t>(~(code | (negative ? 0x80 : 0)));  // all bits are inverted
}

constexpr std::int16_t mulaw_sample(std::uint8_t line) {
    const auto code = static_cast<std::uint8_t>(~line);
    const std::int32_t segment = code >> 4 & 7, interval = code & 15;
    const std::int32_t magnitude = ((2 * interval + 33) << segment) - 33;
    return static_cast<std::int16_t>((code & 0x80) != 0 ? -4 * magnitude : 4 * magnitude);
}

// A-law: magnitudes of 12 bits; segments 0 and 1 have the same width. Even bits are inverted.
constexpr std::uint8_t alaw_code(std::uint32_t magnitude, bool negative) {
    const auto width = static_cast<std::uint32_t>(std::bit_width(magnitude));
    const std::uint32_t segment = width < 6 ? 0 : width - 5;
    const std::uint32_t shift = segment == 0 ? 1 : segment;
    const std::uint8_t code = compress(segment, magnitude >> shift & 15);
    return static_cast<std::uint8_t>((code | (negative ? 0 : 0x80)) ^ 0x55);
}

constexpr std::int16_t alaw_sample(std::uint8_t line) {
    const std::int32_t code = line ^ 0x55;
    const std::int32_t segment = code >> 4 & 7, interval = code & 15;
    const std::int32_t magnitude =
        segment == 0 ? 2 * interval + 1 : (2 * interval + 33) << (segment - 1);
    return static_cast<std::int16_t>((code & 0x80) != 0 ? 8 * magnitude : -8 * magnitude);
}

// The magnitude is cut, not the signed number: so the codes are symmetric around zero.
constexpr auto mulaw_codes = [] {
    std::array<std::uint8_t, 8'193> codes{};
    for (std::uint32_t i = 0; i < codes.size(); ++i) codes[i] = mulaw_code(i, false);
    return codes;
}();
constexpr auto alaw_codes = [] {
    std::array<std::uint8_t, 4'097> codes{};
    for (std::uint32_t i = 0; i < codes.size(); ++i)
        codes[i] = alaw_code(i < 4'095 ? i : 4'095, false);
    return codes;
}();
constexpr auto mulaw_samples = [] {
    std::array<std::int16_t, 256> samples{};
    for (std::size_t i = 0; i < 256; ++i) samples[i] = mulaw_sample(static_cast<std::uint8_t>(i));
    return samples;
}();
constexpr auto alaw_samples = [] {
    std::array<std::int16_t, 256> samples{};
    for (std::size_t i = 0; i < 256; ++i) samples[i] = alaw_sample(static_cast<std::uint8_t>(i));
    return samples;
}();

}  // namespace

std::uint8_t encode_mulaw(std::int16_t sample) noexcept REALTIME {
    const std::int32_t wide = sample;
    const std::uint8_t positive =
        mulaw_codes[static_cast<std::size_t>(wide < 0 ? -wide : wide) >> 2];
    return static_cast<std::uint8_t>(wide < 0 ? positive & 0x7f : positive);  // inverted: 1 is plus
}

std::int16_t decode_mulaw(std::uint8_t code) noexcept REALTIME { return mulaw_samples[code]; }

std::uint8_t encode_alaw(std::int16_t sample) noexcept REALTIME {
    const std::int32_t wide = sample;
    const std::uint8_t positive =
        alaw_codes[static_cast<std::size_t>(wide < 0 ? -wide : wide) >> 3];
    return static_cast<std::uint8_t>(wide < 0 ? positive & 0x7f : positive);
}

std::int16_t decode_alaw(std::uint8_t code) noexcept REALTIME { return alaw_samples[code]; }

void encode(Codec codec, std::span<const std::int16_t> pcm,
            std::span<std::uint8_t> coded) noexcept REALTIME {
    ASSERT(pcm.size() == coded.size());
    switch (codec) {
        case Codec::pcmu: kernels::encode_mulaw(pcm, coded); return;
        case Codec::pcma: kernels::encode_alaw(pcm, coded); return;
        case Codec::g722:
        case Codec::l16:
        case Codec::opus: return;  // not G.711
    }
}

void decode(Codec codec, std::span<const std::uint8_t> coded,
            std::span<std::int16_t> pcm) noexcept REALTIME {
    ASSERT(pcm.size() == coded.size());
    switch (codec) {
        case Codec::pcmu:
            for (std::size_t i = 0; i < pcm.size(); ++i) pcm[i] = mulaw_samples[coded[i]];
            return;
        case Codec::pcma:
            for (std::size_t i = 0; i < pcm.size(); ++i) pcm[i] = alaw_samples[coded[i]];
            return;
        case Codec::g722:
        case Codec::l16:
        case Codec::opus: return;  // not G.711
    }
}

}  // namespace media
