// Fidelity::packets: each telephone's RTP through the network and the production jitter buffer, and
// the production talk detector, in virtual time and without a sample of sound.
//
// What one leg gets depends on no other, so each is played on its own, many ticks at a time: up to
// the first in which somebody could be heard to begin or to stop (three loud frames make a talker,
// 600 ms of silence end one). What they notice is told in order of time, then of leg: as if all had
// been ticked together.
// Thread: one owner. Memory: a jitter buffer of tiny payloads per leg, about 1.5 kB. Time: virtual.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "media/jitter_buffer.hpp"
#include "media/sound/level.hpp"
#include "sim/sound/quality.hpp"

namespace sim {

inline constexpr std::int64_t ticks_at_once = 25;  // half a second

/// One leg's packets from the wire to the frames that would be mixed.
class PacketPlayer {
public:
    PacketPlayer(const Network& network, Instant begins, Instant up, const media::Format& format,
                 Chance chance);

    void talks(bool on, Instant now) { uplink_.talks(on, now); }
    /// Is it in a room, and may it speak there? Who is not, does not talk.
    void counts(bool on) { counts_ = on; }
    /// One tick, as media::Receiver and media::Leg would do it with packets of 20 ms.
    media::TalkDetector::Change tick(Instant now);
    /// For so many ticks no change can come, whatever the network does, unless talks() or counts()
    /// are called. 0 .. ticks_at_once - 1.
    [[nodiscard]] std::int64_t sure_for() const;
    /// The call ends.
    void finish(Instant now);
    /// After both were finished. `back`: the same person's way back.
    [[nodiscard]] LegQuality judge(const Network& network, const PacketPlayer& back) const {
        return meter_.judge(uplink_, format_, network, back.meter_);
    }

    [[nodiscard]] bool talking() const { return detector_.talking(); }
    [[nodiscard]] const QualityMeter& meter() const { return meter_; }
    [[nodiscard]] const media::JitterBuffer& buffer() const { return buffer_; }

private:
    void take_arrivals(Instant now);
    void collect(std::int32_t wanted, Instant now);
    void play(std::span<const std::uint8_t> payload, Instant now);
    void fade();

    Uplink uplink_;
    const media::Format format_;
    media::JitterBuffer buffer_;
    media::TalkDetector detector_;
    QualityMeter meter_;
    Instant first_sent_{};  // frame 0
    std::uint32_t faded_ = 0;
    bool counts_ = false;
    bool loud_ = false;         // what plays now
    std::uint32_t recent_ = 0;  // loud or not, of the last five frames
    std::int64_t quiet_frames_ = 0;
    std::int32_t waiting_ = 0;  // units beyond this frame
};

/// What comes to a telephone, in silence, too: over the same network, with chances of its own. Its
/// jitter buffer is ours, and what its owner hears is silent while that one talks.
[[nodiscard]] PacketPlayer way_back(const Network& network, Instant begins, Instant up,
                                    Chance chance);

[[nodiscard]] std::unique_ptr<Sound> make_packet_sound(const Scenario& scenario, Instant begins,
                                                       Heard heard);

}  // namespace sim
