// How sound travels in packets: which codec, at which rate, in how many pieces.
//
// Plain values. Sources: RFC 3551 (G.711, G.722, L16), RFC 7587 (Opus).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

#include "base/realtime.hpp"

namespace media {

enum class Codec : std::uint8_t { pcmu, pcma, g722, l16, opus };

/// One way to code sound. Always mono, always 20 ms a tick.
struct Format {
    Codec codec = Codec::pcmu;
    std::uint32_t rate_hz = 8'000;  // of the samples: 8000, 16000, 44100 (L16 only) or 48000
    bool operator==(const Format&) const = default;
    auto operator<=>(const Format&) const = default;
};

inline constexpr Format pcmu_format{Codec::pcmu, 8'000};
inline constexpr Format pcma_format{Codec::pcma, 8'000};
inline constexpr Format g722_format{Codec::g722, 16'000};
inline constexpr Format opus_format{Codec::opus, 48'000};

/// What RTP timestamps count. G.722 counts half its samples by an old mistake that stands (RFC
/// 3551, 4.5.2); Opus always counts 48 kHz (RFC 7587, 4.1).
[[nodiscard]] constexpr std::uint32_t clock_hz(const Format& format) noexcept REALTIME {
    if (format.codec == Codec::g722) return 8'000;
    if (format.codec == Codec::opus) return 48'000;
    return format.rate_hz;
}
/// Samples in 20 ms: 160, 320, 882 or 960.
[[nodiscard]] constexpr std::size_t samples_per_tick(const Format& format) noexcept REALTIME {
    return format.rate_hz / 50;
}
/// The rate at which a room should mix for it: one of 8, 16 and 48 kHz.
[[nodiscard]] constexpr std::uint32_t natural_rate(const Format& format) noexcept REALTIME {
    return format.rate_hz > 16'000 ? 48'000 : format.rate_hz;
}
/// Packets that we send per tick: L16 above 16 kHz would not fit an Ethernet frame in one piece.
[[nodiscard]] constexpr std::uint32_t packets_per_tick(const Format& format) noexcept REALTIME {
    return format.codec == Codec::l16 && format.rate_hz > 16'000 ? 2 : 1;
}

/// The longest packet that is taken: 60 ms.
inline constexpr std::uint32_t packet_ms_max = 60;
/// Bytes of the largest payload of `format` that is taken.
[[nodiscard]] constexpr std::size_t payload_bytes_max(const Format& format) noexcept REALTIME {
    switch (format.codec) {
        case Codec::pcmu:
        case Codec::pcma:
        case Codec::g722: return 8 * packet_ms_max;  // 64 kbit/s
        case Codec::l16: return 1'440;               // what an Ethernet frame carries
        case Codec::opus: return 1'276;              // RFC 6716, 3.4, for one frame
    }
    return 0;
}
/// Bytes that an encoder may need for one tick.
inline constexpr std::size_t coded_bytes_max = 1'920;  // L16 at 48 kHz

/// What the peer's fmtp line and the room's profile settled for an Opus encoder (RFC 7587, 6.1).
struct OpusSettings {
    std::int32_t bitrate = 32'000;   // bit/s, 6000 .. 510000
    std::int32_t complexity = 4;     // 0 .. 10
    std::int32_t loss_percent = 10;  // what the FEC is dimensioned for
    bool fec = true;                 // in-band, when the peer can use it
    bool dtx = false;                // nothing in silence, when the peer likes that
    bool operator==(const OpusSettings&) const = default;
    auto operator<=>(const OpusSettings&) const = default;
};

}  // namespace media
