// What the house and the engine want of a call: answers, prompts, keys, rooms; see calls.hpp.
#include <algorithm>

#include "actors/limits.hpp"
#include "edges/sip/calls.hpp"
#include "edges/sip/causes.hpp"

namespace sip {

using schema::Cause;
using Stage = Call::Stage;

namespace {

constexpr Duration farewell_max = seconds(6);  // the longest prompt has four
constexpr const char* server = "server";

bool chosen(schema::Choice choice, bool as_set) {
    switch (choice) {
        case schema::Choice::as_set: return as_set;
        case schema::Choice::no: return false;
        case schema::Choice::yes: return true;
    }
    return as_set;
}

/// The server's sound, with what this conference wants otherwise.
media::RoomProfile profile_of(media::RoomProfile profile, const actors::RoomSound& wish) {
    profile.capture = chosen(wish.capture, profile.capture);
    profile.level_voices = chosen(wish.level_voices, profile.level_voices);
    profile.gate_noise = chosen(wish.gate_noise, profile.gate_noise);
    if (wish.loudest == actors::loudest_everybody) {
        profile.loudest = 0;
    } else if (wish.loudest != 0) {
        profile.loudest = wish.loudest;
    }
    return profile;
}

media::Recording recording_of(schema::Recording what) {
    switch (what) {
        case schema::Recording::off: return media::Recording::off;
        case schema::Recording::on: return media::Recording::on;
        case schema::Recording::paused: return media::Recording::paused;
    }
    return media::Recording::off;
}

}  // namespace

void Calls::answer(const actors::AnswerCall& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr || call->invite == 0 || call->stage > Stage::offered) return;
    if (!open_sound(*call)) {
        desk_.respond(call->invite, Method::invite,
                      Response{.status = 503, .retry_after = headroom_retry_after});
        call->invite = 0;
        tell_ended(*call, Cause::full, 503);
        return remove(*call);
    }
    Response ok{.status = 200, .content_type = "application/sdp", .proxy = call->proxy};
    if (call->theirs) {
        ok.body = print_answer(call->local, *call->theirs);
        use(*call, *call->theirs);
        call->held = call->theirs->on_hold();
    } else {
        ok.body = print_offer(call->local, policy_of(*call));
        call->offered_last = true;
    }
    desk_.loop.cancel(call->patience);
    const RequestId invite = std::exchange(call->invite, 0);
    set_stage(*call, Stage::answering);
    desk_.respond(invite, Method::invite, ok);
}

void Calls::refuse(const actors::RefuseCall& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr) return;
    if (call->invite != 0) {
        const int status =
            effect.sip_status >= 300 && effect.sip_status < 700 ? effect.sip_status : 480;
        desk_.respond(call->invite, Method::invite, status);
        call->invite = 0;
        return remove(*call);
    }
    hang_up(*call);
}

void Calls::end(const actors::EndCall& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr || call->stage == Stage::leaving) return;
    if (call->invite != 0) {
        desk_.respond(call->invite, Method::invite, status_of(effect.cause));
        call->invite = 0;
        return remove(*call);
    }
    if (call->stage != Stage::up || effect.farewell.empty()) return hang_up(*call);
    set_stage(*call, Stage::leaving);
    const std::string prompts[]{effect.farewell};
    desk_.engine->play(call->id, prompts, true);
    call->patience = desk_.loop.after(farewell_max, [this, leg = call->name] {
        if (Call* late = find(leg)) hang_up(*late);
    });
}

void Calls::play(const actors::PlayPrompts& effect) {
    const Call* call = find(effect.leg);
    if (call != nullptr && call->sounding && call->stage != Stage::leaving) {
        desk_.engine->play(call->id, effect.prompts, effect.replace);
    }
}

void Calls::collect(const actors::CollectKeys& effect) {
    Call* call = find(effect.leg);
    if (call == nullptr) return;
    call->keyed_for = effect.conference;
    call->asked_for = effect.keys;
    const auto ahead = call->keypad.expect(effect.keys, desk_.loop.now());
    arm_keypad(*call);
    if (!ahead) return;
    desk_.engine->stop_prompts(call->id);
    keyed(*call, *ahead);
}

void Calls::update_room(const actors::UpdateRoom& effect) {
    std::vector<media::RoomLeg> legs;
    Room& room = rooms_[effect.conference];
    for (const media::LegId id : std::exchange(room.legs, {})) {
        const auto call = calls_.find(id);
        if (call != calls_.end() && call->second->room == effect.conference)
            call->second->room.clear();
    }
    for (const actors::RoomSeat& seat : effect.seats) {
        Call* call = find(seat.leg);
        if (call == nullptr || !call->sounding)
            continue;  // it ended a moment ago, or before a restart
        call->room = effect.conference;
        room.legs.push_back(call->id);
        legs.push_back({.leg = call->id,
                        .speaks = seat.speaks,
                        .hears = seat.hears,
                        .gain_in_db = seat.gain_in_db,
                        .gain_out_db = seat.gain_out_db,
                        .only_to = {},
                        .not_from = {}});
        if (seat.only_to.empty()) continue;
        const Call* pupil = find(seat.only_to);
        const bool there = pupil != nullptr && pupil->sounding;
        // An empty list would be everybody: who whispers to nobody does not speak.
        if (there) legs.back().only_to.push_back(pupil->id);
        legs.back().speaks = legs.back().speaks && there;
    }
    desk_.engine->set_room(room_id(effect.conference), legs,
                           profile_of(desk_.options.room, effect.sound));
    if (legs.empty()) {
        rooms_.erase(effect.conference);  // and with it ends a recording, until somebody comes
    } else if (room.recording != effect.recording) {
        room.recording = effect.recording;
        desk_.engine->record(room_id(effect.conference), recording_of(effect.recording));
    }
}

void Calls::announce(const actors::AnnounceRoom& effect) {
    desk_.engine->announce(room_id(effect.conference), effect.prompt);
}

// ---- sound

void Calls::on_media(const media::Event& event) {
    const auto found = calls_.find(event.leg);
    if (found == calls_.end()) return;
    Call& call = *found->second;
    const auto tell_room = [&](auto wish, bool on) {
        if (call.room.empty()) return;
        wish.leg = call.name;
        wish.on = on;
        desk_.send({StreamKind::conference, call.room}, server, actors::command(std::move(wish)));
    };
    switch (event.kind) {
        case media::EventKind::first_packet: return;
        case media::EventKind::talking_started: return tell_room(schema::LegTalkingT{}, true);
        case media::EventKind::talking_stopped: return tell_room(schema::LegTalkingT{}, false);
        case media::EventKind::silence_noticed: return tell_room(schema::LegSilentT{}, true);
        case media::EventKind::silence_ended: return tell_room(schema::LegSilentT{}, false);
        case media::EventKind::digit: return key(call, event.digit);
        case media::EventKind::prompt_done:
            if (call.stage == Stage::leaving) return hang_up(call);
            call.keypad.question_heard(desk_.loop.now());
            return arm_keypad(call);
    }
}

}  // namespace sip
