// One phone's sound: what comes from it, what goes to it, and what is told about it.
//
//     packets in -> latch -> statistics -> receiver -> frame() --> the room
//     the room -> payload -> send() -> packets out                  each tick
//
// Thread: one worker at a time owns it, named by `owner`; the control
// side reaches it only through `inbox`, the gauges and `owner`. Memory:
// fixed, about 20 kB. Time: ticks and arrival times as arguments.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/prng.hpp"
#include "base/realtime.hpp"
#include "base/spsc_ring.hpp"
#include "media/dtmf_events.hpp"
#include "media/engine.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/level.hpp"
#include "media/outlet.hpp"
#include "media/prompts.hpp"
#include "media/receiver.hpp"
#include "media/reception.hpp"
#include "media/source_latch.hpp"

namespace media {

/// What must not be guessable or repeat: drawn by the
/// control side when the leg is made (RFC 3550, 5.1).
struct LegIdentity {
    std::uint32_t ssrc = 0;
    std::uint16_t first_sequence = 0;
    std::uint32_t first_timestamp = 0;
    std::string cname;  // 1 .. 60 bytes
};

/// The sockets of a leg, as numbers that only the worker's outlet understands; -1: virtual packets.
struct LegPorts {
    int rtp = -1, rtcp = -1;
};

struct LegCommand {
    enum class Kind : std::uint8_t { configure, play, stop_prompts } kind{};
    const Prompt* prompt = nullptr;
    LegConfig config;
};

/// Who owns a leg: a worker, and the number of the move that brought it there, so that an order to
/// hand it over which has been overtaken by another is recognised.
struct Ownership {
    std::uint32_t worker = 0, move = 0;
    bool operator==(const Ownership&) const = default;
};
static_assert(std::atomic<Ownership>::is_always_lock_free);

inline constexpr std::int64_t silence_notice_us = 30'000'000;

class Leg {
public:
    Leg(LegId id, LegIdentity identity, LegPorts ports, Ownership owner);

    const LegId id;
    const LegPorts ports;

    // Control -> worker. Full: the control side keeps the command and tries again.
    SpscRing<LegCommand, 16> inbox;
    std::atomic<Ownership>
        owner;  // written by the worker it names, read by all: hands the leg over

    // ---- the worker's side ----
    void rtp_arrived(std::span<const std::uint8_t> bytes, const Address& from,
                     std::int64_t arrival_us, Outlet& outlet) noexcept REALTIME;
    void rtcp_arrived(std::span<const std::uint8_t> bytes, const Address& from, const TickTime& now,
                      Outlet& outlet) noexcept REALTIME;

    /// False: this leg has had this tick already, at the worker it came from.
    [[nodiscard]] bool begin_tick(const TickTime& now, Outlet& outlet) noexcept REALTIME;
    /// Between begin_tick and end_tick of one worker: a leg
    /// that changes hands meanwhile is not served twice.
    [[nodiscard]] bool in_tick() const noexcept REALTIME { return in_tick_; }
    /// Takes the next 20 ms of what the phone says, and judges them.
    void listen(const TickTime& now, bool may_speak, Outlet& outlet) noexcept REALTIME;
    [[nodiscard]] const Frame& frame() const noexcept REALTIME { return frame_; }
    [[nodiscard]] bool contributes() const noexcept REALTIME { return contributes_; }
    [[nodiscard]] const FrameDecision& decision() const noexcept REALTIME { return decision_; }

    [[nodiscard]] bool has_prompt() const noexcept REALTIME { return !prompts_.empty(); }
    void next_prompt(Frame& frame, Outlet& outlet) noexcept REALTIME;
    /// Is there somebody who wants our sound?
    [[nodiscard]] bool sends() const noexcept REALTIME {
        return configured_ && config_.sends && latch_.target();
    }
    [[nodiscard]] Codec codec() const noexcept REALTIME { return config_.format.codec; }
    void send(const TickTime& now, std::span<const std::uint8_t> payload,
              Outlet& outlet) noexcept REALTIME;
    void end_tick(const TickTime& now, Outlet& outlet) noexcept REALTIME;

    /// A last report with BYE, to be sent when nobody owns the
    /// leg any more. Returns its bytes; 0: nobody to tell.
    [[nodiscard]] std::size_t write_bye(std::span<std::uint8_t> out, const TickTime& now,
                                        Address& to) noexcept;
    [[nodiscard]] std::uint64_t last_tick() const noexcept { return last_tick_; }

    // ---- any thread ----
    [[nodiscard]] LegStatistics statistics() const noexcept;

private:
    // One writer, the owner; read by statistics(). Relaxed: each is a number of its own.
    struct Gauges {
        std::atomic<std::uint64_t> received{0}, sent{0}, lost{0}, late{0}, refused{0}, concealed{0};
        std::atomic<std::uint32_t> jitter_us{0}, round_trip_us{0};
    };

    void obey(const TickTime& now, Outlet& outlet) noexcept;
    void configure(const LegConfig& wanted, const TickTime& now, Outlet& outlet) noexcept;
    void sound_arrived(const RtpPacket& packet, std::int64_t arrival_us) noexcept;
    [[nodiscard]] bool same_stream(const RtpHeader& header, std::int64_t arrival_us) noexcept;
    void heard_something(std::int64_t at_us, Outlet& outlet) noexcept;
    void watch_silence(const TickTime& now, Outlet& outlet) noexcept;
    void refuse() noexcept { bump(gauges_.refused); }
    [[nodiscard]] std::size_t write_report(std::span<std::uint8_t> out, const TickTime& now,
                                           bool bye) noexcept;
    [[nodiscard]] std::optional<Address> rtcp_target() const noexcept;
    [[nodiscard]] std::uint32_t timestamp_at(const TickTime& now) const noexcept {
        return identity_.first_timestamp + static_cast<std::uint32_t>(now.tick * frame_samples);
    }
    static void bump(std::atomic<std::uint64_t>& gauge, std::uint64_t by = 1) noexcept {
        gauge.store(gauge.load(std::memory_order_relaxed) + by,
                    std::memory_order_relaxed);  // one writer
    }

    const LegIdentity identity_;
    LegConfig config_;
    bool configured_ = false;

    SourceLatch latch_;
    Reception reception_;
    Receiver receiver_;
    DtmfReceiver dtmf_;
    TalkDetector detector_;
    Gate gate_;
    PromptQueue prompts_;

    Frame frame_{};
    FrameDecision decision_;
    std::uint32_t energy_ = 0;
    bool contributes_ = false;
    bool first_told_ = false;
    bool silent_ = false;
    std::int64_t last_heard_us_ = 0;
    std::int64_t last_sound_us_ = 0;
    std::optional<std::uint32_t> other_ssrc_;  // knocked once; the second packet is let in

    std::uint64_t last_tick_ = 0;
    bool ticked_ = false;
    bool in_tick_ = false;
    std::uint16_t sequence_;
    bool gap_before_next_ = true;  // the next packet carries the marker: silence was before it
    std::uint32_t packets_sent_ = 0, octets_sent_ = 0, packets_reported_ = 0;
    std::int64_t next_report_us_ = 0;
    std::optional<Address> rtcp_source_;
    Prng spread_;
    Gauges gauges_;
};

}  // namespace media
