// From one sender's packets to one frame per tick: jitter buffer, decoder, concealment.
//
// Thread: made by the control side for one format, then one worker owns it. Memory: fixed when
// made: packets, decoder, at most 120 ms of sound. Time: called once per tick. Integers only (but
// for Opus, whose library counts in floats), so that the same packets at the same ticks give the
// same sound, bit for bit.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/realtime.hpp"
#include "media/jitter_buffer.hpp"
#include "media/prefetch.hpp"
#include "media/sound/coder.hpp"
#include "media/sound/comfort_noise.hpp"
#include "media/sound/concealer.hpp"
#include "media/sound/format.hpp"
#include "media/sound/frame.hpp"

namespace media {

/// What was done to make one frame. Counts are in units of the RTP clock.
struct FrameDecision {
    std::uint32_t timestamp = 0;  // of the first packet that was taken for this frame; 0: none
    std::uint8_t packets = 0;     // decoded for it
    std::uint8_t margin_frames = 0;
    std::uint16_t concealed = 0;  // invented because it was lost or late
    std::uint16_t silent = 0;     // silence that the sender meant, or nobody sent
    std::uint16_t depth = 0;      // what stays in the buffer
    bool merged = false, stretched = false;
    bool operator==(const FrameDecision&) const = default;
};

class Receiver {
public:
    /// Allocates. The format must be one that make_decoder knows.
    explicit Receiver(const Format& format = pcmu_format);

    /// Takes a packet as it comes; `samples` is found out here.
    JitterBuffer::Put put(JitterBuffer::Packet packet) noexcept REALTIME;
    /// Who wants the sound of a frame: everybody; only the level meter, until it is loud enough to
    /// be mixed; nobody (then packets leave as they would, and silence comes).
    enum class Wanted : std::uint8_t { sound, level, nothing };
    /// Fills `frame` (samples_per_tick of the format); `quiet` says that a change of depth would go
    /// unheard now.
    FrameDecision take(bool quiet, std::span<std::int16_t> frame,
                       Wanted wanted = Wanted::sound) noexcept REALTIME;
    /// After a change of source or a hold.
    void restart() noexcept REALTIME;
    /// Forgets what it heard, as if it were new, but not what waits to be played: from here on the
    /// same packets give the same sound.
    void forget() noexcept REALTIME;
    /// The sender falls silent, and says what its silence sounds like (RFC 3389).
    void noise_arrived(std::span<const std::uint8_t> payload,
                       std::uint32_t timestamp) noexcept REALTIME {
        noisy_ = noise_.accept(payload);
        noisy_from_ = timestamp;
        noise_told_ = {.arrived = true,
                       .level = noisy_ ? payload[0] : std::uint8_t{0},
                       .noisy = noisy_,
                       .timestamp = timestamp};
    }
    /// What noise_arrived() was last told.
    struct Noise {
        bool arrived = false;
        std::uint8_t level = 0;
        bool noisy = false;
        std::uint32_t timestamp = 0;
    };
    /// What the last take() was made of, so that it can be made again. Payloads are valid until the
    /// next put().
    struct Taken {
        static constexpr std::size_t pieces_max = 16;  // more only of senders who play tricks
        JitterBuffer::Step step;
        std::array<JitterBuffer::Pulled, pieces_max> pieces;
        std::size_t count = 0;
        bool complete = true;
        bool fresh = false;      // before it, it was new, or forgot() everything
        bool restarted = false;  // before it, another source began
        Noise noise;             // since the one before
        Wanted wanted = Wanted::sound;
    };
    /// The frame that some Receiver's take() gave when it was made of this. After one that begins
    /// `fresh`, with every one that follows it, bit for bit the same. What was put() is not asked.
    FrameDecision take_again(const Taken& before, std::span<std::int16_t> frame) noexcept;
    void prefetch() const noexcept REALTIME {
        prefetch_lines(
            this,
            (reinterpret_cast<const char*>(&taken_) - reinterpret_cast<const char*>(this)) / 64 +
                2);
        prefetch_lines(&concealer_, 1);
        buffer_.prefetch();
    }
    [[nodiscard]] const Taken& taken() const noexcept REALTIME { return taken_; }
    [[nodiscard]] const JitterBuffer& buffer() const noexcept REALTIME { return buffer_; }
    [[nodiscard]] const Format& format() const noexcept REALTIME { return format_; }

private:
    FrameDecision make_frame(const JitterBuffer::Step& step,
                             std::span<std::int16_t> frame) noexcept;
    void change_wanted(Wanted wanted) noexcept;
    void collect(std::int32_t wanted, FrameDecision& decision) noexcept;
    [[nodiscard]] bool lacks(std::int32_t wanted) const noexcept {
        return again_ == nullptr ? waiting_ < wanted : again_at_ < again_->count;
    }
    [[nodiscard]] std::size_t decode(std::span<const std::uint8_t> payload,
                                     std::span<std::int16_t> sound) noexcept;
    [[nodiscard]] bool play_directly(std::span<std::int16_t> frame,
                                     FrameDecision& decision) noexcept;
    [[nodiscard]] JitterBuffer::Pulled pull(std::int32_t units) noexcept;
    [[nodiscard]] JitterBuffer::Pulled next_again() noexcept;
    void note_packet(const JitterBuffer::Pulled& packet, FrameDecision& decision) noexcept;
    FrameDecision close(FrameDecision decision) noexcept;
    void play(const JitterBuffer::Pulled& packet) noexcept;
    void conceal(std::int32_t units, std::span<const std::uint8_t> next = {}) noexcept;
    void fall_silent(std::int32_t units) noexcept;
    void hand_out(std::span<std::int16_t> frame, FrameDecision& decision) noexcept;
    [[nodiscard]] std::span<std::int16_t> grow(std::size_t samples) noexcept;
    [[nodiscard]] std::size_t samples_of(std::int32_t units) const noexcept {
        return static_cast<std::size_t>(units) * format_.rate_hz / clock_hz(format_);
    }

    // What every frame needs stands together, for prefetch().
    const Format format_;
    const bool conceals_itself_;      // the decoder knows better than a Concealer
    const std::int32_t frame_units_;  // 20 ms of the RTP clock
    JitterBuffer buffer_;
    std::unique_ptr<Decoder> decoder_;
    ComfortNoise noise_;
    bool noisy_ = false;  // after its last sound before
    std::uint32_t noisy_from_ = 0;
    Wanted wanted_ = Wanted::sound;
    bool restarted_ = false, fresh_ = true;
    Noise noise_told_;
    const Taken* again_ = nullptr;  // in take_again: where the pieces come from
    std::size_t again_at_ = 0;
    std::vector<std::int16_t> fifo_;  // decoded, not played yet
    std::int32_t waiting_ = 0;        // units in it
    std::int32_t idle_ticks_ = 0;     // nobody sends: fade out, then true silence for free
    Taken taken_;
    Concealer concealer_;
};

}  // namespace media
