#include "actors/conversation.hpp"

#include <algorithm>

#include "actors/limits.hpp"
#include "base/planted.hpp"
#include "base/text.hpp"

namespace actors {
namespace {

using V = Verdict<Conversation::Event>;
using S = schema::ConversationStateT;

V nothing() { return happens<Conversation::Event>(); }

template <class State>
auto* member_of(State& state, std::string_view user) {
    const auto found = std::ranges::find(state.members, user, &schema::MemberT::user);
    return found == state.members.end() ? nullptr : &*found;
}

bool asked_by_member(const S& state, const Context& at) {
    const std::string_view person = person_behind(at.by);
    return !person.empty() && member_of(state, person);
}

bool may_steer(const S& state, const Context& at) {
    return is_operator(at.by) || asked_by_member(state, at);
}

V judge(const S& state, const Context& at, const schema::CreateConversationT& wish) {
    const std::string person{person_behind(at.by)};
    if (person.empty() && !is_operator(at.by)) return fail(Refusal::not_allowed);
    if (state.exists) return fail(Refusal::already_exists);
    std::vector<std::string> members;
    if (!person.empty() && !is_operator(at.by)) members.push_back(person);
    for (const std::string& member : wish.members) {
        if (!base::is_user_name(member)) return fail(Refusal::bad_name);
        if (std::ranges::find(members, member) == members.end()) members.push_back(member);
    }
    if (members.empty()) return fail(Refusal::bad_value);
    if (members.size() > members_max) return fail(Refusal::full);
    const bool direct = wish.kind == schema::ConversationKind::direct;
    if (direct &&
        (members.size() != 2 || at.self.name != direct_conversation(members[0], members[1]))) {
        return fail(Refusal::bad_value);
    }
    if (!direct && at.self.name.starts_with("direct:")) return fail(Refusal::bad_name);
    if (!wish.title.empty() && !base::is_text(wish.title, title_bytes_max, false))
        return fail(Refusal::bad_text);
    schema::ConversationCreatedT fact;
    fact.kind = wish.kind;
    fact.title = wish.title;
    fact.members = std::move(members);
    fact.created_by = person;
    return happens<Conversation::Event>(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::AddMemberT& wish) {
    if (!may_steer(state, at)) return fail(Refusal::not_a_member);
    if (state.kind == schema::ConversationKind::direct) return fail(Refusal::not_allowed);
    if (!base::is_user_name(wish.user)) return fail(Refusal::bad_name);
    if (member_of(state, wish.user)) return nothing();
    if (state.members.size() >= members_max) return fail(Refusal::full);
    schema::MemberAddedT fact;
    fact.user = wish.user;
    return happens<Conversation::Event>(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::RemoveMemberT& wish) {
    if (!may_steer(state, at)) return fail(Refusal::not_a_member);
    const std::string_view person = person_behind(at.by);
    const bool may = is_operator(at.by) || person == wish.user || person == state.created_by;
    if (!may || state.kind == schema::ConversationKind::direct) return fail(Refusal::not_allowed);
    if (!member_of(state, wish.user)) return nothing();
    schema::MemberRemovedT fact;
    fact.user = wish.user;
    return happens<Conversation::Event>(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::RenameConversationT& wish) {
    if (!may_steer(state, at)) return fail(Refusal::not_a_member);
    if (state.kind == schema::ConversationKind::direct) return fail(Refusal::not_allowed);
    if (!base::is_text(wish.title, title_bytes_max, false)) return fail(Refusal::bad_text);
    if (wish.title == state.title) return nothing();
    schema::ConversationRenamedT fact;
    fact.title = wish.title;
    return happens<Conversation::Event>(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::SendMessageT& wish) {
    if (!asked_by_member(state, at)) return fail(Refusal::not_a_member);
    if (!base::is_text(wish.text, text_bytes_max, true)) return fail(Refusal::bad_text);
    if (wish.client_id.size() > client_id_bytes_max ||
        (!wish.client_id.empty() && !base::is_utf8(wish.client_id))) {
        return fail(Refusal::bad_value);
    }
    schema::MessageSentT fact;
    fact.from = std::string{person_behind(at.by)};
    fact.text = wish.text;
    fact.client_id = wish.client_id;
    fact.via = wish.via.substr(0, 16);
    fact.number =
        state.messages + (planted::is("message_number_reused") && at.sequence % 7 == 0 ? 0 : 1);
    return happens<Conversation::Event>(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::MarkReadT& wish) {
    const auto* member = member_of(state, person_behind(at.by));
    if (!member) return fail(Refusal::not_a_member);
    if (wish.sequence >= at.sequence) return fail(Refusal::bad_value);  // nothing there yet
    if (wish.sequence <= member->read_up_to) return nothing();
    schema::ReadMarkedT fact;
    fact.user = member->user;
    fact.sequence = wish.sequence;
    return happens<Conversation::Event>(std::move(fact));
}

bool from_conference(const Context& at, const std::string& conference) {
    return is_operator(at.by) || at.by == StreamId{StreamKind::conference, conference}.text();
}

V judge(const S& state, const Context& at, const schema::LinkConferenceT& wish) {
    if (!from_conference(at, wish.conference)) return fail(Refusal::not_allowed);
    if (state.conference == wish.conference) return nothing();
    schema::ConferenceLinkedT fact;
    fact.conference = wish.conference;
    return happens<Conversation::Event>(std::move(fact));
}

V judge(const S& state, const Context& at, const schema::UnlinkConferenceT& wish) {
    if (!from_conference(at, wish.conference)) return fail(Refusal::not_allowed);
    if (state.conference != wish.conference) return nothing();
    schema::ConferenceUnlinkedT fact;
    fact.conference = wish.conference;
    return happens<Conversation::Event>(std::move(fact));
}

void add_member(S& state, const Context& at, const std::string& user) {
    auto& member = state.members.emplace_back();
    member.user = user;
    member.joined_at = at.now.us;
}

void fold(S& state, const Context& at, const schema::ConversationCreatedT& fact) {
    state.exists = true;
    state.kind = fact.kind;
    state.title = fact.title;
    state.created_by = fact.created_by;
    for (const std::string& user : fact.members) add_member(state, at, user);
}
void fold(S& state, const Context& at, const schema::MemberAddedT& fact) {
    add_member(state, at, fact.user);
}
void fold(S& state, const Context&, const schema::MemberRemovedT& fact) {
    std::erase_if(state.members, [&](const auto& member) { return member.user == fact.user; });
}
void fold(S& state, const Context&, const schema::ConversationRenamedT& fact) {
    state.title = fact.title;
}
void fold(S& state, const Context& at, const schema::MessageSentT& fact) {
    state.messages = fact.number;
    state.last_message_at = at.now.us;
    if (auto* sender = member_of(state, fact.from)) sender->read_up_to = at.sequence;
}
void fold(S& state, const Context&, const schema::ReadMarkedT& fact) {
    if (auto* member = member_of(state, fact.user)) member->read_up_to = fact.sequence;
}
void fold(S& state, const Context&, const schema::ConferenceLinkedT& fact) {
    state.conference = fact.conference;
}
void fold(S& state, const Context&, const schema::ConferenceUnlinkedT&) {
    state.conference.clear();
}

template <class Told>
void tell_user(const Context& at, const std::string& user, Effects& effects) {
    Told told;
    told.conversation = at.self.name;
    effects.emplace_back(Tell{{StreamKind::user, user}, command(std::move(told))});
}

void follow(const S&, const Context& at, const schema::ConversationCreatedT& fact,
            Effects& effects) {
    for (const std::string& user : fact.members)
        tell_user<schema::EnterConversationT>(at, user, effects);
}
void follow(const S&, const Context& at, const schema::MemberAddedT& fact, Effects& effects) {
    tell_user<schema::EnterConversationT>(at, fact.user, effects);
}
void follow(const S&, const Context& at, const schema::MemberRemovedT& fact, Effects& effects) {
    tell_user<schema::LeaveConversationT>(at, fact.user, effects);
}
void follow(const S& state, const Context& at, const schema::MessageSentT& fact, Effects& effects) {
    for (const auto& member : state.members) {
        if (member.user != fact.from)
            effects.emplace_back(OfferText{member.user, fact.from, at.self.name, fact.text});
    }
}
template <class Fact>
void follow(const S&, const Context&, const Fact&, Effects&) {}  // the others concern nobody else

}  // namespace

std::string direct_conversation(const std::string& one, const std::string& other) {
    return "direct:" + std::min(one, other) + ":" + std::max(one, other);
}

V Conversation::decide(const Context& at, OneOf<Command> wish) const {
    if (!state.exists && !wish.holds<schema::CreateConversationT>()) {
        return fail(Refusal::no_such_conversation);
    }
    return wish.visit([&](const auto& one) { return judge(state, at, one); });
}

void Conversation::apply(const Context& at, OneOf<Event> fact) {
    fact.visit([&](const auto& one) { fold(state, at, one); });
}

void Conversation::react(const Context& at, OneOf<Event> fact, Effects& effects) const {
    fact.visit([&](const auto& one) { follow(state, at, one, effects); });
}

}  // namespace actors
