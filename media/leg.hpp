// One phone's sound: what comes from it, what goes to it, and what is told about it.
//
//     packets in -> latch -> statistics -> receiver -> listen() -> speak() --> the room
//     the room -> voice -> send() -> packets out                               each tick
//
// Thread: one worker at a time owns it, named by `owner`; the control side reaches it only through
// `inbox`, the gauges and `owner`. Memory: fixed, about 8 kB, and its LegSound. Time: ticks and
// arrival times as arguments.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/prng.hpp"
#include "base/realtime.hpp"
#include "base/spsc_ring.hpp"
#include "media/capture.hpp"
#include "media/dtmf_events.hpp"
#include "media/engine.hpp"
#include "media/outlet.hpp"
#include "media/prefetch.hpp"
#include "media/prompts.hpp"
#include "media/receiver.hpp"
#include "media/reception.hpp"
#include "media/sound/dtmf_tones.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/level.hpp"
#include "media/sound/resampler.hpp"
#include "media/source_latch.hpp"
#include "media/speech.hpp"
#include "media/srtp.hpp"
#include "media/voice.hpp"

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

/// What a leg needs for one format. Made by the control side, since it allocates; kept by it until
/// the leg uses another.
struct LegSound {
    /// `hears_keys`: DTMF comes as sound.
    explicit LegSound(const VoiceKind& kind, bool hears_keys = false)
        : receiver(kind.format), own(kind), to_narrow(kind.format.rate_hz, 8'000) {
        if (hears_keys) tones.emplace();
    }
    Receiver receiver;
    Voice own;                       // for what only this leg hears
    std::optional<DtmfTones> tones;  // where keys are heard in the sound,
    Resampler to_narrow;             // at 8 kHz
};

