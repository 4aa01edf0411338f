// How a call sounds here, as RFC 3611 (4.7) has it told to the peer: losses, whether they come in
// bursts, delay, and an opinion.
//
// A burst is a stretch of losses with fewer than 16 packets between them; all else is gap. Counted
// packet by packet (RFC 3611, 4.7.2), so a report costs the same after a minute and after a day.
// Thread: one worker owns a BurstCounter. Memory: a few words. Time: counts packets. Integers only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/realtime.hpp"

namespace media {

/// The block's fields, in its units. 127: not known.
struct VoipReport {
    std::uint32_t source = 0;  // whose packets these are
    std::uint8_t loss_rate = 0, discard_rate = 0, burst_density = 0, gap_density = 0;  // of 256
    std::uint16_t burst_ms = 0, gap_ms = 0, round_trip_ms = 0, end_system_ms = 0;
    std::int8_t signal_dbm0 = 127;
    std::uint8_t rating = 127;                               // R, 0 .. 100
    std::uint8_t listening_tenths = 127, call_tenths = 127;  // MOS, 10 .. 50
    std::uint16_t buffer_now_ms = 0, buffer_most_ms = 0;
    bool operator==(const VoipReport&) const = default;
};

class BurstCounter {
public:
    static constexpr std::uint32_t gap_min = 16;  // Gmin: what RFC 3611 recommends

    /// A packet came, and was played or (late) was not; those missing before it are lost. Who comes
    /// out of order has been counted as lost.
    void arrived(std::uint16_t sequence, bool discarded) noexcept REALTIME {
        const auto ahead = static_cast<std::uint16_t>(sequence - last_);
        if (started_ && (ahead == 0 || ahead > 0x7fff)) return;
        // A jump of more is another stream, or a pause without numbers; not a loss of so many.
        const std::uint32_t missing = started_ && ahead <= jump_max ? ahead - 1u : 0u;
        for (std::uint32_t i = 0; i < missing; ++i) failed();
        lost_ += missing;
        last_ = sequence;
        started_ = true;
        if (!discarded) {
            ++good_run_;
            return;
        }
        ++discarded_;
        failed();
    }

    /// Fills what it knows of `report`; `packet_ms`: how long a packet plays.
    void tell(VoipReport& report, std::uint32_t packet_ms) const noexcept REALTIME {
        const std::uint64_t in_gaps = gap_good_ + gap_alone_ + good_run_;
        const std::uint64_t in_bursts = burst_good_ + burst_failed_;
        const std::uint64_t all = in_gaps + in_bursts;
        report.loss_rate = of_256(lost_, all);
        report.discard_rate = of_256(discarded_, all);
        report.burst_density = of_256(burst_failed_, in_bursts);
        report.gap_density = of_256(gap_alone_, in_gaps);
        const std::uint64_t bursts = std::max<std::uint64_t>(bursts_, 1);
        report.burst_ms = bursts_ == 0 ? 0 : ms(in_bursts * packet_ms / bursts);
        report.gap_ms = ms(in_gaps * packet_ms / bursts);
    }

private:
    static constexpr std::uint32_t jump_max = 500;

    [[nodiscard]] static std::uint8_t of_256(std::uint64_t part, std::uint64_t all) noexcept {
        return all == 0 ? std::uint8_t{0}
                        : static_cast<std::uint8_t>(std::min<std::uint64_t>(part * 256 / all, 255));
    }
    [[nodiscard]] static std::uint16_t ms(std::uint64_t value) noexcept {
        return static_cast<std::uint16_t>(std::min<std::uint64_t>(value, UINT16_MAX));
    }

    // A packet that was lost or thrown away. Whether it stands alone is known at the next one.
    void failed() noexcept {
        if (good_run_ >= gap_min || !failed_ever_) {
            gap_good_ += good_run_;
            ++gap_alone_;  // until another follows too soon
            alone_ = true;
        } else {
            if (alone_) {  // the one before began a burst
                --gap_alone_;
                ++burst_failed_;
                ++bursts_;
                alone_ = false;
            }
            burst_good_ += good_run_;
            ++burst_failed_;
        }
        failed_ever_ = true;
        good_run_ = 0;
    }

    std::uint64_t gap_good_ = 0, gap_alone_ = 0, burst_good_ = 0, burst_failed_ = 0, bursts_ = 0;
    std::uint64_t lost_ = 0, discarded_ = 0;
    std::uint64_t good_run_ =
        0;  // since the last failure; belongs to a gap unless one follows soon
    bool alone_ = false, failed_ever_ = false, started_ = false;
    std::uint16_t last_ = 0;
};

}  // namespace media
