// Events as clients see them. Field by field on purpose; see viewer.hpp. One overload of `fields`
// per event: forget one and the build stops.
#include <nlohmann/json.hpp>

#include "actors/vocabulary.hpp"
#include "edges/web/json.hpp"
#include "edges/web/viewer.hpp"

namespace web {
namespace {

/// Whose eyes, and on what.
struct Sight {
    const Viewer& viewer;
    const StreamId& stream;
    [[nodiscard]] bool host() const { return viewer.host || viewer.operates; }
    [[nodiscard]] bool in_full(std::uint32_t seat) const {
        return host() || viewer.seats.contains(seat) || viewer.dialled.contains(seat);
    }
};
using Seen = std::optional<Json>;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string name_for(const Sight& sight, std::uint32_t seat, const std::string& name) {
    return !sight.in_full(seat) && looks_like_number(name) ? shortened(name) : name;
}
std::string address_for(const Sight& sight, std::uint32_t seat, const std::string& address) {
    return sight.in_full(seat) ? address : shortened(address);
}

// user/<name>
Seen fields(const Sight&, const schema::PhonesLostT& e) { return Json{{"epoch", e.epoch}}; }
Seen fields(const Sight&, const schema::UserCreatedT& e) {
    return Json{{"name", e.name},
                {"display_name", e.display_name},
                {"admin", e.admin},
                {"may_dial_numbers", e.may_dial_numbers}};
}
Seen fields(const Sight&, const schema::PasswordSetT&) { return Json::object(); }
Seen fields(const Sight&, const schema::UserDisabledSetT& e) {
    return Json{{"disabled", e.disabled}};
}
Seen fields(const Sight&, const schema::MayDialNumbersSetT& e) {
    return Json{{"allowed", e.allowed}};
}
Seen fields(const Sight& sight, const schema::PhoneAddedT& e) {
    return Json{{"label", e.label}, {"user", sight.stream.name + "-" + e.label}};
}
Seen fields(const Sight&, const schema::PhoneRemovedT& e) { return Json{{"label", e.label}}; }
Seen fields(const Sight&, const schema::PhoneTextsSetT& e) {
    return Json{{"label", e.label}, {"texts", e.texts}};
}
Seen fields(const Sight&, const schema::PhoneRegisteredT& e) {
    Json binding = nullptr;
    if (!e.binding.empty()) {
        binding = {{"contact", e.binding.front().contact},
                   {"user_agent", e.binding.front().user_agent},
                   {"expires_at", instant_json(e.binding.front().expires_at)}};
    }
    return Json{{"label", e.label}, {"binding", std::move(binding)}};
}
Seen fields(const Sight&, const schema::PhoneRefreshedT& e) {
    return Json{
        {"label", e.label}, {"contact", e.contact}, {"expires_at", instant_json(e.expires_at)}};
}
Seen fields(const Sight&, const schema::PhoneUnregisteredT& e) {
    return Json{{"label", e.label}, {"contact", e.contact}, {"expired", e.expired}};
}
Seen fields(const Sight&, const schema::SessionOpenedT& e) {
    return Json{{"client", e.client}, {"expires_at", instant_json(e.expires_at)}};
}
Seen fields(const Sight&, const schema::SessionClosedT& e) { return Json{{"expired", e.expired}}; }
Seen fields(const Sight&, const schema::ContactAddedT& e) { return Json{{"user", e.user}}; }
Seen fields(const Sight&, const schema::ContactRemovedT& e) { return Json{{"user", e.user}}; }
Seen fields(const Sight&, const schema::ConversationEnteredT& e) {
    return Json{{"conversation", e.conversation}};
}
Seen fields(const Sight&, const schema::ConversationLeftT& e) {
    return Json{{"conversation", e.conversation}};
}
Seen fields(const Sight&, const schema::ConferenceEnteredT& e) {
    return Json{{"conference", e.conference}};
}
Seen fields(const Sight&, const schema::ConferenceLeftT& e) {
    return Json{{"conference", e.conference}};
}
Seen fields(const Sight&, const schema::NumberAssignedT& e) { return Json{{"number", e.number}}; }
Seen fields(const Sight&, const schema::NumberWithdrawnT& e) { return Json{{"number", e.number}}; }

// conversation/<id>
Seen fields(const Sight&, const schema::ConversationCreatedT& e) {
    return Json{{"direct", e.kind == schema::ConversationKind::direct},
                {"title", e.title},
                {"members", e.members},
                {"created_by", person_of(e.created_by)}};
}
Seen fields(const Sight&, const schema::MemberAddedT& e) { return Json{{"user", e.user}}; }
Seen fields(const Sight&, const schema::MemberRemovedT& e) { return Json{{"user", e.user}}; }
Seen fields(const Sight&, const schema::ConversationRenamedT& e) {
    return Json{{"title", e.title}};
}
Seen fields(const Sight&, const schema::MessageSentT& e) {
    return Json{{"from", e.from},
                {"text", e.text},
                {"client_id", e.client_id},
                {"via", e.via},
                {"number", e.number}};
}
Seen fields(const Sight&, const schema::ReadMarkedT& e) {
    return Json{{"user", e.user}, {"sequence", e.sequence}};
}
Seen fields(const Sight&, const schema::ConferenceLinkedT& e) {
    return Json{{"conference", e.conference}};
}
Seen fields(const Sight&, const schema::ConferenceUnlinkedT& e) {
    return Json{{"conference", e.conference}};
}

// conference/<id>
Seen fields(const Sight&, const schema::ConferenceCreatedT& e) {
    return Json{{"title", e.title},
                {"number", e.number},
                {"conversation", text_or_null(e.conversation)},
                {"created_by", person_of(e.created_by)},
                {"dial_policy", schema::EnumNameDialPolicy(e.dial_policy)}};
}
Seen fields(const Sight& sight, const schema::PersonInvitedT& e) {
    return Json{{"seat", e.seat},
                {"user", text_or_null(e.user)},
                {"name", name_for(sight, e.seat, e.name)},
                {"role", schema::EnumNameRole(e.role)},
                {"by", person_of(e.by)}};
}
Seen fields(const Sight& sight, const schema::SeatDialledT& e) {
    return Json{{"seat", e.seat},
                {"user", text_or_null(e.user)},
                {"name", name_for(sight, e.seat, e.name)},
                {"kind", schema::EnumNameTargetKind(e.kind)},
                {"address", e.user.empty() ? address_for(sight, e.seat, e.target) : ""},
                {"by", person_of(e.by)}};
}
Seen fields(const Sight& sight, const schema::SeatEnteredT& e) {
    return Json{{"seat", e.seat},
                {"user", text_or_null(e.user)},
                {"name", name_for(sight, e.seat, e.name)},
                {"address", address_for(sight, e.seat, e.address)},
                {"role", schema::EnumNameRole(e.role)}};
}
Seen fields(const Sight&, const schema::SeatRingingT& e) { return Json{{"seat", e.seat}}; }
Seen fields(const Sight&, const schema::SeatConnectedT& e) { return Json{{"seat", e.seat}}; }
Seen fields(const Sight&, const schema::SeatLeftT& e) {
    return Json{
        {"seat", e.seat}, {"cause", schema::EnumNameCause(e.cause)}, {"sip_status", e.sip_status}};
}
Seen fields(const Sight&, const schema::DialCancelledT& e) {
    return Json{{"seat", e.seat}, {"by", person_of(e.by)}};
}
Seen fields(const Sight& sight, const schema::PinRefusedT& e) {
    if (!sight.host()) return std::nullopt;
    return Json{
        {"caller", e.caller}, {"blocked", e.blocked}, {"cause", schema::EnumNameCause(e.cause)}};
}
Seen fields(const Sight&, const schema::SeatHeldT& e) {
    return Json{{"seat", e.seat}, {"on", e.on}};
}
Seen fields(const Sight&, const schema::SeatTalkingT& e) {
    return Json{{"seat", e.seat}, {"on", e.on}};
}
Seen fields(const Sight&, const schema::SeatSilentT& e) {
    return Json{{"seat", e.seat}, {"on", e.on}};
}
Seen fields(const Sight&, const schema::SeatMutedT& e) {
    return Json{{"seat", e.seat}, {"muted", e.muted}, {"by_host", e.by_host}};
}
Seen fields(const Sight&, const schema::AllMutedT& e) { return Json{{"muted", e.muted}}; }
Seen fields(const Sight&, const schema::HandRaisedT& e) {
    return Json{{"seat", e.seat}, {"raised", e.raised}};
}
Seen fields(const Sight&, const schema::SeatRemovedT& e) {
    return Json{{"seat", e.seat}, {"by", person_of(e.by)}};
}
Seen fields(const Sight&, const schema::LockSetT& e) { return Json{{"locked", e.locked}}; }
Seen fields(const Sight&, const schema::RecordingSetT& e) {
    return Json{{"recording", schema::EnumNameRecording(e.what)}, {"by", person_of(e.by)}};
}
Seen fields(const Sight& sight, const schema::SeatGainSetT& e) {
    if (!sight.host()) return std::nullopt;
    return Json{{"seat", e.seat}, {"in_db", e.in_db}, {"out_db", e.out_db}};
}
Seen fields(const Sight&, const schema::SeatDeafSetT& e) {
    return Json{{"seat", e.seat}, {"deaf", e.deaf}};
}
// Who is coached, and by whom, is the business of these two and of hosts.
Seen fields(const Sight& sight, const schema::WhisperSetT& e) {
    const bool concerned = sight.viewer.seats.contains(e.seat) || sight.viewer.seats.contains(e.to);
    if (!sight.host() && !concerned) return std::nullopt;
    return Json{{"seat", e.seat}, {"to", e.to == 0 ? Json(nullptr) : Json(e.to)}};
}
Seen fields(const Sight&, const schema::ConferenceEndedT& e) {
    return Json{{"by", person_of(e.by)}};
}

// call_leg/<leg>, number/<digits>, guard/<what>: for the server's command line only.
Seen fields(const Sight&, const schema::CallOfferedT& e) {
    return Json{
        {"caller", e.caller}, {"name", e.name},     {"user", text_or_null(e.user)},
        {"source", e.source}, {"called", e.called}, {"conference", text_or_null(e.conference)},
        {"codec", e.codec}};
}
Seen fields(const Sight&, const schema::CallPlacedT& e) {
    return Json{{"conference", e.conference},
                {"seat", e.seat},
                {"kind", schema::EnumNameTargetKind(e.kind)},
                {"target", e.target},
                {"name", e.name},
                {"caller", e.caller}};
}
Seen fields(const Sight&, const schema::LegRingingT&) { return Json::object(); }
Seen fields(const Sight&, const schema::LegAnsweredT& e) { return Json{{"codec", e.codec}}; }
Seen fields(const Sight&, const schema::ConferenceAskedT& e) {
    return Json{{"attempt", e.attempt}};
}
Seen fields(const Sight&, const schema::PinAskedT& e) {
    return Json{{"conference", e.conference}, {"attempt", e.attempt}};
}
Seen fields(const Sight&, const schema::PinTriedT&) { return Json::object(); }
Seen fields(const Sight&, const schema::LegAdmittedT& e) { return Json{{"seat", e.seat}}; }
Seen fields(const Sight&, const schema::LegHoldSetT& e) { return Json{{"on", e.on}}; }
Seen fields(const Sight&, const schema::LegEndedT& e) {
    return Json{{"cause", schema::EnumNameCause(e.cause)},
                {"sip_status", e.sip_status},
                {"by_us", e.by_us}};
}
Seen fields(const Sight&, const schema::NumberClaimedT& e) { return Json{{"owner", e.owner}}; }
Seen fields(const Sight&, const schema::NumberReleasedT& e) { return Json{{"owner", e.owner}}; }
Seen fields(const Sight&, const schema::StruckT& e) {
    return Json{{"reason", e.reason}, {"blocked_until", instant_json(e.blocked_until)}};
}
Seen fields(const Sight&, const schema::StrikesClearedT&) { return Json::object(); }

template <class T>
Seen one(const Sight& sight, const schema::EventUnion& event) {
    return fields(sight, *static_cast<const T*>(event.value));
}

}  // namespace

std::optional<Json> event_json(const Viewer& viewer, const StreamId& stream,
                               const schema::EventUnion& event) {
    using schema::Event;
    const Sight sight{viewer, stream};
    Seen seen;
// The enumerator and its table share a name; a list says it once.
#define EVENT(name) \
    case Event::name: seen = one<schema::name##T>(sight, event); break;
    switch (event.type) {
        case Event::NONE:
            return std::nullopt;
            EVENT(PhonesLost)
            EVENT(UserCreated)
            EVENT(PasswordSet)
            EVENT(UserDisabledSet)
            EVENT(MayDialNumbersSet)
            EVENT(PhoneAdded)
            EVENT(PhoneRemoved)
            EVENT(PhoneTextsSet)
            EVENT(PhoneRegistered)
            EVENT(PhoneRefreshed)
            EVENT(PhoneUnregistered)
            EVENT(SessionOpened)
            EVENT(SessionClosed)
            EVENT(ContactAdded)
            EVENT(ContactRemoved)
            EVENT(ConversationEntered)
            EVENT(ConversationLeft)
            EVENT(ConferenceEntered)
            EVENT(ConferenceLeft)
            EVENT(NumberAssigned)
            EVENT(NumberWithdrawn)
            EVENT(ConversationCreated)
            EVENT(MemberAdded)
            EVENT(MemberRemoved)
            EVENT(ConversationRenamed)
            EVENT(MessageSent)
            EVENT(ReadMarked)
            EVENT(ConferenceLinked)
            EVENT(ConferenceUnlinked)
            EVENT(ConferenceCreated)
            EVENT(PersonInvited)
            EVENT(SeatDialled)
            EVENT(SeatEntered)
            EVENT(SeatRinging)
            EVENT(SeatConnected)
            EVENT(SeatLeft)
            EVENT(DialCancelled)
            EVENT(PinRefused)
            EVENT(SeatHeld)
            EVENT(SeatTalking)
            EVENT(SeatSilent)
            EVENT(SeatMuted)
            EVENT(AllMuted)
            EVENT(HandRaised)
            EVENT(SeatRemoved)
            EVENT(LockSet)
            EVENT(ConferenceEnded)
            EVENT(RecordingSet)
            EVENT(SeatGainSet)
            EVENT(SeatDeafSet)
            EVENT(WhisperSet)
            EVENT(CallOffered)
            EVENT(CallPlaced)
            EVENT(LegRinging)
            EVENT(LegAnswered)
            EVENT(ConferenceAsked)
            EVENT(PinAsked)
            EVENT(PinTried)
            EVENT(LegAdmitted)
            EVENT(LegHoldSet)
            EVENT(LegEnded)
            EVENT(NumberClaimed)
            EVENT(NumberReleased)
            EVENT(Struck)
            EVENT(StrikesCleared)
    }
#undef EVENT
    if (!seen) return std::nullopt;
    (*seen)["type"] = snake_case(schema::EnumNameEvent(event.type));
    return seen;
}

}  // namespace web
