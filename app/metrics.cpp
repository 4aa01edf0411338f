#include "app/metrics.hpp"

namespace app {
namespace {

template <class Owner, class Statistics>
auto reading(const Owner& owner, std::uint64_t Statistics::*field) {
    return [&owner, field] { return static_cast<double>(owner.statistics().*field); };
}
template <class Owner, class Statistics>
auto reading(const Owner& owner, std::uint32_t Statistics::*field) {
    return [&owner, field] { return static_cast<double>(owner.statistics().*field); };
}

void add_sound(metrics::Metrics& to, const media::Engine& engine) {
    // statistics() is overloaded by leg; this is the engine's own.
    const auto value = [&engine](auto field) {
        return [&engine, field] { return static_cast<double>(engine.statistics().*field); };
    };
    using E = media::EngineStatistics;
    to.gauge("partyline_media_legs", "Telephones with sound.", {}, value(&E::legs));
    to.gauge("partyline_media_rooms", "Rooms that are mixed.", {}, value(&E::rooms));
    to.counter("partyline_media_ticks_total", "Ticks of 20 ms, over all mixer threads.", {},
               value(&E::ticks));
    to.counter("partyline_media_ticks_late_total", "Ticks that ended after their time.", {},
               value(&E::ticks_late));
    to.counter("partyline_media_events_dropped_total",
               "Events of the mixer that found their ring full.", {}, value(&E::events_dropped));
    to.counter("partyline_media_tape_dropped_total",
               "Frames of recordings that found their ring full: the disk is slow.", {},
               value(&E::tape_dropped));
    to.counter("partyline_media_capture_dropped_total",
               "Records of captured sound that found their ring full.", {},
               value(&E::capture_dropped));
    to.gauge("partyline_media_tick_us", "Length of a tick in microseconds.", {{"quantile", "0.5"}},
             value(&E::tick_us_p50));
    to.gauge("partyline_media_tick_us", "", {{"quantile", "0.99"}}, value(&E::tick_us_p99));
    to.gauge("partyline_media_tick_us", "", {{"quantile", "0.999"}}, value(&E::tick_us_p999));
    to.gauge("partyline_media_tick_us", "", {{"quantile", "1"}}, value(&E::tick_us_max));
    to.counter("partyline_media_rooms_moved_total", "Rooms that went to another worker.", {},
               value(&E::rooms_moved));
    to.counter("partyline_media_packets_stray_total", "Packets from an address that no leg has.",
               {}, value(&E::packets_stray));
    to.counter("partyline_media_packets_dropped_total", "Packets that found a full ring or system.",
               {}, value(&E::packets_dropped));
    to.gauge("partyline_media_legs_sharing", "Legs behind a shared port.", {},
             value(&E::legs_sharing));
}

void add_telephones(metrics::Metrics& to, const sip::Edge& edge) {
    using S = sip::Statistics;
    to.gauge("partyline_sip_calls", "Calls now.", {{"state", "arriving"}},
             reading(edge, &S::calls_arriving));
    to.gauge("partyline_sip_calls", "", {{"state", "dialling"}}, reading(edge, &S::calls_dialling));
    to.gauge("partyline_sip_calls", "", {{"state", "up"}}, reading(edge, &S::calls_up));
    to.counter("partyline_sip_calls_total", "Calls ever.", {{"direction", "in"}},
               reading(edge, &S::calls_in));
    to.counter("partyline_sip_calls_total", "", {{"direction", "out"}},
               reading(edge, &S::calls_out));
    to.counter("partyline_sip_registrations_total", "REGISTER requests that were accepted.", {},
               reading(edge, &S::registrations));
    to.counter("partyline_sip_strangers_refused_total",
               "Wrong passwords, unknown callers, blocked sources.", {},
               reading(edge, &S::strangers_refused));
    to.counter("partyline_sip_malformed_total", "Requests that were not SIP as it should be.", {},
               reading(edge, &S::malformed));
    to.counter("partyline_sip_overload_refused_total", "Requests above a source's limit.", {},
               reading(edge, &S::overload_refused));
    to.counter("partyline_sip_texts_total", "SIP MESSAGEs.", {{"what", "received"}},
               reading(edge, &S::texts_received));
    to.counter("partyline_sip_texts_total", "", {{"what", "delivered"}},
               reading(edge, &S::texts_delivered));
    to.counter("partyline_sip_texts_total", "", {{"what", "failed"}},
               reading(edge, &S::texts_failed));
}

void add_page(metrics::Metrics& to, const web::Server& page) {
    using S = web::ServerStatistics;
    to.gauge("partyline_web_connections", "TCP connections now.", {},
             reading(page, &S::connections));
    to.gauge("partyline_web_sockets", "WebSockets now.", {}, reading(page, &S::sockets));
    to.gauge("partyline_web_online", "People with a WebSocket.", {}, reading(page, &S::online));
    to.counter("partyline_web_requests_total", "HTTP requests.", {}, reading(page, &S::requests));
    to.counter("partyline_web_refused_total", "Connections above a limit.", {},
               reading(page, &S::refused));
    to.counter("partyline_web_frames_total", "WebSocket frames.", {{"direction", "in"}},
               reading(page, &S::frames_in));
    to.counter("partyline_web_frames_total", "", {{"direction", "out"}},
               reading(page, &S::frames_out));
    to.counter("partyline_web_cut_total", "WebSockets cut for reading too slowly.", {},
               reading(page, &S::cut));
}

}  // namespace

void add_metrics(metrics::Metrics& to, const media::Engine& engine, const sip::Edge& telephones,
                 const web::Server& page) {
    add_sound(to, engine);
    add_telephones(to, telephones);
    add_page(to, page);
}

}  // namespace app
