// Conversation: people who write to each other: two ("direct:<a>:<b>", names sorted) or a group.
// A message's number in the conversation counts 1, 2, 3, ...; its sequence is its transition's.
#pragma once

#include "actors/entity.hpp"

namespace actors {

struct Conversation {
    using State = schema::ConversationStateT;
    using Command =
        std::variant<schema::CreateConversationT, schema::AddMemberT, schema::RemoveMemberT,
                     schema::RenameConversationT, schema::SendMessageT, schema::MarkReadT,
                     schema::LinkConferenceT, schema::UnlinkConferenceT>;
    using Event =
        std::variant<schema::ConversationCreatedT, schema::MemberAddedT, schema::MemberRemovedT,
                     schema::ConversationRenamedT, schema::MessageSentT, schema::ReadMarkedT,
                     schema::ConferenceLinkedT, schema::ConferenceUnlinkedT>;

    State state;

    [[nodiscard]] Verdict<Event> decide(const Context&, OneOf<Command>) const;
    void apply(const Context&, OneOf<Event>);
    void react(const Context&, OneOf<Event>, Effects&) const;
    [[nodiscard]] journal::Agenda agenda() const { return {}; }
};

/// The name of the conversation of two people, the same whoever asks.
[[nodiscard]] std::string direct_conversation(const std::string& one, const std::string& other);

}  // namespace actors
