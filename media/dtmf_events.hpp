// Keys pressed on a phone, as it tells in telephone-event packets (RFC 4733): once per press.
//
// All packets of a press carry the timestamp of its beginning. So a new timestamp is a new press,
// whether or not the end packets of the last one arrived; the digit is told with its first packet.
// Thread: one worker owns it. Memory: a few words. Time: the arrival of packets, as an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/realtime.hpp"

namespace media {

class DtmfReceiver {
public:
    // Payload (RFC 4733, 2.3), network order
    // offset  bytes  field
    //      0      1  event: 0-9 digits, 10 *, 11 #, 12-15 A-D
    //      1      1  end (1 bit), reserved (1), volume in -dBm0 (6)
    //      2      2  duration in timestamp units, so far
    static constexpr std::size_t payload_bytes = 4;

    /// The key, if this packet begins a press. Anything malformed, or no key, is no press.
    std::optional<char> receive(std::span<const std::uint8_t> payload, std::uint32_t timestamp,
                                std::int64_t arrival_us) noexcept REALTIME {
        if (payload.size() < payload_bytes || payload[0] > 15) return std::nullopt;
        const bool end = (payload[1] & 0x80) != 0;
        const auto behind = static_cast<std::int32_t>(timestamp - timestamp_);
        const bool fresh = arrival_us - last_packet_us_ < forget_us;
        if (seen_ && fresh) {
            // The same press, or a straggler of an earlier one. A long press
            // goes on with a later timestamp every 8 s (RFC 4733, 2.5.1.3),
            // without a pause and without an end: the same key, held down.
            if (behind <= 0 && behind > -straggler_samples) {
                last_packet_us_ = arrival_us;
                ended_ = ended_ || (behind == 0 && end);
                return std::nullopt;
            }
            const bool held = !ended_ && payload[0] == event_ && behind > 0 &&
                              behind >= segment_samples &&
                              arrival_us - last_packet_us_ < held_gap_us;
            if (held) {
                timestamp_ = timestamp;
                last_packet_us_ = arrival_us;
                ended_ = end;
                return std::nullopt;
            }
        }
        seen_ = true;
        timestamp_ = timestamp;
        event_ = payload[0];
        ended_ = end;
        last_packet_us_ = arrival_us;
        return "0123456789*#ABCD"[payload[0]];
    }

    /// True while a key is down: the sound of that time is not for the room.
    [[nodiscard]] bool pressed(std::int64_t now_us) const noexcept REALTIME {
        return seen_ && now_us - last_packet_us_ < pressed_us;
    }

private:
    static constexpr std::int64_t forget_us = 5'000'000;  // then any timestamp is a new press
    static constexpr std::int64_t held_gap_us = 150'000;  // a held key sends every 20-50 ms
    static constexpr std::int64_t pressed_us = 80'000;
    static constexpr std::int32_t straggler_samples = 40'000;  // 5 s
    static constexpr std::int32_t segment_samples =
        0xff00;  // nearly the longest duration 16 bits can say

    bool seen_ = false;
    bool ended_ = false;
    std::uint8_t event_ = 0;
    std::uint32_t timestamp_ = 0;
    std::int64_t last_packet_us_ = 0;
};

}  // namespace media
