#include "replay/mentions.hpp"

#include "actors/call_leg.hpp"
#include "actors/conference.hpp"
#include "actors/conversation.hpp"
#include "actors/number.hpp"
#include "actors/user.hpp"

namespace replay {
namespace {

class Mentions {
public:
    void asker(std::string_view by) {
        if (const auto stream = parse_stream(by)) return void(names.push_back(stream->text()));
        one(StreamKind::user, actors::person_behind(by));
    }

    void in(const auto& told) {
        if constexpr (requires { told.leg; }) one(StreamKind::call_leg, told.leg);
        if constexpr (requires { told.user; }) one(StreamKind::user, told.user);
        if constexpr (requires { told.created_by; }) one(StreamKind::user, told.created_by);
        if constexpr (requires { told.people; }) all(told.people);
        if constexpr (requires { told.members; }) all(told.members);
        if constexpr (requires { told.conversation; })
            one(StreamKind::conversation, told.conversation);
        if constexpr (requires { std::string_view{told.number}; })
            one(StreamKind::number, told.number);
        if constexpr (requires { told.called; }) one(StreamKind::number, told.called);
        if constexpr (requires { told.target; }) {
            one(told.kind == schema::TargetKind::user ? StreamKind::user : StreamKind::number,
                told.target);
        }
    }

    std::vector<std::string> names;

private:
    void one(StreamKind kind, std::string_view name) {
        if (stream_name_allowed(name)) names.push_back(StreamId{kind, std::string{name}}.text());
    }
    void all(const std::vector<std::string>& people) {
        for (const std::string& name : people) one(StreamKind::user, name);
    }
};

template <class Variant, class Union>
void mentioned_in(const Union& any, Mentions& mentions) {
    if (const auto one = actors::narrow<Variant>(any))
        std::visit([&](const auto& told) { mentions.in(told); }, *one);
}

template <class Entity>
void mentioned_by(const schema::TransitionT& transition, Mentions& mentions) {
    mentioned_in<typename Entity::Command>(transition.command, mentions);
    for (const auto& event : transition.events)
        mentioned_in<typename Entity::Event>(event, mentions);
}

}  // namespace

std::vector<std::string> streams_mentioned(const schema::TransitionT& transition) {
    Mentions mentions;
    mentions.asker(transition.by);
    const auto stream = parse_stream(transition.stream);
    if (!stream) return {};
    // Only a conference and its legs are asked.
    if (stream->kind == StreamKind::conference)
        mentioned_by<actors::Conference>(transition, mentions);
    if (stream->kind == StreamKind::call_leg) mentioned_by<actors::CallLeg>(transition, mentions);
    return std::move(mentions.names);
}

}  // namespace replay
