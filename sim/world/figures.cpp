// What each figure is called and means; see figures.hpp.
#include "sim/world/figures.hpp"

#include <iterator>

#include "base/assert.hpp"

namespace sim {
namespace {

using M = Measure;

struct Row {
    Metric what;
    const char* name;
    const char* unit;
    const char* about;
    Measure measure;
    bool distribution;
};

constexpr Row rows[]{
    // in the order of Metric
    {Metric::blocking, "blocking", "", "attempts that found no line or no port", M::share, false},
    {Metric::blocking_first, "blocking_first", "", "first attempts that found no line or no port",
     M::share, false},
    {Metric::blocked_line, "blocked_line", "", "attempts that found all lines in use", M::share,
     false},
    {Metric::blocked_port, "blocked_port", "", "attempts that found no port of the server",
     M::share, false},
    {Metric::blocked_outage, "blocked_outage", "", "attempts that found the trunk down", M::share,
     false},
    {Metric::attempts, "attempts", "", "attempts to call, retrials among them", M::count, false},
    {Metric::retrials, "retrials", "", "attempts that were not the first", M::count, false},
    {Metric::carried, "carried", "", "attempts that ended in the conference", M::count, false},
    {Metric::abandoned, "abandoned", "", "of the callers who waited for a line: gave up", M::share,
     false},
    {Metric::queued, "queued", "", "attempts that had to wait for a line", M::share, false},
    {Metric::queue_wait_s, "queue_wait_s", "s", "wait for a line; none counts as zero", M::mean,
     true},
    {Metric::set_up_delay_s, "set_up_delay_s", "s", "from the line to the answer", M::mean, true},
    {Metric::admitted_s, "admitted_s", "s", "from the attempt to being in the conference", M::mean,
     true},
    {Metric::holding_s, "holding_s", "s", "in the conference, from admission to the end", M::mean,
     true},
    {Metric::turned_away, "turned_away", "", "answered calls that were not let in", M::share,
     false},
    {Metric::dropped, "dropped", "", "calls in a conference that were cut off", M::share, false},
    {Metric::trunk_lines_in_use, "trunk_lines_in_use", "lines", "lines of the trunk in use",
     M::level, false},
    {Metric::trunk_queue, "trunk_queue", "callers", "callers who wait for a line", M::level, false},
    {Metric::ports_in_use, "ports_in_use", "legs", "telephone legs at the server", M::level, false},
    {Metric::dialled_answered, "dialled_answered", "", "calls placed that were answered", M::share,
     false},
    {Metric::dialled_busy, "dialled_busy", "", "calls placed that met a busy telephone", M::share,
     false},
    {Metric::dialled_no_answer, "dialled_no_answer", "", "calls placed that nobody took", M::share,
     false},
    {Metric::dialled_failed, "dialled_failed", "", "calls placed that failed or were declined",
     M::share, false},
    {Metric::ringing_s, "ringing_s", "s", "calls placed: from dialling to the answer", M::mean,
     true},
    {Metric::meetings, "meetings", "", "meetings that began", M::count, false},
    {Metric::meetings_open, "meetings_open", "meetings", "meetings under way", M::level, false},
    {Metric::meeting_size, "meeting_size", "people", "people who came to a meeting", M::mean, true},
    {Metric::meeting_s, "meeting_s", "s", "from the beginning of a meeting to its end", M::mean,
     true},
    {Metric::seats, "seats", "people", "people connected in conferences", M::level, false},
    {Metric::talkers, "talkers", "people", "people who talk", M::level, false},
    {Metric::talk_spurts, "talk_spurts", "", "talk spurts", M::count, false},
    {Metric::im_messages, "im_messages", "", "messages sent", M::count, false},
    {Metric::im_delivery_s, "im_delivery_s", "s", "from sending to each other client", M::mean,
     true},
    {Metric::im_acknowledged_s, "im_acknowledged_s", "s", "from sending to the acknowledgement",
     M::mean, true},
    {Metric::im_lost, "im_lost", "", "acknowledged messages that a client missed", M::share, false},
    {Metric::im_resent, "im_resent", "", "messages sent once more", M::count, false},
    {Metric::im_clients, "im_clients", "clients", "clients connected", M::level, false},
    {Metric::mos, "mos", "MOS", "of a narrowband call, by the E-model", M::mean, true},
    {Metric::mos_wideband, "mos_wideband", "MOS", "of a wideband call, by the E-model", M::mean,
     true},
    {Metric::rating, "rating", "R", "of a call, by the E-model: at most 93.2, or 129 in wideband",
     M::mean, true},
    {Metric::packets_late, "packets_late", "", "of a call: packets too late to be played", M::mean,
     true},
    {Metric::packets_lost, "packets_lost", "", "of a call: packets that never came", M::mean, true},
    {Metric::mouth_to_ear_ms, "mouth_to_ear_ms", "ms", "of a call: from mouth to ear", M::mean,
     true},
    {Metric::mixer_frames, "mixer_frames", "", "sound frames decoded, mixed and encoded", M::count,
     false},
    {Metric::transitions, "transitions", "", "transitions journaled", M::count, false},
};
static_assert(std::size(rows) == figure_count);

}  // namespace

MetricId Figures::introduce(Metric what) { return recorder_->metric(name_of(what)); }

MetricName name_of(Metric what) {
    const Row& row = rows[static_cast<std::size_t>(what)];
    ASSERT(row.what == what);
    return {row.name, row.unit, row.about, row.measure, row.distribution};
}

}  // namespace sim