struct LegCommand {
    enum class Kind : std::uint8_t { configure, play, stop_prompts } kind{};
    const Prompt* prompt = nullptr;
    LegConfig config;
    LegSound* sound = nullptr;  // of the configuration's format
    Srtp* srtp = nullptr;       // of its keys; null: plain RTP
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
                     std::int64_t arrival_us, const TickTime& now,
                     Outlet& outlet) noexcept REALTIME;
    void rtcp_arrived(std::span<const std::uint8_t> bytes, const Address& from, const TickTime& now,
                      Outlet& outlet) noexcept REALTIME;

    /// False: this leg has had this tick already, at the worker it came from.
    [[nodiscard]] bool begin_tick(const TickTime& now, Outlet& outlet) noexcept REALTIME;
    /// Between begin_tick and end_tick of one worker: a leg
    /// that changes hands meanwhile is not served twice.
    [[nodiscard]] bool in_tick() const noexcept REALTIME { return in_tick_; }
    /// Takes the next 20 ms of what the phone says, and judges them.
    void listen(const TickTime& now, const Manners& manners, Outlet& outlet) noexcept REALTIME;
    /// Is there something to mix?
    [[nodiscard]] bool wants_to_speak() const noexcept REALTIME { return speech_.wants_to_speak(); }
    /// How loud it has been lately: for the choice of the loudest. Who is mixed already counts half
    /// as much again, so that equals do not take turns.
    [[nodiscard]] std::uint32_t standing() const noexcept REALTIME {
        return speech_.in_mix() ? loudness_ + loudness_ / 2 : loudness_;
    }
    /// Makes its sound ready for a room of that rate. `admitted` false: others are louder; then it
    /// fades out.
    void speak(std::uint32_t rate_hz, bool admitted) noexcept REALTIME {
        speech_.speak(rate_hz, admitted);
    }
    /// Is its sound in this tick's mix?
    [[nodiscard]] bool contributes() const noexcept REALTIME { return speech_.contributes(); }
    /// That sound, at the room's rate.
    [[nodiscard]] std::span<const std::int16_t> spoken() const noexcept REALTIME {
        return speech_.spoken();
    }
    /// What came from the phone, at its own rate.
    [[nodiscard]] std::span<const std::int16_t> frame() const noexcept REALTIME {
        return speech_.frame();
    }
    [[nodiscard]] const FrameDecision& decision() const noexcept REALTIME { return decision_; }

    [[nodiscard]] bool has_prompt() const noexcept REALTIME { return !prompts_.empty(); }
    /// What next_prompt() will play. Not without has_prompt().
    [[nodiscard]] PromptQueue::Place prompt_place() const noexcept REALTIME {
        return prompts_.place();
    }
    void next_prompt(std::span<std::int16_t> frame, Outlet& outlet) noexcept REALTIME;
    /// Is there somebody who wants our sound?
    [[nodiscard]] bool sends() const noexcept REALTIME {
        return sound_ != nullptr && config_.sends && latch_.target();
    }
    [[nodiscard]] const Format& format() const noexcept REALTIME { return config_.format; }
    /// Decides from whose voice this leg hears this tick: the shared one of all listeners, or, when
    /// `alone`, its own. Before anybody says anything in this tick. True: its own.
    /// `quiet`: what is to be heard is so faint that a seam would not be.
    bool choose_voice(bool alone, Voice& shared, bool quiet, std::uint64_t tick) noexcept REALTIME;
    [[nodiscard]] bool hears_alone() const noexcept REALTIME { return alone_; }
    [[nodiscard]] Voice& own_voice() noexcept REALTIME { return sound_->own; }
    /// Sends a tick's words; none: nothing worth sending. `noise`: they are comfort noise.
    void send(const TickTime& now, std::span<const std::uint8_t> words, bool noise,
              Outlet& outlet) noexcept REALTIME;
    /// Before listen(): whose capture this tick goes into; none: nobody's. Where one begins, the
    /// leg forgets all that its next frames would lean on.
    void be_captured(std::optional<RoomId> by) noexcept REALTIME;
    /// What it took and decided in this tick, for a capture: begins a record, and fills in what of
    /// its head the room does not know. False: there is nothing to tell.
    [[nodiscard]] bool describe(CaptureWriter& writer, CaptureHead& head) noexcept REALTIME;
    /// The record did not get through. Somewhen soon, when nobody hears it, another begins.
    void capture_failed() noexcept REALTIME { capture_broken_ = true; }
    void end_tick(const TickTime& now, Outlet& outlet) noexcept REALTIME;

    /// A last report with BYE, to be sent when nobody owns the leg any more. `out` has
    /// rtcp_bytes_max and Srtp::rtcp_room. Returns its bytes; 0: nobody to tell.
    [[nodiscard]] std::size_t write_bye(std::span<std::uint8_t> out, const TickTime& now,
                                        Address& to) noexcept;
    [[nodiscard]] std::uint64_t last_tick() const noexcept { return last_tick_; }

    // A tick goes through more legs than a cache holds, so it asks for the next ones in time.
    void prefetch() const noexcept REALTIME {
        prefetch_lines(&inbox, 2);
        prefetch_lines(&owner, 1);
        prefetch_lines(&config_, (static_cast<const char*>(speech_.large()) -
                                  reinterpret_cast<const char*>(&config_)) /
                                     64);
    }
    /// When prefetch() has done its work.
    void prefetch_sound() const noexcept REALTIME {
        if (sound_ != nullptr) sound_->receiver.prefetch();
    }

    // ---- any thread ----
    [[nodiscard]] std::uint32_t ssrc() const noexcept { return identity_.ssrc; }
    /// All but the opinion score, which needs the codec.
    [[nodiscard]] LegStatistics statistics() const noexcept;
    /// How much of what it sent lately was lost or late.
    [[nodiscard]] std::uint32_t impaired_per_mille() const noexcept {
        return gauges_.impaired.load(std::memory_order_relaxed);
    }
    /// Of what we sent, as the peer's last report tells.
    [[nodiscard]] std::uint32_t loss_there_per_256() const noexcept {
        return gauges_.loss_there.load(std::memory_order_relaxed);
    }
    /// Whatever LegSound came before this one is free.
    [[nodiscard]] const LegSound* sound_in_use() const noexcept {
        return sound_in_use_.load(std::memory_order_acquire);  // pairs with the store in configure
    }
    /// The same for an Srtp.
    [[nodiscard]] const Srtp* srtp_in_use() const noexcept {
        return srtp_in_use_.load(std::memory_order_acquire);
    }

