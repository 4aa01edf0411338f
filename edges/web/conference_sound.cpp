// How a conference sounds, and what only its hosts do about it: record, gains, deafness, coaches.
#include <algorithm>
#include <utility>
#include <vector>

#include "actors/conference.hpp"
#include "actors/limits.hpp"
#include "edges/web/conference_call.hpp"

namespace web {
namespace {

using actors::Refusal;

/// How each connected telephone sounds. Null: not known (yet).
Json sound_json(std::uint32_t seat, const LegSound& leg) {
    const auto known = [](auto value, double unit) {
        return value == 0 ? Json(nullptr) : Json(value / unit);
    };
    return {{"seat", seat},
            {"codec", leg.codec},
            {"mos", known(leg.mos_hundredths, 100.0)},
            {"packets_received", leg.packets_received},
            {"packets_sent", leg.packets_sent},
            {"packets_lost", leg.packets_lost},
            {"packets_late", leg.packets_late},
            {"packets_refused", leg.packets_refused},
            {"packets_forged", leg.packets_forged},
            {"concealed_frames", leg.concealed_frames},
            {"jitter_ms", leg.jitter_us / 1000.0},
            {"round_trip_ms", known(leg.round_trip_us, 1000.0)},
            {"delay_ms", leg.delay_us / 1000.0},
            {"loss_there_percent", leg.loss_there_per_256 * 100 / 256.0},
            {"level_dbov", -static_cast<int>(leg.level_below_full_db)},
            {"silent_for_ms",
             leg.silent_for_ms == UINT32_MAX ? Json(nullptr) : Json(leg.silent_for_ms)}};
}

void sound(const CallPtr& call) {
    const auto stream = conference(call);
    if (!stream) return;
    call->kit->house.view(*stream, [call](const actors::View& view) {
        const auto* room = existing<schema::ConferenceStateT>(view);
        Viewer viewer{.user = call->who.user, .operates = call->who.operates};
        viewer.meet(view.stream, view.state);
        if (!room || !viewer.allowed) return call->refuse(Refusal::no_such_conference);
        if (!viewer.host && !viewer.operates) return call->refuse(Refusal::not_allowed);
        std::vector<std::pair<std::uint32_t, LegSound>> heard;
        for (const auto& seat : room->seats) {
            if (seat.phase != schema::SeatPhase::connected || !call->kit->options.sound) continue;
            if (const auto leg = call->kit->options.sound(seat.leg))
                heard.emplace_back(seat.id, *leg);
        }
        // Who talks, the loudest first, then who talked last.
        std::ranges::stable_sort(heard, {}, [](const auto& entry) {
            return std::pair(entry.second.silent_for_ms, entry.second.level_below_full_db);
        });
        Json legs = Json::array();
        for (const auto& [seat, leg] : heard) legs.push_back(sound_json(seat, leg));
        call->ok({{"legs", std::move(legs)}});
    });
}

void record(const CallPtr& call) {
    Fields fields(call->body);
    schema::SetRecordingT wish;
    const std::string what = fields.text("recording", 1, 10);
    if (what == "on") {
        wish.what = schema::Recording::on;
    } else if (what == "paused") {
        wish.what = schema::Recording::paused;
    } else if (what != "off") {
        fields.complain("recording", "must be 'on', 'paused' or 'off'");
    }
    tell(call, fields, actors::command(wish));
}

void gain(const CallPtr& call) {
    const auto decibels = [](Fields& fields, const char* name) {
        return static_cast<std::int8_t>(
            fields.integer(name, actors::gain_db_min, actors::gain_db_max));
    };
    Fields fields(call->body);
    schema::SetGainT wish;
    wish.seat = seat(fields);
    wish.in_db = decibels(fields, "in_db");
    wish.out_db = decibels(fields, "out_db");
    tell(call, fields, actors::command(wish));
}

void deafen(const CallPtr& call) {
    Fields fields(call->body);
    schema::SetDeafT wish;
    wish.seat = seat(fields);
    wish.deaf = fields.flag("deaf");
    tell(call, fields, actors::command(wish));
}

void whisper(const CallPtr& call) {
    Fields fields(call->body);
    schema::SetWhisperT wish;
    wish.seat = seat(fields);
    if (fields.has("to")) wish.to = static_cast<std::uint32_t>(fields.whole("to", 1, UINT32_MAX));
    tell(call, fields, actors::command(wish));
}

}  // namespace

std::vector<Route> conference_sound_routes() {
    return {{"GET", "/api/conferences/{id}/sound", Need::person, sound},
            {"POST", "/api/conferences/{id}/recording", Need::person, record},
            {"POST", "/api/conferences/{id}/gain", Need::person, gain},
            {"POST", "/api/conferences/{id}/deaf", Need::person, deafen},
            {"POST", "/api/conferences/{id}/whisper", Need::person, whisper}};
}

}  // namespace web
