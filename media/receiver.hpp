// From one sender's packets to one frame per tick: jitter buffer, decoder, concealment.
//
// Thread: one worker owns it. Memory: fixed. Time: called once per tick. Integers only, so that the
// same packets at the same ticks give the same sound, bit for bit.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/concealer.hpp"
#include "media/engine.hpp"
#include "media/sound/frame.hpp"
#include "media/jitter_buffer.hpp"

namespace media {

/// What was done to make one frame: enough for a re-mix to do the same again.
struct FrameDecision {
    std::uint32_t timestamp = 0;  // of the first packet that was taken for this frame; 0: none
    std::uint8_t packets = 0;     // decoded for it
    std::uint8_t margin_frames = 0;
    std::uint16_t concealed = 0;  // samples invented because they were lost or late
    std::uint16_t silent = 0;     // samples of silence that the sender meant, or nobody sent
    std::uint16_t depth = 0;      // samples that stay in the buffer
    bool merged = false, stretched = false;
    bool operator==(const FrameDecision&) const = default;
};

class Receiver {
public:
    JitterBuffer::Put put(Codec codec, const JitterBuffer::Packet& packet) noexcept REALTIME {
        codec_ = codec;
        return buffer_.put(packet);
    }
    /// Fills `frame`; `quiet` says that a change of depth would go unheard now.
    FrameDecision take(bool quiet, Frame& frame) noexcept REALTIME;
    /// After a change of source or a hold.
    void restart() noexcept REALTIME;
    [[nodiscard]] const JitterBuffer& buffer() const noexcept REALTIME { return buffer_; }

private:
    void collect(std::int32_t wanted, FrameDecision& decision) noexcept;
    void play(const JitterBuffer::Pulled& packet) noexcept;
    void conceal(std::int32_t samples) noexcept;
    [[nodiscard]] std::span<std::int16_t> grow(std::int32_t samples) noexcept;

    // Two frames to merge, less one sample, and the longest packet on top of them.
    static constexpr std::size_t fifo_samples_max = 2 * frame_samples + jitter_packet_samples_max;

    Codec codec_ = Codec::pcmu;
    JitterBuffer buffer_;
    Concealer concealer_;
    std::array<std::int16_t, fifo_samples_max> fifo_{};  // decoded, not played yet
    std::int32_t waiting_ = 0;                           // samples in it
};

}  // namespace media