private:
    // One writer, the owner; read by statistics(). Relaxed: each is a number of its own.
    struct Gauges {
        std::atomic<std::uint64_t> received{0}, sent{0}, lost{0}, late{0}, refused{0}, concealed{0},
            forged{0};
        std::atomic<std::uint32_t> jitter_us{0}, round_trip_us{0}, loss_there{0}, delay_us{0},
            energy{0}, impaired{0}, silent_for_ms{UINT32_MAX};
    };

    void obey(const TickTime& now, Outlet& outlet) noexcept;
    void configure(const LegCommand& wanted, const TickTime& now, Outlet& outlet) noexcept;
    void packet_arrived(const RtpPacket& packet, const Address& from, std::int64_t arrival_us,
                        const TickTime& now, Outlet& outlet) noexcept;
    void sound_arrived(const RtpPacket& packet, std::int64_t arrival_us,
                       std::int64_t now_us) noexcept;
    void report_arrived(const RtcpCompound& compound, const TickTime& now) noexcept;
    [[nodiscard]] bool judge_level(bool counts, Outlet& outlet) noexcept;
    void begin_capture() noexcept;
    [[nodiscard]] bool key_sounds(Outlet& outlet) noexcept;
    void send_packet(std::span<const std::uint8_t> payload, std::uint8_t payload_type,
                     std::uint32_t timestamp, Outlet& outlet) noexcept;
    [[nodiscard]] bool same_stream(const RtpHeader& header, std::int64_t arrival_us) noexcept;
    void heard_something(std::int64_t at_us, Outlet& outlet) noexcept;
    void watch_silence(const TickTime& now, Outlet& outlet) noexcept;
    void refuse() noexcept { bump(gauges_.refused); }
    [[nodiscard]] std::size_t write_report(std::span<std::uint8_t> out, const TickTime& now,
                                           bool bye) noexcept;
    [[nodiscard]] VoipReport voip_report() const noexcept;
    [[nodiscard]] std::optional<Address> rtcp_target() const noexcept;
    [[nodiscard]] std::uint32_t timestamp_at(const TickTime& now) const noexcept {
        return identity_.first_timestamp +
               static_cast<std::uint32_t>(now.tick * (clock_hz(config_.format) / 50));
    }
    static void bump(std::atomic<std::uint64_t>& gauge, std::uint64_t by = 1) noexcept {
        gauge.store(gauge.load(std::memory_order_relaxed) + by,
                    std::memory_order_relaxed);  // one writer
    }

    const LegIdentity identity_;
    LegConfig config_;
    LegSound* sound_ = nullptr;                           // null: not configured yet
    Srtp* srtp_ = nullptr;                                // null: plain RTP
    std::atomic<const LegSound*> sound_in_use_{nullptr};  // written by the worker
    std::atomic<const Srtp*> srtp_in_use_{nullptr};       // likewise

    SourceLatch latch_;
    Reception reception_;
    BurstCounter bursts_;
    DtmfReceiver dtmf_;
    TalkDetector detector_;
    Gate gate_;
    PromptQueue prompts_;

    FrameDecision decision_;
    std::uint32_t energy_ = 0, loudness_ = 0, mean_energy_ = 0;
    std::int32_t impaired_ = 0;  // parts of 2^20 of its sound that were invented, over some 10 s
    bool alone_ = false;
    std::int32_t lingering_ = 0;  // ticks since it could share again
    bool first_told_ = false;
    bool silent_ = false;
    std::int64_t last_heard_us_ = 0;
    std::int64_t last_sound_us_ = 0;
    std::optional<std::uint32_t> other_ssrc_;  // knocked once; the second packet is let in

    std::optional<RoomId> captured_by_;
    std::uint16_t capture_serial_ = 0;
    bool capture_broken_ = false;

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

    Speech speech_;  // its end is large, and not all of it is used in a tick
};

}  // namespace media
