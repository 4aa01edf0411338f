// One telephone's sound: what it sends every 20 ms, keys included, and how well what it gets
// arrives.
//
// Thread: one owner. Memory: fixed, but for the keys that wait. Time: only what is passed in.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "media/rtp.hpp"
#include "media/sound/format.hpp"
#include "sim/load/sound.hpp"

namespace sim {

struct Packet {
    std::array<std::uint8_t, media::rtp_header_bytes + 4> front;  // header, of keys all of it
    std::size_t front_bytes = 0;
    std::span<const std::uint8_t> payload;  // in a Loop
    bool marked = false;                    // a mark begins in it
};

class Speaker {
public:
    struct Voice {
        const Loop* loop = nullptr;
        std::size_t begin = 0;  // frame
        bool marked = false;    // the loop has a mark in frame 0
    };

    Speaker(const media::Format& format, std::uint32_t ssrc, Voice voice);
    void answer_with(std::uint8_t payload_type, std::uint8_t event_type) {
        payload_type_ = payload_type;
        event_type_ = event_type;
    }
    /// Keys of RFC 4733 after what waits already; ',' is a second of nothing.
    void key(std::string_view keys) { keys_ += keys; }
    [[nodiscard]] bool keying() const { return !keys_.empty(); }
    /// The packet of the next 20 ms; `frame` counts them for all telephones, so that their loops
    /// keep step with one another whenever their calls begin.
    [[nodiscard]] Packet next(std::uint64_t frame);

private:
    static constexpr unsigned event_frames = 5, end_frames = 3, rest_frames = 4;

    [[nodiscard]] bool next_key(Packet& packet);

    Voice voice_;
    std::uint32_t clock_step_;
    media::RtpHeader header_;
    std::uint8_t payload_type_ = 0, event_type_ = 101;
    std::string keys_;
    unsigned key_frame_ = 0;
    std::uint32_t key_stamp_ = 0;
    bool started_ = false;
};

/// What arrived at one telephone, as RFC 3550 counts, since reset().
class Reception {
public:
    static constexpr std::int64_t gap_us = 60'000;

    explicit Reception(std::uint32_t clock_hz) : clock_hz_(clock_hz) {}
    /// False: not a packet of this stream.
    bool take(std::span<const std::uint8_t> bytes, std::int64_t arrived_us);
    /// A new measurement: counts begin at zero, the stream goes on.
    void reset();

    [[nodiscard]] std::uint64_t received() const { return received_; }
    [[nodiscard]] std::uint64_t gaps() const { return gaps_; }
    [[nodiscard]] std::uint64_t doubled() const { return doubled_; }
    [[nodiscard]] std::int64_t gap_us_max() const { return gap_us_max_; }
    /// Between the first and the last packet that came; sequence numbers that start anew do not
    /// count.
    [[nodiscard]] std::uint64_t lost() const;
    [[nodiscard]] double jitter_us() const { return jitter_us_; }
    /// Ends a measurement: silence since the last packet may be a gap as well.
    void finish(std::int64_t now_us);

private:
    std::uint32_t clock_hz_;
    bool begun_ = false;
    std::uint32_t ssrc_ = 0;
    std::uint16_t last_sequence_ = 0;
    std::uint32_t last_stamp_ = 0;
    std::int64_t last_us_ = 0;
    std::uint64_t received_ = 0, expected_ = 0, doubled_ = 0, gaps_ = 0;
    std::int64_t gap_us_max_ = 0;
    double jitter_us_ = 0;
};

}  // namespace sim
