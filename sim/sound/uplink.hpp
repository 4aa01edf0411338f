// What one telephone sends: a packet every 20 ms, at its own moments between the server's ticks,
// and what becomes of it on the way.
//
//     talks() --> send_until() --> PacketPath --> [ under way ] --> next_arrived()
//
// G.711, G.722 and L16 telephones send in silence, too. An Opus telephone stops 200 ms after its
// last word, and then sends a packet every 400 ms (DTX, RFC 6716, 2.1.9).
// Thread: one owner. Memory: the packets under way. Time: virtual; never goes back.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "media/sound/format.hpp"
#include "sim/models/chance.hpp"
#include "sim/models/packet_path.hpp"

namespace sim {

inline constexpr Duration frame_time = milliseconds(20);

/// "pcmu", "PCMA", "g722", "L16", "L16/16000", "l16/48000", "opus": as scenarios and SDP write it.
[[nodiscard]] std::optional<media::Format> format_named(std::string_view name);

class Uplink {
public:
    /// `up`: from when on it sends; its first packet leaves within 20 ms.
    Uplink(const Network& network, Instant world_begins, Instant up, bool sends_in_silence,
           Chance chance);

    struct Packet {
        Instant at{};              // arrives
        Instant sent{};            // left; what it carries was said in the 20 ms before
        std::uint32_t frame = 0;   // since the beginning, in 20 ms: its timestamp
        std::uint32_t number = 0;  // of the packets sent: its sequence number
        bool speech = false, marker = false;
        bool again = false;  // a duplicate of one that arrives or arrived before
    };

    /// Whoever is there begins or stops to talk. Sends what was due before.
    void talks(bool on, Instant now);
    /// Lets packets leave up to and including `now`. `said(packet)` is called for each, lost or
    /// not, before it goes on its way.
    template <typename Said>
    void send_until(Instant now, Said said) {
        for (; next_ <= now; next_ = next_ + frame_time, ++frame_) {
            const auto packet = due();
            if (!packet) continue;
            said(*packet);
            dispatch(*packet);
        }
    }
    void send_until(Instant now) {
        send_until(now, [](const Packet&) {});
    }
    /// The next that has arrived up to and including `now`, in order of arrival.
    [[nodiscard]] std::optional<Packet> next_arrived(Instant now);

    [[nodiscard]] Instant next_send() const { return next_; }
    [[nodiscard]] bool talking() const { return talking_; }
    /// Behind the last packet with speech, by number.
    [[nodiscard]] std::uint32_t speech_end() const { return speech_end_; }
    [[nodiscard]] std::uint32_t sent() const { return sent_; }
    [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }
    [[nodiscard]] std::uint32_t lost() const { return lost_; }

private:
    [[nodiscard]] std::optional<Packet> due();
    void dispatch(const Packet& packet);

    PacketPath path_;
    const bool sends_in_silence_;
    bool talking_ = false;
    std::uint32_t silent_frames_ = 0;
    std::uint32_t frame_ = 0;
    std::uint32_t sent_ = 0, lost_ = 0, speech_end_ = 0;
    Instant next_;
    std::vector<Packet> under_way_;  // the next to arrive last
};

}  // namespace sim
