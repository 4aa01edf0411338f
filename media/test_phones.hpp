// Phones for tests: each sends a tone by real UDP from its own port, and keeps what it hears.
//
// Thread: the test's. Memory: what was heard. Time:
// real; play_ms() sends and receives on a 20 ms beat.
#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>
#include <numbers>
#include <span>
#include <thread>
#include <vector>

#include "base/assert.hpp"
#include "media/engine.hpp"
#include "media/rtp.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/g711.hpp"
#include "media/sound/goertzel.hpp"
#include "media/sound/tone.hpp"
#include "media/udp.hpp"

namespace media::test {

/// How strong `hz` is in `sound`: the amplitude of the sine that is in it.
inline double amplitude_of(std::span<const std::int16_t> sound, double hz) {
    return goertzel_amplitude(sound, goertzel_coefficient(hz, sample_rate_hz));
}

inline constexpr std::uint32_t loopback = 0x7f00'0001;

/// A socket on some free port of the tests' own range.
inline int bind_somewhere(Address& at) {
    // Two runs of the tests on one machine begin at different ports.
    static auto next = static_cast<std::uint16_t>(
        43'000 + 2 * (std::chrono::steady_clock::now().time_since_epoch().count() / 1'000 % 999));
    for (int tries = 0; tries < 1'000; ++tries) {
        at = {.ip = loopback, .port = next};
        next = next >= 44'998 ? 43'000 : static_cast<std::uint16_t>(next + 2);
        const auto socket = bind_udp(at);
        if (socket.ok()) return socket.value();
    }
    ASSERT(false);
    return -1;
}

class Phone {
public:
    Phone(LegId leg_id, std::int32_t tone_hz, Codec its_codec = Codec::pcmu)
        : leg(leg_id),
          hz(tone_hz),
          codec(its_codec),
          socket_(bind_somewhere(address)),
          ssrc_(0x1000'0000u + static_cast<std::uint32_t>(leg_id)) {}
    ~Phone() { close_udp(socket_); }
    Phone(const Phone&) = delete;
    Phone& operator=(const Phone&) = delete;

    /// Opens its leg and tells the engine where it is, as signalling would.
    void join(Engine& engine) {
        const auto opened = engine.open(leg, shares ? PeerHint{.remote = address} : PeerHint{});
        ASSERT(opened.ok());
        to = {.ip = loopback, .port = opened.value()};
        engine.configure(leg, config());
    }
    [[nodiscard]] LegConfig config() const {
        return {.format = {codec, 8'000},
                .payload_type = type(),
                .event_payload_type = 101,
                .remote = address};
    }
    [[nodiscard]] std::uint8_t type() const { return codec == Codec::pcmu ? 0 : 8; }

    void send_sound() {
        Frame pcm{};
        if (hz > 0) {
            for (std::size_t i = 0; i < frame_samples; ++i) {
                pcm[i] = tone_sample(hz, static_cast<std::int64_t>(timestamp_ + i), amplitude);
            }
        }
        std::array<std::uint8_t, frame_samples> payload;
        encode(codec, pcm, payload);
        send_packet(type(), payload, timestamp_);
        timestamp_ += frame_samples;
    }
    void send_packet(std::uint8_t payload_type, std::span<const std::uint8_t> payload,
                     std::uint32_t timestamp) {
        const auto header = write_rtp_header({.payload_type = payload_type,
                                              .sequence = sequence_++,
                                              .timestamp = timestamp,
                                              .ssrc = ssrc_});
        (void)send_udp(socket_, to, header, payload);
    }
    /// A key press as phones send it: its packets every 20 ms, the end three times.
    void press(std::uint8_t event, int packets = 5, int ends = 3) {
        for (int i = 1; i <= packets + ends; ++i) {
            const bool end = i > packets;
            const int duration = 160 * (end ? packets : i);
            const std::array<std::uint8_t, 4> payload{
                event, static_cast<std::uint8_t>(end ? 0x8a : 0x0a),
                static_cast<std::uint8_t>(duration >> 8), static_cast<std::uint8_t>(duration)};
            send_packet(101, payload, timestamp_);
        }
        timestamp_ += 1'600;
    }
    void hear() {
        while (true) {
            const auto packets = batch_.receive(socket_);
            for (const Datagram& packet : packets) {
                const auto parsed = parse_rtp(packet.bytes);
                if (!parsed.ok() || parsed.value().header.payload_type != type()) continue;
                const auto payload = parsed.value().payload;
                std::vector<std::int16_t> pcm(payload.size());
                decode(codec, payload, pcm);
                heard.insert(heard.end(), pcm.begin(), pcm.end());
                ++packets_heard;
            }
            if (packets.size() < Batch::packets_max) return;
        }
    }
    /// The amplitude of `tone_hz` in the last `ms` it heard: for tones that should not be there.
    [[nodiscard]] double hears(double tone_hz, std::size_t ms) const {
        return amplitude_of(last(ms), tone_hz);
    }
    /// The same of the best tenth of a second in it: for tones that should be there, on a machine
    /// whose test thread may be late with its own packets.
    [[nodiscard]] double hears_at_best(double tone_hz, std::size_t ms) const {
        double best = 0;
        for (auto sound = last(ms); sound.size() >= 800; sound = sound.subspan(400)) {
            best = std::max(best, amplitude_of(sound.first(800), tone_hz));
        }
        return best;
    }
    [[nodiscard]] std::span<const std::int16_t> last(std::size_t ms) const {
        return std::span{heard}.last(std::min(heard.size(), ms * 8));
    }

    const LegId leg;
    std::int32_t hz;  // 0: it sends silence
    std::int32_t amplitude = 8'000;
    bool shares = true;  // signalling told the engine where it sends from before it had a port
    bool talks = true;   // false: it sends nothing at all
    Codec codec;
    Address address;  // its own
    Address to;       // the engine's
    std::vector<std::int16_t> heard;
    std::size_t packets_heard = 0;

private:
    int socket_;
    std::uint32_t ssrc_;
    std::uint16_t sequence_ = 65'500;        // wraps early, so that every test sees it
    std::uint32_t timestamp_ = 0xffff'f000;  // so does this
    Batch batch_;
};

/// Everybody sends and hears for so long.
inline void play_ms(std::span<const std::unique_ptr<Phone>> phones, int ms) {
    auto next = std::chrono::steady_clock::now();
    for (int done = 0; done < ms; done += 20) {
        for (const auto& phone : phones) {
            if (phone->talks) phone->send_sound();
        }
        next += std::chrono::milliseconds(20);
        std::this_thread::sleep_until(next);
        for (const auto& phone : phones) phone->hear();
    }
}

/// What the engine told, from its event thread.
class Ear {
public:
    [[nodiscard]] auto callback() {
        return [this](const Event& event) {
            const std::scoped_lock held(lock_);
            events_.push_back(event);
        };
    }
    [[nodiscard]] std::vector<Event> of(EventKind kind, LegId leg) {
        const std::scoped_lock held(lock_);
        std::vector<Event> found;
        for (const Event& event : events_) {
            if (event.kind == kind && event.leg == leg) found.push_back(event);
        }
        return found;
    }

private:
    std::mutex lock_;
    std::vector<Event> events_;
};

}  // namespace media::test
