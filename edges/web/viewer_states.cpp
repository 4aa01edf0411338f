// States as clients see them. Field by field on purpose; see viewer.hpp.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/limits.hpp"
#include "actors/vocabulary.hpp"
#include "edges/web/json.hpp"
#include "edges/web/viewer.hpp"

namespace web {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json phones_json(const schema::UserStateT& person, bool with_bindings) {
    Json phones = Json::array();
    for (const auto& phone : person.phones) {
        Json one{{"label", phone.label},
                 {"user", person.name + "-" + phone.label},
                 {"texts", phone.texts},
                 {"registered", !phone.bindings.empty()}};
        if (with_bindings) {
            Json bindings = Json::array();
            for (const auto& binding : phone.bindings) {
                bindings.push_back({{"contact", binding.contact},
                                    {"user_agent", binding.user_agent},
                                    {"expires_at", instant_json(binding.expires_at)}});
            }
            one["bindings"] = std::move(bindings);
        }
        phones.push_back(std::move(one));
    }
    return phones;
}

Json user_json(const schema::UserStateT& person) {
    Json sessions = Json::array();
    for (const auto& session : person.sessions) {
        sessions.push_back({{"client", session.client},
                            {"opened_at", instant_json(session.opened_at)},
                            {"expires_at", instant_json(session.expires_at)}});
    }
    return {{"name", person.name},
            {"display_name", person.display_name},
            {"admin", person.admin},
            {"disabled", person.disabled},
            {"may_dial_numbers", person.may_dial_numbers},
            {"phones", phones_json(person, true)},
            {"sessions", std::move(sessions)},
            {"conversations", person.conversations},
            {"conferences", person.conferences},
            {"contacts", person.contacts},
            {"numbers", person.numbers}};
}

Json conversation_json(const StreamId& stream, const schema::ConversationStateT& talk) {
    Json members = Json::array();
    for (const auto& member : talk.members) {
        members.push_back({{"user", member.user},
                           {"joined_at", instant_json(member.joined_at)},
                           {"read_up_to", member.read_up_to}});
    }
    return {{"id", stream.name},
            {"direct", talk.kind == schema::ConversationKind::direct},
            {"title", talk.title},
            {"members", std::move(members)},
            {"messages", talk.messages},
            {"last_message_at", instant_json(talk.last_message_at)},
            {"conference", text_or_null(talk.conference)},
            {"created_by", person_of(talk.created_by)}};
}

Json seat_json(const Viewer& viewer, const schema::SeatT& seat) {
    const bool in_full = viewer.host || viewer.operates || viewer.seats.contains(seat.id) ||
                         viewer.dialled.contains(seat.id);
    const bool steers = viewer.host || viewer.operates;
    // Who is coached, and by whom, is the business of these two and of hosts.
    const bool coach =
        steers || viewer.seats.contains(seat.id) || viewer.seats.contains(seat.whispers_to);
    const bool number_as_name = !in_full && looks_like_number(seat.name);
    return {
        {"seat", seat.id},
        {"user", text_or_null(seat.user)},
        {"name", number_as_name ? shortened(seat.name) : seat.name},
        {"address", in_full ? seat.address : shortened(seat.address)},
        {"role", schema::EnumNameRole(seat.role)},
        {"phase", schema::EnumNameSeatPhase(seat.phase)},
        {"cause", schema::EnumNameCause(seat.cause)},
        {"sip_status", seat.sip_status},
        {"muted", seat.muted},
        {"muted_by_host", seat.muted_by_host},
        {"exempt", seat.exempt},
        {"talking", seat.talking},
        {"silent", seat.silent},
        {"on_hold", seat.on_hold},
        {"hand_at", instant_json(seat.hand_at)},
        {"since", instant_json(seat.since)},
        {"dialled_by", text_or_null(person_of(seat.dialled_by))},
        {"deaf", seat.deaf},
        {"gain_in_db", steers ? Json(seat.gain_in_db) : Json(nullptr)},
        {"gain_out_db", steers ? Json(seat.gain_out_db) : Json(nullptr)},
        {"whispers_to", coach && seat.whispers_to != 0 ? Json(seat.whispers_to) : Json(nullptr)}};
}

Json choice_json(schema::Choice choice) {
    switch (choice) {
        case schema::Choice::as_set: return nullptr;
        case schema::Choice::no: return false;
        case schema::Choice::yes: return true;
    }
    return nullptr;
}

/// Null: as the server is set. "loudest" 0: everybody.
Json sound_json(const schema::ConferenceStateT& room) {
    Json loudest = room.loudest;
    if (room.loudest == 0) loudest = nullptr;
    if (room.loudest == actors::loudest_everybody) loudest = 0;
    return {{"capture", choice_json(room.capture)},
            {"level_voices", choice_json(room.level_voices)},
            {"gate_noise", choice_json(room.gate_noise)},
            {"loudest", std::move(loudest)}};
}

Json conference_json(const Viewer& viewer, const StreamId& stream,
                     const schema::ConferenceStateT& room) {
    Json seats = Json::array(), failures = Json::array(), mine = nullptr;
    for (const auto& seat : room.seats) {
        seats.push_back(seat_json(viewer, seat));
        if (viewer.seats.contains(seat.id)) mine = seat.id;
    }
    if (viewer.host || viewer.operates) {
        for (const auto& failure : room.pin_failures) {
            failures.push_back({{"at", instant_json(failure.at)}, {"caller", failure.caller}});
        }
    }
    return {{"id", stream.name},
            {"number", room.number},
            {"title", room.title},
            {"created_by", person_of(room.created_by)},
            {"conversation", text_or_null(room.conversation)},
            {"dial_policy", schema::EnumNameDialPolicy(room.dial_policy)},
            {"locked", room.locked},
            {"ended", room.ended},
            {"all_muted", room.all_muted},
            {"recording", schema::EnumNameRecording(room.recording)},
            {"sound", sound_json(room)},
            {"created_at", instant_json(room.created_at)},
            {"ended_at", instant_json(room.ended_at)},
            {"me", {{"host", viewer.host}, {"seat", std::move(mine)}}},
            {"seats", std::move(seats)},
            {"pin_failures", std::move(failures)}};
}

Json call_json(const StreamId& stream, const schema::CallLegStateT& call) {
    return {{"leg", stream.name},
            {"phase", schema::EnumNameLegPhase(call.phase)},
            {"inbound", call.inbound},
            {"conference", text_or_null(call.conference)},
            {"seat", call.seat},
            {"caller", call.caller},
            {"called", call.called},
            {"name", call.name},
            {"user", text_or_null(call.user)},
            {"source", call.source},
            {"codec", call.codec},
            {"on_hold", call.on_hold},
            {"started_at", instant_json(call.started_at)},
            {"answered_at", instant_json(call.answered_at)},
            {"ended_at", instant_json(call.ended_at)},
            {"cause", schema::EnumNameCause(call.cause)},
            {"sip_status", call.sip_status}};
}

Json guard_json(const schema::GuardStateT& guard) {
    return {{"strikes", guard.strikes.size()},
            {"blocked_until", instant_json(guard.blocked_until)}};
}

}  // namespace

