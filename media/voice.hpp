// From a room's sound to one coded stream: resampling to the format's rate, then the encoder.
//
// A room has one Voice for all listeners of a format, and each leg has one of its own, for the time
// in which it hears what nobody else does. A leg's own Voice takes over where the shared one stands
// (and the other way round), so that the phone, whose decoder remembers, hears no seam. Thread:
// made by the control side, then one worker owns it. Memory: fixed when made. Time: one frame a
// tick.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/coder.hpp"
#include "media/sound/format.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/resampler.hpp"

namespace media {

/// What all listeners of one stream have in common.
struct VoiceKind {
    Format format;
    OpusSettings opus;         // all default where the codec is another
    bool takes_noise = false;  // comfort noise instead of packets of silence
    bool operator==(const VoiceKind&) const = default;
    auto operator<=>(const VoiceKind&) const = default;
};

/// A peer may name any bit rate; were each a kind of its own, a few strangers could ask for
/// thousands of encoders. So it is rounded down to one of a few, and up to 6000.
[[nodiscard]] constexpr std::int32_t shared_bitrate(std::int32_t allowed) noexcept {
    for (const std::int32_t step :
         {128'000, 64'000, 48'000, 40'000, 32'000, 24'000, 20'000, 16'000, 12'000, 8'000}) {
        if (step <= allowed) return step;
    }
    return 6'000;
}

class Voice {
public:
    /// Allocates. The format must be one that make_encoder knows.
    explicit Voice(const VoiceKind& kind);

    /// Codes 20 ms at the room's rate. What comes out is valid until the next call; empty: nothing
    /// worth sending.
    std::span<const std::uint8_t> say(std::span<const std::int16_t> sound,
                                      std::uint64_t tick) noexcept REALTIME;
    /// What was said in this tick, if anything was.
    [[nodiscard]] bool said(std::uint64_t tick) const noexcept REALTIME {
        return said_ever_ && last_tick_ == tick;
    }
    [[nodiscard]] std::span<const std::uint8_t> words() const noexcept REALTIME {
        return std::span{coded_}.first(bytes_);
    }
    /// Goes on where `other` stands after `tick`; nothing when it said nothing then, or is of
    /// another format.
    void continue_from(const Voice& other, std::uint64_t tick) noexcept REALTIME;
    /// Codes as that kind does, from the next frame on. Of another format: nothing happens.
    void adopt(const VoiceKind& kind) noexcept REALTIME {
        if (kind.format == kind_.format && kind.opus != kind_.opus) encoder_->adopt(kind.opus);
        if (kind.format == kind_.format) kind_.opus = kind.opus;
    }
    /// Somebody joins who heard another voice so far.
    void welcome() noexcept REALTIME { encoder_->welcome(); }
    [[nodiscard]] const VoiceKind& kind() const noexcept REALTIME { return kind_; }

private:
    void hear_at(std::size_t samples) noexcept;

    VoiceKind kind_;
    std::unique_ptr<Encoder> encoder_;
    Resampler resampler_;
    SoundBuffer resampled_{};
    std::array<std::uint8_t, coded_bytes_max> coded_{};
    std::size_t bytes_ = 0;
    std::uint64_t last_tick_ = 0;
    bool said_ever_ = false;
};

/// Does the peer's decoder remember what it heard before?
[[nodiscard]] constexpr bool remembers(Codec codec) noexcept REALTIME {
    return codec == Codec::g722 || codec == Codec::opus;
}

}  // namespace media
