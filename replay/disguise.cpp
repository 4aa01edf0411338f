#include "replay/disguise.hpp"

#include "actors/call_leg.hpp"
#include "actors/conference.hpp"
#include "actors/conversation.hpp"
#include "actors/guard.hpp"
#include "actors/limits.hpp"
#include "actors/number.hpp"
#include "actors/user.hpp"
#include "journal/stored.hpp"

namespace replay {
namespace {

constexpr char dummy_password[] = "$argon2id$v=19$m=65536,t=2,p=1$cHNldWRvbnlt$cHNldWRvbnltaXNlZA";
constexpr char dummy_secret[] = "pseudonymised";
constexpr std::uint32_t effects_max = 8192;  // of one transition: a seat has two, a few more

using journal::loaded;
using journal::stored;

/// What `decide` cuts is cut before it is replaced: the pseudonym of the short word is what both
/// command and event then hold.
void cut(std::string& text, std::size_t bytes_max) {
    if (text.size() > bytes_max) text.resize(bytes_max);
}

void replace_names(auto& one, Pseudonyms& words) {
    const auto word = [&](std::string& text) { text = words.word(text); };
    if constexpr (requires { one.user; }) word(one.user);
    if constexpr (requires { one.name; }) {
        one.name = actors::shown(one.name, actors::display_name_bytes_max);
        word(one.name);
    }
    if constexpr (requires { one.display_name; }) word(one.display_name);
    if constexpr (requires { one.created_by; }) word(one.created_by);
    if constexpr (requires { one.from; }) word(one.from);
    if constexpr (requires { one.people; }) {
        for (std::string& name : one.people) word(name);
    }
    if constexpr (requires { one.members; }) {
        for (std::string& name : one.members) word(name);
    }
    if constexpr (requires { one.conversation; }) word(one.conversation);
    if constexpr (requires { one.conference; }) word(one.conference);
    if constexpr (requires { one.number = std::string{}; }) word(one.number);
    if constexpr (requires { one.owner; }) {
        if (one.owner != "access") word(one.owner);
    }
    if constexpr (requires { one.leg; }) one.leg = words.leg(one.leg);
    if constexpr (requires { one.label; }) one.label = words.label(one.label);
    if constexpr (requires { one.by; }) {
        using T = std::remove_cvref_t<decltype(one)>;
        constexpr bool whole =
            std::is_same_v<T, schema::ConferenceEndedT> || std::is_same_v<T, schema::RecordingSetT>;
        one.by = whole ? words.asker(one.by) : words.word(one.by);  // others tell the person only
    }
}

void replace_addresses(auto& one, Pseudonyms& words) {
    const auto word = [&](std::string& text) { text = words.word(text); };
    if constexpr (requires { one.caller; }) {
        one.caller = actors::shown(one.caller, actors::address_bytes_max);
        word(one.caller);
    }
    if constexpr (requires { one.called; }) {
        one.called = actors::shown(one.called, actors::address_bytes_max);
        word(one.called);
    }
    if constexpr (requires { one.digits; }) word(one.digits);
    if constexpr (requires { one.target; }) word(one.target);
    if constexpr (requires { one.address; }) word(one.address);
    if constexpr (requires { one.source; }) word(one.source);
    if constexpr (requires { one.contact; }) {
        if (one.contact != "*") word(one.contact);
    }
    if constexpr (requires { one.call_id; }) word(one.call_id);
    if constexpr (requires { one.user_agent; }) {
        cut(one.user_agent, 100);
        word(one.user_agent);
    }
    if constexpr (requires { one.client; }) {
        cut(one.client, 100);
        word(one.client);
    }
    if constexpr (requires { one.binding; }) {
        for (auto& binding : one.binding) replace_addresses(binding, words);
    }
}

void replace_texts(auto& one, Pseudonyms& words) {
    const auto word = [&](std::string& text) { text = words.word(text); };
    if constexpr (requires { one.title; }) word(one.title);
    if constexpr (requires { one.text; }) word(one.text);
    if constexpr (requires { one.client_id; }) word(one.client_id);
    if constexpr (requires { one.reason; }) {
        cut(one.reason, 80);
        if (one.reason != "wrong PIN" && one.reason != "wrong password") word(one.reason);
    }
    if constexpr (requires { one.via; }) {
        cut(one.via, 16);
        if (one.via != "web" && one.via != "phone") one.via = words.label(one.via);
    }
}

void replace_secrets(auto& one, Pseudonyms& words) {
    const auto hash = [&](schema::Hash& secret) { secret = stored(words.hash(loaded(secret))); };
    if constexpr (requires { one.password; }) {
        if (!one.password.empty()) one.password = dummy_password;
    }
    if constexpr (requires { one.ha1; }) {
        if (!one.ha1.empty()) one.ha1 = dummy_secret;
    }
    if constexpr (requires { one.sealed_pins; }) {
        if (!one.sealed_pins.empty()) one.sealed_pins = dummy_secret;
    }
    if constexpr (requires { one.pin; }) hash(one.pin);
    if constexpr (requires { one.host_pin; }) hash(one.host_pin);
    if constexpr (requires { one.guest_pin; }) hash(one.guest_pin);
    if constexpr (requires { one.token; }) hash(one.token);
}

template <class Variant, class Union>
void replace_in(Union& any, Pseudonyms& words) {
    auto one = actors::narrow<Variant>(any);
    if (!one) return;
    std::visit(
        [&](auto& held) {
            replace_names(held, words);
            replace_addresses(held, words);
            replace_texts(held, words);
            replace_secrets(held, words);
            any.Set(std::move(held));
        },
        *one);
}

template <class Entity>
void replace_of(schema::TransitionT& transition, Pseudonyms& words) {
    replace_in<typename Entity::Command>(transition.command, words);
    for (auto& event : transition.events) replace_in<typename Entity::Event>(event, words);
}

void replace_all(StreamKind kind, schema::TransitionT& transition, Pseudonyms& words) {
    switch (kind) {
        case StreamKind::user: return replace_of<actors::User>(transition, words);
        case StreamKind::conversation: return replace_of<actors::Conversation>(transition, words);
        case StreamKind::conference: return replace_of<actors::Conference>(transition, words);
        case StreamKind::call_leg: return replace_of<actors::CallLeg>(transition, words);
        case StreamKind::number: return replace_of<actors::Number>(transition, words);
        case StreamKind::guard: return replace_of<actors::Guard>(transition, words);
    }
}

}  // namespace

std::vector<std::string> disguised_fields() {
    return {"user",    "name",         "display_name", "created_by", "from",       "people",
            "members", "conversation", "conference",   "number",     "owner",      "leg",
            "label",   "by",           "caller",       "called",     "digits",     "target",
            "address", "source",       "contact",      "call_id",    "user_agent", "client",
            "title",   "text",         "client_id",    "reason",     "via",        "password",
            "ha1",     "sealed_pins",  "pin",          "host_pin",   "guest_pin",  "token"};
}

schema::TransitionT Disguise::disguised(const schema::TransitionT& transition) {
    schema::TransitionT told = transition;
    told.stream = words_.stream(transition.stream);
    // The id first: a dialled leg is named after it.
    disguise_ids(told, transition);
    told.by = words_.asker(transition.by);
    if (const auto stream = parse_stream(transition.stream))
        replace_all(stream->kind, told, words_);
    return told;
}

// Ids of commands that a transition caused follow from its stream's name; they go on to do so.
void Disguise::disguise_ids(schema::TransitionT& told, const schema::TransitionT& original) {
    const CommandId id = loaded(original.command_id), cause = loaded(original.cause_id);
    const auto found = by_command_.find(cause);
    if (found != by_command_.end()) {
        Caused& by = found->second;
        for (std::uint32_t tried = 0; tried < effects_max; ++tried) {
            const std::uint32_t index = (by.next_index + tried) % effects_max;
            if (derived_command_id(by.stream, by.sequence, index) != id) continue;
            words_.set_id(id, derived_command_id(by.other_stream, by.sequence, index));
            by.next_index = index + 1;
            break;
        }
    }
    const CommandId new_id = words_.id(id), new_cause = words_.id(cause);
    told.command_id = stored(new_id);
    told.cause_id = stored(new_cause);
    by_command_[id] = {original.stream, told.stream, original.sequence, 0};
}

}  // namespace replay