Json person_json(const schema::UserStateT& person, bool to_admin) {
    Json out{{"name", person.name},
             {"display_name", person.display_name},
             {"disabled", person.disabled}};
    if (to_admin) {
        out["admin"] = person.admin;
        out["may_dial_numbers"] = person.may_dial_numbers;
        out["phones"] = phones_json(person, false);
        out["numbers"] = person.numbers;
    }
    return out;
}

std::optional<Json> state_json(const Viewer& viewer, const StreamId& stream,
                               const schema::StateUnion& state) {
    switch (state.type) {
        case schema::State::NONE: return std::nullopt;
        case schema::State::UserState: {
            const auto& person = *actors::peek<schema::UserStateT>(state);
            return person.exists ? std::optional(user_json(person)) : std::nullopt;
        }
        case schema::State::ConversationState: {
            const auto& talk = *actors::peek<schema::ConversationStateT>(state);
            return talk.exists ? std::optional(conversation_json(stream, talk)) : std::nullopt;
        }
        case schema::State::ConferenceState: {
            const auto& room = *actors::peek<schema::ConferenceStateT>(state);
            return room.exists ? std::optional(conference_json(viewer, stream, room))
                               : std::nullopt;
        }
        case schema::State::CallLegState:
            return call_json(stream, *actors::peek<schema::CallLegStateT>(state));
        case schema::State::NumberState: {
            const auto& number = *actors::peek<schema::NumberStateT>(state);
            return Json{{"number", stream.name},
                        {"owner", text_or_null(number.owner)},
                        {"since", instant_json(number.since)}};
        }
        case schema::State::GuardState:
            return guard_json(*actors::peek<schema::GuardStateT>(state));
    }
    return std::nullopt;
}

}  // namespace web
