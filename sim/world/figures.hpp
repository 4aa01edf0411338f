// The figures of a world, by what they mean: each is named once here, and taken down where it
// happens. Without a recorder nothing is.
//
// Thread: one. Time: virtual, as told.
#pragma once

#include <array>
#include <cstdint>

#include "sim/results/recorder.hpp"

namespace sim {

enum class Metric : std::uint8_t {
    // telephone calls of people who dial in
    blocking,        // no line, no port
    blocking_first,  // ... at the first attempt of a call
    blocked_line,    // all lines in use
    blocked_port,    // the server has no port
    blocked_outage,  // the trunk is down
    attempts,
    retrials,
    carried,    // attempts that came into the conference
    abandoned,  // share of those who waited for a line and gave up
    queued,     // share that had to wait
    queue_wait_s,
    set_up_delay_s,
    admitted_s,
    holding_s,
    turned_away,  // answered, but not let in
    dropped,      // in the conference, and cut off
    // lines and ports
    trunk_lines_in_use,
    trunk_queue,
    ports_in_use,
    // calls that the server places
    dialled_answered,
    dialled_busy,
    dialled_no_answer,
    dialled_failed,
    ringing_s,
    // conferences
    meetings,
    meetings_open,
    meeting_size,
    meeting_s,
    seats,
    talkers,
    talk_spurts,
    // messages
    im_messages,
    im_delivery_s,
    im_acknowledged_s,
    im_lost,
    im_resent,
    im_clients,
    // sound
    mos,
    mos_wideband,
    rating,
    packets_late,
    packets_lost,
    mouth_to_ear_ms,
    mixer_frames,
    // the house
    transitions,
};
inline constexpr std::size_t figure_count = static_cast<std::size_t>(Metric::transitions) + 1;

class Figures {
public:
    explicit Figures(Recorder* recorder) : recorder_(recorder) { ids_.fill({unknown}); }

    void hit(Metric what, Instant at, bool yes) {
        if (recorder_) recorder_->hit(id_of(what), at, yes);
    }
    void sample(Metric what, Instant at, double value) {
        if (recorder_) recorder_->sample(id_of(what), at, value);
    }
    void level(Metric what, Instant at, double value) {
        if (recorder_) recorder_->level(id_of(what), at, value);
    }
    void tick(Metric what, Instant at, std::uint64_t times = 1) {
        if (recorder_) recorder_->tick(id_of(what), at, times);
    }

private:
    /// A figure that nothing happens to is not in the table.
    [[nodiscard]] MetricId id_of(Metric what) {
        auto& known = ids_[static_cast<std::size_t>(what)];
        if (known.index == unknown) known = introduce(what);
        return known;
    }
    [[nodiscard]] MetricId introduce(Metric what);

    static constexpr std::uint32_t unknown = UINT32_MAX;
    Recorder* recorder_;
    std::array<MetricId, figure_count> ids_;
};

/// What a figure is called, counted in, and means.
[[nodiscard]] MetricName name_of(Metric what);

}  // namespace sim
