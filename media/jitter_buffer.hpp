// Trades delay for smoothness: packets enter as they come, and leave in order of their timestamps.
//
//     put(packet) --> [ slots ] --pull--> packet | lost | pause | dry | idle
//
// Knows nothing of codecs: a packet is bytes and a count of samples of the RTP clock, so 10 ms
// packets and 60 ms packets are alike. It grows when packets prove late, and shrinks when its
// margin lies unused; so a sender's drifting clock costs a concealed or a merged frame now and
// then. What it decides it returns, so that a capture can keep it. Thread: made by the control
// side, then one worker owns it. Memory: 32 packets, given when made. Time: counts ticks; how long
// a packet lay there before the tick came is told with it. Integers only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/realtime.hpp"
#include "media/lateness.hpp"
#include "media/prefetch.hpp"
#include "media/sound/format.hpp"
#include "media/sound/frame.hpp"

namespace media {

inline constexpr std::size_t jitter_slot_count = 32;  // 320 ms of 10 ms packets
inline constexpr std::int32_t jitter_depth_frames_max =
    10;  // 200 ms; beyond it the oldest are let go
inline constexpr std::int32_t jitter_margin_frames_max = 8;  // and a frame being played: 180 ms

class JitterBuffer {
public:
    /// For packets of a `clock` (what a timestamp counts), of at most so many bytes each.
    /// Allocates.
    explicit JitterBuffer(std::uint32_t clock_hz = 8'000,
                          std::size_t payload_bytes_max = 8 * packet_ms_max);

    struct Packet {
        std::uint16_t sequence = 0;
        std::uint32_t timestamp = 0;
        bool marker = false;
        std::int32_t samples = 0;   // of the clock; 1 .. packet_ms_max
        std::int32_t slack_us = 0;  // how long before the tick that reads it, it was there
        std::span<const std::uint8_t> payload;
    };

    enum class Put : std::uint8_t {
        taken,
        late,       // its time has been played or concealed already
        duplicate,  // its timestamp waits in the buffer
        jumped,     // far from what plays; its successor will prove that the sender restarted
        unfit,      // too many bytes or samples, or none
    };
    Put put(const Packet& packet) noexcept REALTIME;

    /// What the next tick should do about the depth;
    /// `quiet` says that nobody would hear a change now.
    struct Step {
        bool merge = false;    // play two frames in the time of one
        bool stretch = false;  // conceal one frame before going on
    };
    [[nodiscard]] Step begin_tick(bool quiet) noexcept REALTIME;

    struct Pulled {
        enum class Kind : std::uint8_t {
            packet,  // `payload`, of `samples`; valid until the next put
            lost,    // `samples` are to be concealed; their packet did not come
            pause,   // `samples` of silence that the sender did not send
            dry,     // nothing here; conceal what the frame still lacks (report it with
                     // `concealed_while_dry`)
            idle,    // nobody sends, or the buffer still fills: silence
        };
        Kind kind = Kind::idle;
        std::int32_t samples = 0;
        std::uint32_t timestamp = 0;
        std::span<const std::uint8_t> payload;  // `lost`: of the packet right behind the hole, if
                                                // it is here already; for codecs with FEC
    };
    /// The next piece of sound, at most `wanted` samples of a gap.
    [[nodiscard]] Pulled pull(std::int32_t wanted) noexcept REALTIME;
    /// The packet that comes next mostly lies in the first slot, or the second.
    void prefetch() const noexcept REALTIME { prefetch_lines(payloads_.get(), 3); }
    /// Is the very next piece a packet of so many samples?
    [[nodiscard]] bool holds_next(std::int32_t samples) const noexcept REALTIME {
        return state_ == State::playing && count_ > 0 && at(0).samples == samples &&
               static_cast<std::int32_t>(at(0).timestamp - play_at_) <= 0;
    }
    void concealed_while_dry(std::int32_t samples) noexcept REALTIME { owed_ += samples; }
    /// Closes a tick: `leftover` samples were pulled but not played yet.
    void end_tick(std::int32_t leftover) noexcept REALTIME;

    /// Forgets everything but how much margin this sender needs: after a new source, or a hold.
    void restart() noexcept REALTIME;

