// The sound of all conferences, as the control side sees it. Everything here is thread-safe and
// returns at once; the worker threads pick up changes at their next tick through immutable plans.
//
// Thread: construct, use and destroy from control threads; mixing
// happens on the engine's workers. Memory: a leg costs a fixed amount,
// given back when every worker has passed on. Time: ticks of 20 ms.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace media {

using LegId = std::uint64_t;   // the number behind "call_leg/<16 hexadecimal digits>"
using RoomId = std::uint64_t;  // the number behind "conference/<digits>"

enum class Codec : std::uint8_t { pcmu, pcma };  // RFC 3551: payload types 0 and 8, 8 kHz

/// IPv4 address and port of a peer, host byte order.
struct Address {
    std::uint32_t ip = 0;
    std::uint16_t port = 0;
    bool operator==(const Address&) const = default;
};
[[nodiscard]] std::optional<Address> parse_address(const std::string& ip, std::uint16_t port);

/// What offer and answer settled for one leg (RFC 3264).
struct LegConfig {
    Codec codec = Codec::pcmu;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t>
        event_payload_type;         // telephone-event (RFC 4733), none: not offered
    std::optional<Address> remote;  // from SDP; symmetric RTP may correct it (see leg.hpp)
    bool sends = true;     // we to them: false when they put us on hold (recvonly/inactive for us)
    bool receives = true;  // they to us
};

struct RoomLeg {
    LegId leg = 0;
    bool speaks = true;  // false: muted, contributes no energy to anybody
    bool hears = true;
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

enum class Fault : std::uint8_t { no_port_free, no_such_leg, too_many_legs, leg_exists };

struct Options {
    std::string bind_ip = "127.0.0.1";
    std::uint16_t port_min = 20000;  // even; RTP on even ports, RTCP on the next odd one
    std::uint16_t port_max = 29999;
    unsigned workers = 0;        // 0: one per core
    std::string prompts_folder;  // <name>.wav, 8 kHz 16 bit mono; a missing file becomes a tone
    std::function<void(const Event&)>
        on_event;  // called on the engine's event thread, never on a worker
    std::function<void(const std::string&)>
        on_message;  // a prompt file that is no good; called in the constructor
};

/// Statistics of one leg, as of its last tick (RFC 3550, 6.4).
struct LegStatistics {
    std::uint64_t packets_received = 0, packets_sent = 0, packets_lost = 0, packets_late = 0,
                  packets_refused = 0;
    std::uint32_t jitter_us = 0;
    std::uint64_t concealed_frames = 0;
    std::uint32_t round_trip_us = 0;  // as the peer's reports tell; 0: not known
};

/// Totals of the engine, for metrics.
struct EngineStatistics {
    std::uint64_t ticks = 0, ticks_late = 0, events_dropped = 0;
    std::uint32_t legs = 0, rooms = 0;
    std::uint32_t tick_us_p50 = 0, tick_us_p99 = 0, tick_us_max = 0;
};

class Engine {
public:
    explicit Engine(Options options);
    ~Engine();  // stops and joins the workers
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Binds an RTP and RTCP port pair for `leg`; returns the RTP port. Refuses: no_port_free,
    /// too_many_legs, leg_exists.
    [[nodiscard]] Result<std::uint16_t, Fault> open(LegId leg);
    /// After an answer or a re-INVITE. Unknown legs are ignored (they may have just closed).
    void configure(LegId leg, const LegConfig& config);
    /// Replaces who is in `room`, at once and as a whole. An empty list
    /// removes the room. A leg is in one room: it leaves any other. A leg
    /// without a room hears its prompts or silence, and nobody hears it.
    void set_room(RoomId room, std::span<const RoomLeg> legs);
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
