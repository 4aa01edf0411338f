// Is there room for one more? Looks at how long ticks took in the last seconds, and says no before
// anyone's sound suffers.
//
// Tight: the p99.9 of the window comes near the budget, or ticks were missed, and it is the legs'
// doing: two ticks at least, and a median that shows work. One slow tick among idle ones is the
// machine's; refusing a call would not mend it. Not tight again: well below, nothing missed.
//
// Thread: under the engine's lock. Memory: fixed. Time: note() is called on a beat of its own.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "media/tick_meter.hpp"

namespace media {

class Headroom {
public:
    static constexpr std::int64_t interval_us = 500'000;
    static constexpr std::size_t intervals = 8;  // the window: 4 s
    static constexpr std::uint32_t budget_us = 20'000;
    static constexpr std::uint32_t tight_us = budget_us * 7 / 10, eased_us = budget_us / 2;
    static constexpr std::uint32_t working_us = budget_us / 20;

    /// Since the beginning, over all workers; once in each interval.
    void note(const TickMeter::Counts& counts, std::uint64_t late) noexcept {
        const Snapshot& oldest = snapshots_[next_ % intervals];
        TickMeter::Counts window{};
        for (std::size_t i = 0; i < window.size(); ++i) window[i] = counts[i] - oldest.counts[i];
        judge(window, late - oldest.late);
        snapshots_[next_ % intervals] = {.counts = counts, .late = late};
        ++next_;
    }
    [[nodiscard]] bool tight() const noexcept { return tight_; }

private:
    struct Snapshot {
        TickMeter::Counts counts{};
        std::uint64_t late = 0;
    };

    void judge(const TickMeter::Counts& window, std::uint64_t late) noexcept {
        std::uint64_t all = 0, near = 0, above = 0;
        for (std::size_t i = 0; i < window.size(); ++i) {
            all += window[i];
            if (TickMeter::top_of(i) >= tight_us) near += window[i];
            if (TickMeter::top_of(i) >= eased_us) above += window[i];
        }
        const std::uint64_t few = std::max<std::uint64_t>(2, all / 1'000);
        const bool working = TickMeter::quantile(window, 500) >= working_us;
        if (working && (near >= few || late >= few)) tight_ = true;
        if (above < few && late == 0) tight_ = false;
    }

    std::array<Snapshot, intervals> snapshots_;
    std::size_t next_ = 0;
    bool tight_ = false;
};

}  // namespace media
