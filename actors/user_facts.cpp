// What a user's facts change in their state. Nothing here judges.
#include <algorithm>

#include "actors/user_phones.hpp"

namespace actors {
namespace {

using S = schema::UserStateT;

void fold(S& state, const Context&, const schema::UserCreatedT& fact) {
    state.exists = true;
    state.name = fact.name;
    state.display_name = fact.display_name;
    state.password = fact.password;
    state.admin = fact.admin;
    state.may_dial_numbers = fact.may_dial_numbers;
}
void fold(S& state, const Context&, const schema::PasswordSetT& fact) {
    state.password = fact.password;
    state.sessions.clear();
}
void fold(S& state, const Context&, const schema::UserDisabledSetT& fact) {
    state.disabled = fact.disabled;
    if (!fact.disabled) return;
    state.sessions.clear();
    for (auto& phone : state.phones) phone.bindings.clear();
}
void fold(S& state, const Context&, const schema::MayDialNumbersSetT& fact) {
    state.may_dial_numbers = fact.allowed;
}
void fold(S& state, const Context&, const schema::PhoneAddedT& fact) {
    auto& phone = state.phones.emplace_back();
    phone.label = fact.label;
    phone.ha1 = fact.ha1;
}
void fold(S& state, const Context&, const schema::PhoneRemovedT& fact) {
    std::erase_if(state.phones, [&](const auto& phone) { return phone.label == fact.label; });
}
void fold(S& state, const Context&, const schema::PhoneTextsSetT& fact) {
    if (auto* phone = phone_of(state.phones, fact.label)) phone->texts = fact.texts;
}
void fold(S& state, const Context&, const schema::PhoneRegisteredT& fact) {
    auto* phone = phone_of(state.phones, fact.label);
    ASSERT(phone && fact.binding.size() == 1);
    const auto& binding = fact.binding.front();
    if (auto* known = binding_of(phone->bindings, binding.contact)) {
        *known = binding;
    } else {
        phone->bindings.push_back(binding);
    }
}
void fold(S& state, const Context&, const schema::PhoneRefreshedT& fact) {
    auto* phone = phone_of(state.phones, fact.label);
    auto* known = phone ? binding_of(phone->bindings, fact.contact) : nullptr;
    ASSERT(known);
    known->call_id = fact.call_id;
    known->cseq = fact.cseq;
    known->expires_at = fact.expires_at;
}
void fold(S& state, const Context&, const schema::PhoneUnregisteredT& fact) {
    if (auto* phone = phone_of(state.phones, fact.label)) {
        std::erase_if(phone->bindings,
                      [&](const auto& binding) { return binding.contact == fact.contact; });
    }
}
void fold(S& state, const Context& at, const schema::SessionOpenedT& fact) {
    auto& session = state.sessions.emplace_back();
    session.token = fact.token;
    session.client = fact.client;
    session.opened_at = at.now.us;
    session.expires_at = fact.expires_at;
}
void fold(S& state, const Context&, const schema::SessionClosedT& fact) {
    std::erase_if(state.sessions, [&](const auto& session) { return session.token == fact.token; });
}
void fold(S& state, const Context&, const schema::ContactAddedT& fact) {
    state.contacts.push_back(fact.user);
}
void fold(S& state, const Context&, const schema::ContactRemovedT& fact) {
    std::erase(state.contacts, fact.user);
}
void fold(S& state, const Context&, const schema::ConversationEnteredT& fact) {
    state.conversations.push_back(fact.conversation);
}
void fold(S& state, const Context&, const schema::ConversationLeftT& fact) {
    std::erase(state.conversations, fact.conversation);
}
void fold(S& state, const Context&, const schema::ConferenceEnteredT& fact) {
    state.conferences.push_back(fact.conference);
}
void fold(S& state, const Context&, const schema::ConferenceLeftT& fact) {
    std::erase(state.conferences, fact.conference);
}
void fold(S& state, const Context&, const schema::NumberAssignedT& fact) {
    state.numbers.push_back(fact.number);
}
void fold(S& state, const Context&, const schema::NumberWithdrawnT& fact) {
    std::erase(state.numbers, fact.number);
}

}  // namespace

void User::apply(const Context& at, OneOf<Event> fact) {
    fact.visit([&](const auto& one) { fold(state, at, one); });
}

}  // namespace actors
