#include "actors/user.hpp"

#include <algorithm>

#include "actors/limits.hpp"
#include "actors/user_phones.hpp"
#include "base/text.hpp"

namespace actors {
namespace {

using V = Verdict<User::Event>;
using Names = std::vector<std::string>;

V nothing() { return happens<User::Event>(); }

bool has(const Names& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

bool is_self(const Context& at) { return person_behind(at.by) == at.self.name; }
bool self_or_operator(const Context& at) { return is_operator(at.by) || is_self(at); }

// A fact that came from another entity: that entity itself, or the server, may say so.
bool from(const Context& at, StreamKind kind, const std::string& name) {
    return is_operator(at.by) || at.by == StreamId{kind, name}.text();
}

schema::PhoneUnregisteredT unregistered(const std::string& label, const std::string& contact,
                                        bool expired) {
    schema::PhoneUnregisteredT fact;
    fact.label = label;
    fact.contact = contact;
    fact.expired = expired;
    return fact;
}

schema::SessionClosedT closed(const schema::Hash& token, bool expired) {
    schema::SessionClosedT fact;
    fact.token = token;
    fact.expired = expired;
    return fact;
}

// ---- the account itself

V judge(const User& user, const Context& at, const schema::CreateUserT& wish) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (user.state.exists) return fail(Refusal::already_exists);
    if (!base::is_user_name(at.self.name)) return fail(Refusal::bad_name);
    if (wish.password.empty()) return fail(Refusal::bad_value);
    if (!wish.display_name.empty() &&
        !base::is_text(wish.display_name, display_name_bytes_max, false)) {
        return fail(Refusal::bad_text);
    }
    schema::UserCreatedT fact;
    fact.name = at.self.name;
    fact.display_name = wish.display_name.empty() ? at.self.name : wish.display_name;
    fact.password = wish.password;
    fact.admin = wish.admin;
    fact.may_dial_numbers = wish.may_dial_numbers;
    return happens<User::Event>(std::move(fact));
}

V judge(const User&, const Context& at, const schema::SetPasswordT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    if (wish.password.empty()) return fail(Refusal::bad_value);
    schema::PasswordSetT fact;
    fact.password = wish.password;
    return happens<User::Event>(std::move(fact));
}

V judge(const User& user, const Context& at, const schema::SetUserDisabledT& wish) {
    if (!is_operator(at.by) || is_self(at)) return fail(Refusal::not_allowed);
    if (user.state.disabled == wish.disabled) return nothing();
    schema::UserDisabledSetT fact;
    fact.disabled = wish.disabled;
    return happens<User::Event>(fact);
}

V judge(const User& user, const Context& at, const schema::SetMayDialNumbersT& wish) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (user.state.may_dial_numbers == wish.allowed) return nothing();
    schema::MayDialNumbersSetT fact;
    fact.allowed = wish.allowed;
    return happens<User::Event>(fact);
}

// ---- phones

V judge(const User& user, const Context& at, const schema::AddPhoneT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    if (!base::is_label(wish.label)) return fail(Refusal::bad_name);
    if (wish.ha1.empty()) return fail(Refusal::bad_value);
    if (phone_of(user.state.phones, wish.label)) return fail(Refusal::already_exists);
    if (user.state.phones.size() >= phones_max) return fail(Refusal::full);
    schema::PhoneAddedT fact;
    fact.label = wish.label;
    fact.ha1 = wish.ha1;
    return happens<User::Event>(std::move(fact));
}

V judge(const User& user, const Context& at, const schema::RemovePhoneT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    if (!phone_of(user.state.phones, wish.label)) return fail(Refusal::no_such_phone);
    schema::PhoneRemovedT fact;
    fact.label = wish.label;
    return happens<User::Event>(std::move(fact));
}

V judge(const User& user, const Context& at, const schema::SetPhoneTextsT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    const auto* phone = phone_of(user.state.phones, wish.label);
    if (!phone) return fail(Refusal::no_such_phone);
    if (phone->texts == wish.texts) return nothing();
    schema::PhoneTextsSetT fact;
    fact.label = wish.label;
    fact.texts = wish.texts;
    return happens<User::Event>(std::move(fact));
}

V judge(const User& user, const Context& at, const schema::RegisterPhoneT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    if (user.state.disabled) return fail(Refusal::disabled);
    const auto* phone = phone_of(user.state.phones, wish.label);
    if (!phone) return fail(Refusal::no_such_phone);
    if (wish.contact.empty() || wish.contact.size() > 2 * address_bytes_max ||
        wish.expires_s == 0) {
        return fail(Refusal::bad_value);
    }
    const std::int64_t expires_at = (at.now + seconds(wish.expires_s)).us;
    const auto* known = binding_of(phone->bindings, wish.contact);
    // RFC 3261, 10.3, step 7: within one Call-ID, only a higher CSeq may change a binding.
    if (known && known->call_id == wish.call_id && wish.cseq <= known->cseq)
        return fail(Refusal::stale);
    if (known && known->call_id == wish.call_id && known->source == wish.source) {
        schema::PhoneRefreshedT fact;
        fact.label = wish.label;
        fact.contact = wish.contact;
        fact.call_id = wish.call_id;
        fact.cseq = wish.cseq;
        fact.expires_at = expires_at;
        return happens<User::Event>(std::move(fact));
    }
    if (!known && phone->bindings.size() >= bindings_max) return fail(Refusal::full);
    schema::PhoneRegisteredT fact;
    fact.label = wish.label;
    auto& binding = fact.binding.emplace_back();
    binding.contact = wish.contact;
    binding.source = wish.source;
    binding.user_agent = wish.user_agent.substr(0, 100);
    binding.call_id = wish.call_id;
    binding.cseq = wish.cseq;
    binding.expires_at = expires_at;
    return happens<User::Event>(std::move(fact));
}

V judge(const User& user, const Context& at, const schema::UnregisterPhoneT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    const auto* phone = phone_of(user.state.phones, wish.label);
    if (!phone) return fail(Refusal::no_such_phone);
    std::vector<User::Event> events;
    for (const auto& binding : phone->bindings) {
        if (wish.contact == "*" || wish.contact == binding.contact) {
            events.push_back(unregistered(wish.label, binding.contact, false));
        }
    }
    return V{std::move(events)};
}

// ---- sessions

V judge(const User& user, const Context& at, const schema::OpenSessionT& wish) {
    if (!is_operator(at.by))
        return fail(Refusal::not_allowed);  // the edge, once the password fitted
    if (user.state.disabled) return fail(Refusal::disabled);
    if (wish.lasts_s == 0) return fail(Refusal::bad_value);
    const bool open = std::ranges::any_of(user.state.sessions,
                                          [&](const auto& s) { return s.token == wish.token; });
    if (open) return nothing();
    std::vector<User::Event> events;
    if (user.state.sessions.size() >= sessions_max) {
        events.push_back(closed(user.state.sessions.front().token, false));
    }
    schema::SessionOpenedT fact;
    fact.token = wish.token;
    fact.client = wish.client.substr(0, 100);
    fact.expires_at = (at.now + seconds(wish.lasts_s)).us;
    events.push_back(std::move(fact));
    return V{std::move(events)};
}

V judge(const User& user, const Context& at, const schema::CloseSessionT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    const bool known = std::ranges::any_of(user.state.sessions,
                                           [&](const auto& s) { return s.token == wish.token; });
    if (!known) return nothing();
    return happens<User::Event>(closed(wish.token, false));
}

V judge(const User& user, const Context& at, const schema::WakeT&) {
    std::vector<User::Event> events;
    for (const auto& phone : user.state.phones) {
        for (const auto& binding : phone.bindings) {
            if (Instant{binding.expires_at} <= at.now) {
                events.push_back(unregistered(phone.label, binding.contact, true));
            }
        }
    }
    for (const auto& session : user.state.sessions) {
        if (Instant{session.expires_at} <= at.now) events.push_back(closed(session.token, true));
    }
    return V{std::move(events)};
}

// ---- lists of names: contacts, conversations, conferences, numbers

template <class Fact>
V named(std::string Fact::*field, const std::string& name) {
    Fact fact;
    fact.*field = name;
    return happens<User::Event>(std::move(fact));
}

V judge(const User& user, const Context& at, const schema::AddContactT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    if (!base::is_user_name(wish.user) || wish.user == at.self.name) return fail(Refusal::bad_name);
    if (has(user.state.contacts, wish.user)) return nothing();
    if (user.state.contacts.size() >= contacts_max) return fail(Refusal::full);
    return named(&schema::ContactAddedT::user, wish.user);
}

V judge(const User& user, const Context& at, const schema::RemoveContactT& wish) {
    if (!self_or_operator(at)) return fail(Refusal::not_allowed);
    if (!has(user.state.contacts, wish.user)) return nothing();
    return named(&schema::ContactRemovedT::user, wish.user);
}

V judge(const User& user, const Context& at, const schema::EnterConversationT& wish) {
    if (!from(at, StreamKind::conversation, wish.conversation)) return fail(Refusal::not_allowed);
    if (has(user.state.conversations, wish.conversation)) return nothing();
    if (user.state.conversations.size() >= memberships_max) return fail(Refusal::full);
    return named(&schema::ConversationEnteredT::conversation, wish.conversation);
}

V judge(const User& user, const Context& at, const schema::LeaveConversationT& wish) {
    if (!from(at, StreamKind::conversation, wish.conversation)) return fail(Refusal::not_allowed);
    if (!has(user.state.conversations, wish.conversation)) return nothing();
    return named(&schema::ConversationLeftT::conversation, wish.conversation);
}

V judge(const User& user, const Context& at, const schema::EnterConferenceT& wish) {
    if (!from(at, StreamKind::conference, wish.conference)) return fail(Refusal::not_allowed);
    if (has(user.state.conferences, wish.conference)) return nothing();
    if (user.state.conferences.size() >= memberships_max) return fail(Refusal::full);
    return named(&schema::ConferenceEnteredT::conference, wish.conference);
}

V judge(const User& user, const Context& at, const schema::LeaveConferenceT& wish) {
    if (!from(at, StreamKind::conference, wish.conference)) return fail(Refusal::not_allowed);
    if (!has(user.state.conferences, wish.conference)) return nothing();
    return named(&schema::ConferenceLeftT::conference, wish.conference);
}

V judge(const User& user, const Context& at, const schema::AssignNumberT& wish) {
    if (!from(at, StreamKind::number, wish.number)) return fail(Refusal::not_allowed);
    if (has(user.state.numbers, wish.number)) return nothing();
    return named(&schema::NumberAssignedT::number, wish.number);
}

V judge(const User& user, const Context& at, const schema::WithdrawNumberT& wish) {
    if (!from(at, StreamKind::number, wish.number)) return fail(Refusal::not_allowed);
    if (!has(user.state.numbers, wish.number)) return nothing();
    return named(&schema::NumberWithdrawnT::number, wish.number);
}

}  // namespace

V User::decide(const Context& at, OneOf<Command> wish) const {
    if (!state.exists && !wish.holds<schema::CreateUserT>()) return fail(Refusal::no_such_user);
    return wish.visit([&](const auto& one) { return judge(*this, at, one); });
}

journal::Agenda User::agenda() const {
    Instant first{};
    const auto consider = [&](std::int64_t expires_at) {
        if (first == Instant{} || Instant{expires_at} < first) first = Instant{expires_at};
    };
    for (const auto& phone : state.phones) {
        for (const auto& binding : phone.bindings) consider(binding.expires_at);
    }
    for (const auto& session : state.sessions) consider(session.expires_at);
    return {.wake_at = first, .on_restart = false};
}

}  // namespace actors
