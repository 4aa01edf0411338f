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
    /// A frame that left the telephone at `sent` is played in the tick at `now`, after `invented`
    /// frames that had to be made up since the one before.
    void played(Instant sent, Instant now, std::uint32_t invented) {
        ++played_;
        age_us_ += (now - sent).us;
        add(invented);
    }
    /// The call ends so.
    void ended(std::uint32_t invented) { add(invented); }
    void late() { ++late_; }

    [[nodiscard]] std::uint64_t played_frames() const { return played_; }
    [[nodiscard]] std::uint64_t invented_frames() const { return invented_; }
    [[nodiscard]] std::uint64_t late_packets() const { return late_; }
    /// Of everything that the listener heard.
    [[nodiscard]] double loss() const;
    [[nodiscard]] double mean_burst() const;
    /// From the mouth to the listener's ear: a packet must fill, then it took so long to be played
    /// here; and to the listener's telephone, of which nothing is known, as long again.
    [[nodiscard]] double delay_ms() const;
    [[nodiscard]] LegQuality judge(const Uplink& uplink, const media::Format& format) const;

private:
    void add(std::uint32_t invented) {
        if (invented == 0) return;
        invented_ += invented;
        ++bursts_;
    }

    std::uint64_t played_ = 0, invented_ = 0, bursts_ = 0, late_ = 0;
    std::int64_t age_us_ = 0;
};

}  // namespace sim
