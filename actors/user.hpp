// User: a person: how they sign in, which phones they have, where they take part.
// Passwords arrive hashed and phone secrets sealed; this entity never sees either in clear.
#pragma once

#include "actors/entity.hpp"

namespace actors {

struct User {
    using State = schema::UserStateT;
    using Command =
        std::variant<schema::WakeT, schema::CreateUserT, schema::SetPasswordT,
                     schema::SetUserDisabledT, schema::SetMayDialNumbersT, schema::AddPhoneT,
                     schema::RemovePhoneT, schema::SetPhoneTextsT, schema::RegisterPhoneT,
                     schema::UnregisterPhoneT, schema::OpenSessionT, schema::CloseSessionT,
                     schema::AddContactT, schema::RemoveContactT, schema::EnterConversationT,
                     schema::LeaveConversationT, schema::EnterConferenceT, schema::LeaveConferenceT,
                     schema::AssignNumberT, schema::WithdrawNumberT>;
    using Event =
        std::variant<schema::UserCreatedT, schema::PasswordSetT, schema::UserDisabledSetT,
                     schema::MayDialNumbersSetT, schema::PhoneAddedT, schema::PhoneRemovedT,
                     schema::PhoneTextsSetT, schema::PhoneRegisteredT, schema::PhoneRefreshedT,
                     schema::PhoneUnregisteredT, schema::SessionOpenedT, schema::SessionClosedT,
                     schema::ContactAddedT, schema::ContactRemovedT, schema::ConversationEnteredT,
                     schema::ConversationLeftT, schema::ConferenceEnteredT, schema::ConferenceLeftT,
                     schema::NumberAssignedT, schema::NumberWithdrawnT>;

    State state;

    [[nodiscard]] Verdict<Event> decide(const Context&, OneOf<Command>) const;
    void apply(const Context&, OneOf<Event>);
    void react(const Context&, OneOf<Event>, Effects&) const {}  // concerns nobody else
    /// Wakes when the next registration or session expires.
    [[nodiscard]] journal::Agenda agenda() const;
};

}  // namespace actors
