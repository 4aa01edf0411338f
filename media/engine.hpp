// The sound of all conferences, as the control side sees it. Everything here is thread-safe and
// returns at once; the worker threads pick up changes at their next tick through immutable plans.
//
// Thread: construct, use and destroy from control threads; mixing
// happens on the engine's workers. Memory: a leg costs a fixed amount,
// given back when every worker has passed on. Time: ticks of 20 ms.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "media/sound/format.hpp"

namespace media {

using LegId = std::uint64_t;   // the number behind "call_leg/<16 hexadecimal digits>"
using RoomId = std::uint64_t;  // the number behind "conference/<digits>"

/// IPv4 address and port of a peer, host byte order.
struct Address {
    std::uint32_t ip = 0;
    std::uint16_t port = 0;
    bool operator==(const Address&) const = default;
};
[[nodiscard]] std::optional<Address> parse_address(const std::string& ip, std::uint16_t port);

/// Keys of one leg's SRTP, settled by SDES (RFC 4568): AES_CM_128 with HMAC_SHA1, its tag of 80 or
/// 32 bits. Never logged, never journaled.
struct SrtpKeys {
    static constexpr std::size_t bytes = 30;  // 128 bits of key, 112 of salt
    bool short_tag = false;                   // AES_CM_128_HMAC_SHA1_32
    std::array<std::uint8_t, bytes> ours{};   // what we send with
    std::array<std::uint8_t, bytes> theirs{};
    bool operator==(const SrtpKeys&) const = default;
};

/// What offer and answer settled for one leg (RFC 3264).
struct LegConfig {
    Format format;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t>
        event_payload_type;  // telephone-event (RFC 4733), none: not offered
    std::optional<std::uint8_t> noise_payload_type;  // comfort noise (RFC 3389), none: not offered
    OpusSettings opus;              // what the peer's fmtp allows; the room's profile may lower it
    std::optional<Address> remote;  // from SDP; symmetric RTP may correct it (see leg.hpp)
    std::optional<Address> remote_rtcp;  // a=rtcp (RFC 3605); none: the port after `remote`
    bool sends = true;     // we to them: false when they put us on hold (recvonly/inactive for us)
    bool receives = true;  // they to us
    std::optional<SrtpKeys> srtp;
    bool extended_reports = false;  // a=rtcp-xr:voip-metrics (RFC 3611, 4.7)
    bool inband_dtmf = false;       // listen for DTMF tones: no telephone-event is agreed
};

/// What is known of the peer before a port is chosen for it.
struct PeerHint {
    std::optional<Address> remote;  // its SDP's, when it offered; none: we offer
    bool behind_nat = false;        // its packets will come from elsewhere than it says
};

struct RoomLeg {
    LegId leg = 0;
    bool speaks = true;                           // false: muted, contributes no energy to anybody
    bool hears = true;                            // false: deaf
    std::int8_t gain_in_db = 0, gain_out_db = 0;  // -40 .. 20; of what it says, of what it hears
    std::vector<LegId> only_to;   // not empty: a whisper, that nobody else hears (a coach)
    std::vector<LegId> not_from;  // whom it does not hear
    bool operator==(const RoomLeg&) const = default;
};

/// How a room sounds.
struct RoomProfile {
    std::uint32_t rate_max_hz = 48'000;  // 8000, 16000 or 48000; it mixes at what its legs can use
    std::uint32_t loudest = 0;           // mix only so many at once; 0: everybody
    bool level_voices = false;           // AGC: quiet talkers up, loud ones down
    bool gate_noise = false;             // what is below the talkers' level is not mixed
    bool suppress_silence = true;  // comfort noise (RFC 3389) instead of silence, where offered
    OpusSettings opus;
    std::string music;     // a prompt, again and again to who is alone; empty: none
    bool capture = false;  // what legs sent and what was decided goes to Options::on_capture
    bool operator==(const RoomProfile&) const = default;
};

enum class Recording : std::uint8_t { off, on, paused };

/// 20 ms for a tape: of the mix, or of one leg that spoke. What is missing between two ticks was
/// silence.
struct TapeFrame {
    static constexpr std::size_t samples_max = 960;
    RoomId room = 0;
    LegId leg = 0;           // 0: everybody together
    std::uint64_t tick = 0;  // of the engine: one timeline for all
    std::uint32_t rate_hz = 0;
    bool last = false;  // the recording of this room has ended; no sound in this one
    std::array<std::int16_t, samples_max> pcm;  // rate_hz / 50 of them
};

/// One thing that a re-mix needs to know; see docs/capture.md. `bytes` lives during the call.
struct CaptureRecord {
    RoomId room = 0;
    LegId leg = 0;
    std::uint64_t tick = 0;
    std::span<const std::uint8_t> bytes;
};

enum class EventKind : std::uint8_t {
    first_packet,
    talking_started,
    talking_stopped,
    digit,            // `digit`: '0'..'9', '*', '#', 'A'..'D'; once per key press (RFC 4733)
    silence_noticed,  // nothing arrived for 30 s while it should have
    silence_ended,
    prompt_done,  // the leg's prompt queue ran empty (told for what was played to its end, not for
                  // stop_prompts)
};
struct Event {
    EventKind kind{};
    LegId leg = 0;
    char digit = 0;
};

enum class Fault : std::uint8_t {
    no_port_free,
    no_such_leg,
    too_many_legs,
    leg_exists,
    overloaded,  // one more leg would cost the others their sound: 503, Retry-After
};

struct Options {
    std::string bind_ip = "127.0.0.1";
    std::uint16_t port_min = 20000;  // even; RTP on even ports, RTCP on the next odd one
    std::uint16_t port_max = 29999;
    unsigned workers = 0;        // 0: one per core
    std::string prompts_folder;  // <name>.wav (prompts.hpp); a missing file becomes a tone
    std::function<void(const Event&)>
        on_event;  // called on the engine's event thread, never on a worker
    std::function<void(const std::string&)>
        on_message;  // a prompt file that is no good; called in the constructor
    std::function<void(const TapeFrame&)> on_tape;         // on the engine's tape thread
    std::function<void(const CaptureRecord&)> on_capture;  // on the engine's tape thread
    bool share_ports = true;  // false: every leg has a port pair and sockets of its own
    // Legs, from which on a room has a part at each worker; 0: none. Parts hear each other a tick
    // later, so a room that one core can carry stays whole.
    std::size_t split_rooms_at = 1'500;
    bool refuse_overload = true;  // open() refuses while ticks come near their budget
};

/// Statistics of one leg, as of its last tick (RFC 3550, 6.4).
struct LegStatistics {
    std::uint64_t packets_received = 0, packets_sent = 0, packets_lost = 0, packets_late = 0,
                  packets_refused = 0;
    std::uint32_t jitter_us = 0;
    std::uint64_t concealed_frames = 0;
    std::uint32_t round_trip_us = 0;       // as the peer's reports tell; 0: not known
    std::uint64_t packets_forged = 0;      // SRTP: wrong tag, or replayed
    std::uint32_t loss_there_per_256 = 0;  // of what we sent, as the peer's last report tells
    std::uint32_t delay_us = 0;            // jitter buffer, now
    std::uint16_t mos_hundredths = 0;  // E-model (G.107), as the listener here hears; 0: unknown
    std::uint32_t level_below_full_db = 0;     // of the last second: 26 is -26 dBov
    std::uint32_t silent_for_ms = UINT32_MAX;  // since it was talking last; 0: it is; most: never
};

/// Totals of the engine, for metrics.
struct EngineStatistics {
    std::uint64_t ticks = 0, ticks_late = 0, events_dropped = 0;
    std::uint32_t legs = 0, rooms = 0;
    std::uint32_t tick_us_p50 = 0, tick_us_p99 = 0, tick_us_p999 = 0, tick_us_max = 0;
    std::uint64_t tape_dropped = 0, capture_dropped = 0;  // a ring was full: the disk is slow
    std::uint64_t rooms_moved = 0;                        // to another worker, for balance
    std::uint64_t sums_missed = 0;    // 20 ms of one part of a split room that another did not get
    std::uint64_t packets_stray = 0;  // came to a shared port from an address that nobody has
    std::uint64_t packets_dropped = 0;  // a ring between workers, or the system, had no room
    std::uint32_t legs_sharing = 0;     // behind a shared port; the others have ports of their own
};

class Engine {
public:
    explicit Engine(Options options);
    ~Engine();  // stops and joins the workers
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Returns the port on which `leg` will receive RTP; RTCP comes to the next one. Refuses:
    /// no_port_free, too_many_legs, leg_exists, overloaded.
    [[nodiscard]] Result<std::uint16_t, Fault> open(LegId leg, const PeerHint& peer = {});
    /// After an answer or a re-INVITE. Unknown legs are ignored (they may have just closed).
    void configure(LegId leg, const LegConfig& config);
    /// Replaces who is in `room`, at once and as a whole. An empty list
    /// removes the room. A leg is in one room: it leaves any other. A leg
    /// without a room hears its prompts or silence, and nobody hears it.
    void set_room(RoomId room, std::span<const RoomLeg> legs, const RoomProfile& profile = {});
    /// From the next tick on. Nothing for a room that is not there.
    void record(RoomId room, Recording what);
    /// Queues prompts for one leg (mixed over the room for
    /// it alone); `replace` drops what still waits or plays.
    void play(LegId leg, std::span<const std::string> prompts, bool replace);
    void stop_prompts(LegId leg);
    /// Plays a prompt to everybody in the room.
    void announce(RoomId room, const std::string& prompt);
    void close(LegId leg);

    [[nodiscard]] std::optional<LegStatistics> statistics(LegId leg) const;
    [[nodiscard]] EngineStatistics statistics() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace media
