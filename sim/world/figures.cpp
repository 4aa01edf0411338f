// What each figure is called and means; see figures.hpp.
#include "sim/world/figures.hpp"

namespace sim {

MetricId Figures::introduce(Metric what) { return recorder_->metric(name_of(what)); }

MetricName name_of(Metric what) {
    using M = Measure;
    switch (what) {
        case Metric::blocking:
            return {"blocking", "", "attempts that found no line or no port", M::share};
        case Metric::blocking_first:
            return {"blocking_first", "", "first attempts that found no line or no port", M::share};
        case Metric::blocked_line:
            return {"blocked_line", "", "attempts that found all lines in use", M::share};
        case Metric::blocked_port:
            return {"blocked_port", "", "attempts that found no port of the server", M::share};
        case Metric::blocked_outage:
            return {"blocked_outage", "", "attempts that found the trunk down", M::share};
        case Metric::attempts:
            return {"attempts", "", "attempts to call, retrials among them", M::count};
        case Metric::retrials:
            return {"retrials", "", "attempts that were not the first", M::count};
        case Metric::carried:
            return {"carried", "", "attempts that ended in the conference", M::count};
        case Metric::abandoned:
            return {"abandoned", "", "of the callers who waited for a line: gave up", M::share};
        case Metric::queued:
            return {"queued", "", "attempts that had to wait for a line", M::share};
        case Metric::queue_wait_s:
            return {"queue_wait_s", "s", "wait for a line; none counts as zero", M::mean, true};
        case Metric::set_up_delay_s:
            return {"set_up_delay_s", "s", "from the line to the answer", M::mean, true};
        case Metric::admitted_s:
            return {"admitted_s", "s", "from the attempt to being in the conference", M::mean,
                    true};
        case Metric::holding_s:
            return {"holding_s", "s", "in the conference, from admission to the end", M::mean,
                    true};
        case Metric::turned_away:
            return {"turned_away", "", "answered calls that were not let in", M::share};
        case Metric::dropped:
            return {"dropped", "", "calls in a conference that were cut off", M::share};
        case Metric::trunk_lines_in_use:
            return {"trunk_lines_in_use", "lines", "lines of the trunk in use", M::level};
        case Metric::trunk_queue:
            return {"trunk_queue", "callers", "callers who wait for a line", M::level};
        case Metric::ports_in_use:
            return {"ports_in_use", "legs", "telephone legs at the server", M::level};
        case Metric::dialled_answered:
            return {"dialled_answered", "", "calls placed that were answered", M::share};
        case Metric::dialled_busy:
            return {"dialled_busy", "", "calls placed that met a busy telephone", M::share};
        case Metric::dialled_no_answer:
            return {"dialled_no_answer", "", "calls placed that nobody took", M::share};
        case Metric::dialled_failed:
            return {"dialled_failed", "", "calls placed that failed or were declined", M::share};
        case Metric::ringing_s:
            return {"ringing_s", "s", "calls placed: from dialling to the answer", M::mean, true};
        case Metric::meetings: return {"meetings", "", "meetings that began", M::count};
        case Metric::meetings_open:
            return {"meetings_open", "meetings", "meetings under way", M::level};
        case Metric::meeting_size:
            return {"meeting_size", "people", "people who came to a meeting", M::mean, true};
        case Metric::meeting_s:
            return {"meeting_s", "s", "from the beginning of a meeting to its end", M::mean, true};
        case Metric::seats: return {"seats", "people", "people connected in conferences", M::level};
        case Metric::talkers: return {"talkers", "people", "people who talk", M::level};
        case Metric::talk_spurts: return {"talk_spurts", "", "talk spurts", M::count};
        case Metric::im_messages: return {"im_messages", "", "messages sent", M::count};
        case Metric::im_delivery_s:
            return {"im_delivery_s", "s", "from sending to each other client", M::mean, true};
        case Metric::im_acknowledged_s:
            return {"im_acknowledged_s", "s", "from sending to the acknowledgement", M::mean, true};
        case Metric::im_lost:
            return {"im_lost", "", "acknowledged messages that a client missed", M::share};
        case Metric::im_resent: return {"im_resent", "", "messages sent once more", M::count};
        case Metric::im_clients: return {"im_clients", "clients", "clients connected", M::level};
        case Metric::mos: return {"mos", "MOS", "of a call, by the E-model", M::mean, true};
        case Metric::packets_late:
            return {"packets_late", "", "of a call: packets too late to be played", M::mean, true};
        case Metric::packets_lost:
            return {"packets_lost", "", "of a call: packets that never came", M::mean, true};
        case Metric::mouth_to_ear_ms:
            return {"mouth_to_ear_ms", "ms", "of a call: from mouth to ear", M::mean, true};
        case Metric::mixer_frames:
            return {"mixer_frames", "", "sound frames decoded, mixed and encoded", M::count};
        case Metric::transitions: return {"transitions", "", "transitions journaled", M::count};
    }
    return {};
}

}  // namespace sim
