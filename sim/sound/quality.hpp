// How well one leg came through: what was played, what had to be invented, in runs of how many, and
// how old it was; and the E-model's judgement of that.
//
// Thread: a value. Memory: a few words. Floating point enters figures only, no state.
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "sim/sound/sound.hpp"
#include "sim/sound/uplink.hpp"

namespace sim {

class QualityMeter {
public:
    /// Packet `number`, which left the telephone at `sent`, is played in the tick at `now`.
    void played(std::uint32_t number, Instant sent, Instant now);
    /// In this tick there is nothing to play, and something is made up. `sent`: packets so far.
    /// Where nothing is owed any more, that is a pause, until the next one is played.
    void made_up(std::uint32_t sent);
    /// The call ends so: of the packets sent, so many were under way still, or waited.
    void ended(std::uint32_t sent, std::size_t not_due);
    void late() { ++late_; }

    /// Behind the packet that was played last, by number.
    [[nodiscard]] std::int64_t played_end() const { return last_number_ + 1; }
    [[nodiscard]] std::uint64_t played_frames() const { return played_; }
    [[nodiscard]] std::uint64_t invented_frames() const { return invented_; }
    [[nodiscard]] std::uint64_t late_packets() const { return late_; }
    /// Of everything that the listener heard.
    [[nodiscard]] double loss() const;
    [[nodiscard]] double mean_burst() const;
    /// Of a packet, from when it was sent to when it was played, in the mean.
    [[nodiscard]] double age_ms() const;
    /// Of a way there and, like a listener's, a way `back`: a packet must fill, is mixed, and goes
    /// on. `network`: for the delay, where nothing was played.
    [[nodiscard]] LegQuality judge(const Uplink& uplink, const media::Format& format,
                                   const Network& network, const QualityMeter& back) const;

private:
    /// The listener missed all that came to nothing, and heard all that was made up: whichever is
    /// more. A late packet that is played after all has cost what was made up meanwhile.
    void close_hole(std::int64_t missing);

    std::uint64_t played_ = 0, invented_ = 0, bursts_ = 0, late_ = 0;
    std::int64_t age_us_ = 0;
    std::int64_t last_number_ = -1;  // of what was played
    std::uint32_t made_up_ = 0;      // frames, since then
    bool paused_ = true;             // the telephone does not send, and owes nothing
};

[[nodiscard]] LegQuality planned_quality(const Network& network, const media::Format& format);

}  // namespace sim
