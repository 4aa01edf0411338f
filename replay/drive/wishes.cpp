#include "replay/drive/wishes.hpp"

#include <map>

namespace replay {
namespace {

using Json = nlohmann::json;
using Kind = Wish::Kind;

Wish no(const std::string& why) { return {.kind = Kind::not_played, .not_played = why}; }
Wish telephone(Wish::Act act, const std::string& status = {}) {
    return {.kind = Kind::telephone, .act = act, .status = status};
}

Wish create_conference(const Json& fields) {
    Wish wish{.kind = Kind::create, .path = "/api/conferences"};
    const std::string title = fields.value("title", "");
    wish.body = {{"title", title.empty() ? "Conference" : title},
                 {"dial_policy", fields.value("dial_policy", "hosts")}};
    wish.body["people"] = fields.value("people", Json::array());  // none: not all of its chat
    if (!fields.value("conversation", "").empty())
        wish.body["conversation"] = fields["conversation"];
    if (fields.value("record", false)) wish.body["record"] = true;
    for (const char* name : {"capture", "level_voices", "gate_noise"}) {
        const std::string choice = fields.value(name, "as_set");
        if (choice != "as_set") wish.body[name] = choice == "yes";
    }
    const auto loudest = fields.value("loudest", std::uint64_t{0});
    if (loudest != 0) wish.body["loudest"] = loudest > 500 ? 0 : loudest;
    return wish;
}

Wish create_conversation(const Step& step) {
    Wish wish{.kind = Kind::create, .path = "/api/conversations"};
    Json others = Json::array();
    for (const Json& name : step.fields.value("members", Json::array())) {
        if (name.get<std::string>() != person_of(step.by)) others.push_back(name);
    }
    if (step.fields.value("kind", "") == "direct" && others.size() == 1)
        wish.body = {{"with", others[0]}};
    else
        wish.body = {{"title", step.fields.value("title", "")}, {"members", others}};
    return wish;
}

// A request whose body is some of the command's fields, by their names.
struct Plain {
    const char* path;
    std::vector<std::pair<const char*, const char*>> fields;  // of the command, of the body
};
const std::map<std::string, Plain> plain_requests{
    {"InvitePerson", {"/invite", {{"user", "user"}}}},
    {"CancelDial", {"/cancel", {{"seat", "seat"}}}},
    {"SetMuted", {"/mute", {{"seat", "seat"}, {"muted", "muted"}}}},
    {"SetAllMuted", {"/mute_all", {{"muted", "muted"}}}},
    {"RemoveSeat", {"/remove", {{"seat", "seat"}}}},
    {"SetLocked", {"/lock", {{"locked", "locked"}}}},
    {"EndConference", {"/end", {}}},
    {"SetRecording", {"/recording", {{"what", "recording"}}}},
    {"SetGain", {"/gain", {{"seat", "seat"}, {"in_db", "in_db"}, {"out_db", "out_db"}}}},
    {"SetDeaf", {"/deaf", {{"seat", "seat"}, {"deaf", "deaf"}}}},
    {"AddMember", {"/members", {{"user", "user"}}}},
    {"RenameConversation", {"/title", {{"title", "title"}}}},
    {"SendMessage", {"/messages", {{"client_id", "client_id"}, {"text", "text"}}}},
    {"MarkRead", {"/read", {{"sequence", "sequence"}}}},
};

// Requests with a field that is there only sometimes.
Wish special(const Step& step) {
    const Json& fields = step.fields;
    if (step.command == "SetHand") {
        Wish wish{.kind = Kind::request, .path = "/hand", .body = {{"raised", fields["raised"]}}};
        if (fields.value("seat", 0) != 0) wish.body["seat"] = fields["seat"];
        return wish;
    }
    if (step.command == "SetWhisper") {
        Wish wish{.kind = Kind::request, .path = "/whisper", .body = {{"seat", fields["seat"]}}};
        if (fields.value("to", 0) != 0) wish.body["to"] = fields["to"];
        return wish;
    }
    if (step.command == "RemoveMember")
        return {.kind = Kind::request,
                .method = "DELETE",
                .path = "/members/" + fields.value("user", ""),
                .body = nullptr};
    if (step.command == "Dial") {
        const std::string kind = fields.value("kind", "user");
        Wish wish{.kind = Kind::request, .path = "/dial", .body = {{kind, fields["target"]}}};
        if (kind != "user" && !fields.value("name", "").empty()) wish.body["name"] = fields["name"];
        return wish;
    }
    return {};
}

Wish by_person(const Step& step) {
    if (step.command == "CreateConference") return create_conference(step.fields);
    if (step.command == "CreateConversation") return create_conversation(step);
    if (step.command == "SendMessage" && step.fields.value("via", "web") == "phone")
        return {.kind = Kind::text};
    const auto found = plain_requests.find(step.command);
    if (found == plain_requests.end()) return special(step);
    Wish wish{.kind = Kind::request, .path = found->second.path};
    for (const auto& [from, to] : found->second.fields) wish.body[to] = step.fields[from];
    return wish;
}

// What the server finds out by itself before it has called anybody.
bool found_by_server(const std::string& cause, unsigned status) {
    return cause == "not_registered" || cause == "barred" || cause == "full" ||
           (cause == "unknown_number" && status == 484) || (cause == "failed" && status == 500);
}

Wish call_ended(const Step& step, const LegStory& leg) {
    const std::string cause = step.fields.value("cause", "");
    const unsigned status = step.fields.value("sip_status", 0u);
    if (cause == "media_timeout") return no("a telephone that sent no sound any more");
    if (cause == "failed" && status == 408) return no("a telephone that did not answer requests");
    if (leg.answered) return telephone(Wish::Act::hang_up);
    if (leg.inbound) return no("a caller who gave up before the server had answered");
    if (found_by_server(cause, status)) return {};
    if (status < 300) return no("a call that came to nothing without a status");
    return telephone(Wish::Act::refuse,
                     std::to_string(status) + (status == 486 ? " Busy Here" : " Refused"));
}

Wish by_telephone(const Step& step, const LegStory* leg) {
    if (leg == nullptr) return {};
    if (step.command == "IncomingCall")
        return leg->unfit != 0 ? no("a call that offered no sound of use")
                               : telephone(Wish::Act::call);
    if (step.command == "ConferenceKeyed") return telephone(Wish::Act::key_conference);
    if (step.command == "PinKeyed") return telephone(Wish::Act::key_pin);
    if (step.command == "CallHeld")
        return telephone(step.fields.value("on", false) ? Wish::Act::hold : Wish::Act::resume);
    if (step.command == "CallEnded") return call_ended(step, *leg);
    if (leg->inbound) return {};
    if (step.command == "CallRinging") return telephone(Wish::Act::ring);
    if (step.command == "CallAnswered") return telephone(Wish::Act::answer);
    return {};
}

}  // namespace

Wish wish_of(const Step& step, const LegStory* leg) {
    if (step.stream.starts_with("call_leg/")) return by_telephone(step, leg);
    if (step.command == "LegKeyed") return telephone(Wish::Act::key);
    const std::string kind = kind_of(step.by);
    if (kind == "user" || kind == "phone" || kind == "cli") return by_person(step);
    if (kind == "admin") return no(step.command + " by " + kind);
    return {};
}

std::string kind_of(const std::string& stream) { return stream.substr(0, stream.find('/')); }

std::string plural_of(const std::string& stream) {
    const std::size_t slash = stream.find('/');
    return stream.substr(0, slash) + "s" + stream.substr(slash);
}

}  // namespace replay
