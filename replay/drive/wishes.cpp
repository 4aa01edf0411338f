#include "replay/drive/wishes.hpp"

#include <map>

namespace replay {
namespace {

using Json = nlohmann::json;
using Kind = Wish::Kind;

Wish no(const std::string& why) { return {.kind = Kind::not_driven, .not_driven = why}; }
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
        if ("user/" + name.get<std::string>() != step.by) others.push_back(name);
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
        if (fields.value("kind", "") != "user") return no("Dial of a number or an address");
        return {.kind = Kind::request, .path = "/dial", .body = {{"user", fields["target"]}}};
    }
    return {};
}

Wish by_person(const Step& step) {
    if (step.command == "CreateConference") return create_conference(step.fields);
    if (step.command == "CreateConversation") return create_conversation(step);
    if (step.command == "SendMessage" && step.fields.value("via", "web") != "web")
        return no("SendMessage by a telephone");
    const auto found = plain_requests.find(step.command);
    if (found == plain_requests.end()) return special(step);
    Wish wish{.kind = Kind::request, .path = found->second.path};
    for (const auto& [from, to] : found->second.fields) wish.body[to] = step.fields[from];
    return wish;
}

Wish by_telephone(const Step& step) {
    const std::string phase = step.fields.value("phase", ""),
                      cause = step.fields.value("cause", "");
    if (phase == "ringing") return telephone(Wish::Act::ring);
    if (phase == "connected") return telephone(Wish::Act::answer);
    if (phase != "left") return {};
    if (cause == "hung_up") return telephone(Wish::Act::hang_up);
    if (cause == "busy") return telephone(Wish::Act::refuse, "486 Busy Here");
    if (cause == "refused") return telephone(Wish::Act::refuse, "603 Decline");
    return {};
}

}  // namespace

Wish wish_of(const Step& step) {
    if (step.command == "TryPin") return {.kind = Kind::key};
    if (step.command == "LegChanged") return by_telephone(step);
    if (step.command == "LegKeyed") return telephone(Wish::Act::key);
    if (step.command == "LegHeld") return no("hold and resume");
    if (step.command == "Restarted") return no("a restart of the server");
    const std::string kind = kind_of(step.by);
    if (kind == "user") return by_person(step);
    if (kind == "cli" || kind == "admin" || kind == "phone")
        return no(step.command + " by " + kind);
    return {};
}

std::string kind_of(const std::string& stream) { return stream.substr(0, stream.find('/')); }

std::string plural_of(const std::string& stream) {
    const std::size_t slash = stream.find('/');
    return stream.substr(0, slash) + "s" + stream.substr(slash);
}

}  // namespace replay
