// Sound to bytes and back, whatever the codec.
//
// Thread: made by the control side (that allocates), then owned by one worker at a time. Memory:
// fixed when made. Time: no clock; each call is bounded. Nothing here allocates but make_*.
// Decoders are total: any bytes give samples or a refusal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/format.hpp"

namespace media {

/// What one sender's packets sound like.
class Decoder {
public:
    virtual ~Decoder() = default;
    /// How long `payload` plays, in units of the RTP clock, without decoding it; 0: not a payload
    /// of this format, or longer than packet_ms_max.
    [[nodiscard]] virtual std::int32_t duration(
        std::span<const std::uint8_t> payload) const noexcept REALTIME = 0;
    /// Decodes `payload` into the front of `pcm` and returns the samples written, at the format's
    /// rate. 0: refused, nothing written. `pcm` holds packet_ms_max or more.
    [[nodiscard]] virtual std::size_t decode(std::span<const std::uint8_t> payload,
                                             std::span<std::int16_t> pcm) noexcept REALTIME = 0;
    /// Like decode(), where nobody but the level meter hears: what comes out is as loud as the
    /// sound and no more. Cheaper, if the codec can. A decode() after it goes on without a click.
    [[nodiscard]] virtual std::size_t glance(std::span<const std::uint8_t> payload,
                                             std::span<std::int16_t> pcm) noexcept REALTIME {
        return decode(payload, pcm);
    }
    /// Fills `hole` with what a lost packet may have been. `next`: the payload right behind the
    /// hole if it is here already (Opus looks into it for FEC), else empty. False: this codec knows
    /// no better than a Concealer; `hole` is untouched.
    [[nodiscard]] virtual bool conceal(std::span<const std::uint8_t> next,
                                       std::span<std::int16_t> hole) noexcept REALTIME = 0;
    /// Forgets the sender: another one begins.
    virtual void reset() noexcept REALTIME = 0;
};

/// One stream of coded sound.
class Encoder {
public:
    virtual ~Encoder() = default;
    /// Codes 20 ms (samples_per_tick of the format) into the front of `coded` and returns the bytes
    /// written. 0: nothing worth sending (Opus DTX). `coded` holds coded_bytes_max.
    [[nodiscard]] virtual std::size_t encode(std::span<const std::int16_t> pcm,
                                             std::span<std::uint8_t> coded) noexcept REALTIME = 0;
    /// Goes on where `other` stands, as if this had coded its stream so far, and with its settings.
    /// Of another format: nothing happens. A leg that begins to talk leaves the listeners' shared
    /// encoder this way without a seam.
    virtual void continue_from(const Encoder& other) noexcept REALTIME = 0;
    /// Other settings from the next packet on, in the middle of the stream.
    virtual void adopt(const OpusSettings& settings) noexcept REALTIME { (void)settings; }
    /// Somebody joins who heard something else before: the next packet leans on the past as little
    /// as the codec can.
    virtual void welcome() noexcept REALTIME {}
    virtual void reset() noexcept REALTIME = 0;
};

/// Null: a format that does not exist (Opus at 44.1 kHz, G.711 at 16 kHz).
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(const Format& format);
[[nodiscard]] std::unique_ptr<Encoder> make_encoder(const Format& format,
                                                    const OpusSettings& opus = {});

}  // namespace media