    [[nodiscard]] std::int32_t depth_samples() const noexcept REALTIME;
    [[nodiscard]] std::int32_t margin_frames() const noexcept REALTIME { return margin_frames_; }
    [[nodiscard]] std::uint64_t dropped_packets() const noexcept REALTIME { return dropped_; }

private:
    enum class State : std::uint8_t { idle, filling, playing };
    struct Slot {
        std::uint32_t timestamp = 0;
        std::uint16_t sequence = 0;
        std::uint16_t bytes = 0;
        std::int32_t samples = 0;
        std::int32_t slack_us = 0;
        std::uint32_t tick = 0;  // the first that could play it
    };

    Put insert(const Packet& packet) noexcept;
    Put judge_jump(const Packet& packet) noexcept;
    void absorb_gap(std::int32_t ahead) noexcept;
    void drop_first() noexcept;
    void let_go_of_excess() noexcept;
    void need_more_margin(std::int32_t frames) noexcept;
    [[nodiscard]] std::int32_t transit_us(std::uint32_t timestamp,
                                          std::int32_t slack_us) const noexcept;
    [[nodiscard]] bool note_transit(const Packet& packet) noexcept;
    void weigh(std::int32_t leftover) noexcept;
    void open_window() noexcept;
    void close_window() noexcept;
    [[nodiscard]] bool may_shrink() const noexcept;
    [[nodiscard]] std::int32_t spare_frames() const noexcept;
    void note_wait(const Slot& slot) noexcept;
    [[nodiscard]] std::span<const std::uint8_t> payload_of(std::size_t place) const noexcept;
    [[nodiscard]] Slot& at(std::size_t place) noexcept { return slots_[order_[place]]; }
    [[nodiscard]] const Slot& at(std::size_t place) const noexcept { return slots_[order_[place]]; }

    const std::int32_t frame_;        // 20 ms of the clock
    const std::int32_t samples_max_;  // of a packet
    const std::size_t payload_bytes_max_;
    std::unique_ptr<std::uint8_t[]> payloads_;  // of all slots
    std::array<Slot, jitter_slot_count> slots_{};
    std::array<std::uint8_t, jitter_slot_count> order_{};  // waiting slots, by timestamp
    std::uint32_t used_ = 0;  // a bit per slot; low ones first, to stay in the cache
    std::size_t count_ = 0;
    std::uint32_t ticks_ = 0;

    State state_ = State::idle;
    std::uint32_t play_at_ = 0;        // timestamp of the next sample to leave
    std::uint16_t last_sequence_ = 0;  // of the last packet that left
    std::int32_t owed_ = 0;  // samples concealed while dry: delay gained, or loss already paid for
    std::int32_t dry_ticks_ = 0;
    bool dry_now_ = false;
    std::int32_t filled_ticks_ = 0;
    std::int32_t margin_frames_ =
        1;  // what should stay behind a frame that is played: 2 frames, 40 ms, in all
    std::int32_t window_ticks_ = 0;
    std::int32_t window_low_ = 0;   // least samples that stayed behind in this window
    std::int32_t window_high_ = 0;  // most
    std::int32_t window_late_ = 0;
    std::int32_t window_wait_us_ = 0;  // least time that a packet waited to be played
    std::int32_t window_length_ = 0;
    std::int32_t caution_ticks_ = 0;                        // no shrinking to nothing for so long,
    std::int32_t caution_next_ = 500;                       // 10 s; the next time twice that
    std::int32_t surplus_ticks_ = 0;                        // > 0: frames too many for so long,
    std::int32_t surplus_frames_ = 0;                       // and how many there are
    std::int32_t worth_frames_ = jitter_margin_frames_max;  // a margin beyond it costs too much
    std::int32_t weigh_ticks_ = 0;
    Lateness lateness_;  // of what came since this tick and this timestamp, which belong together:
    std::uint32_t origin_tick_ = 0, origin_timestamp_ = 0;
    std::uint64_t seen_ = 0;  // a bit per sequence number, down from the newest
    std::uint16_t newest_ = 0;
    bool stretch_wanted_ = false;
    bool jump_seen_ = false;
    std::uint16_t jump_sequence_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace media
