#include "actors/conversation.hpp"

#include <doctest.h>

#include "actors/limits.hpp"
#include "tests/subject.hpp"

using actors::Conversation;
using actors::Refusal;
using tests::Subject;
using tests::with;

namespace {

using Names = std::vector<std::string>;

schema::CreateConversationT group(Names members, std::string title = "Team") {
    return with<schema::CreateConversationT>([&](auto& w) {
        w.kind = schema::ConversationKind::group;
        w.members = std::move(members);
        w.title = std::move(title);
    });
}
schema::CreateConversationT direct(Names members) {
    return with<schema::CreateConversationT>([&](auto& w) {
        w.kind = schema::ConversationKind::direct;
        w.members = std::move(members);
    });
}
schema::SendMessageT message(std::string text) {
    return with<schema::SendMessageT>([&](auto& w) { w.text = std::move(text); });
}
template <class T>
T of_user(std::string name) {
    T wish;
    wish.user = std::move(name);
    return wish;
}
template <class T>
T of_conference(std::string id) {
    T wish;
    wish.conference = std::move(id);
    return wish;
}
schema::RenameConversationT title(std::string text) {
    return with<schema::RenameConversationT>([&](auto& w) { w.title = std::move(text); });
}
schema::MarkReadT read_up_to(std::uint64_t sequence) {
    return with<schema::MarkReadT>([&](auto& w) { w.sequence = sequence; });
}

Subject<Conversation> fresh(std::string name = "team") {
    return {.self = {StreamKind::conversation, std::move(name)}};
}
Subject<Conversation> team() {
    auto one = fresh();
    REQUIRE(one.tell("user/alice", group({"bob", "carol", "bob"})) == Refusal::none);
    return one;
}
Subject<Conversation> pair() {
    auto one = fresh("direct:alice:bob");
    REQUIRE(one.tell("user/bob", direct({"alice", "bob"})) == Refusal::none);
    return one;
}

}  // namespace

TEST_CASE("a group has its maker and whom they name, once each, and all are told") {
    const auto one = team();
    CHECK(one.only<schema::ConversationCreatedT>()->members == Names{"alice", "bob", "carol"});
    CHECK(one.entity.state.created_by == "alice");
    CHECK(one.effects.size() == 3);
    for (const char* name : {"user/alice", "user/bob", "user/carol"}) {
        CHECK(one.told<schema::EnterConversationT>(name)->conversation == "team");
    }
}

TEST_CASE("a conversation is not made in every way") {
    struct Case {
        const char *name, *by;
        schema::CreateConversationT wish;
        Refusal refusal;
    };
    Names many;
    for (std::size_t i = 0; i <= actors::members_max; ++i) many.push_back("u" + std::to_string(i));
    for (const Case& given :
         {Case{"team", "leg/1", group({"bob"}), Refusal::not_allowed},
          Case{"team", "user/alice", group({"No Name"}), Refusal::bad_name},
          Case{"team", "server", group({}), Refusal::bad_value},
          Case{"team", "user/alice", group(many), Refusal::full},
          Case{"team", "user/alice", group({"bob"}, "two\nlines"), Refusal::bad_text},
          Case{"team", "user/alice", group({"bob"}, std::string(201, 'x')), Refusal::bad_text},
          Case{"direct:x:y", "user/alice", group({"bob"}), Refusal::bad_name},
          Case{"direct:alice:bob", "user/carol", direct({"alice", "bob"}), Refusal::bad_value},
          Case{"direct:bob:alice", "user/bob", direct({"alice"}), Refusal::bad_value},
          Case{"direct:alice:bob", "user/alice", direct({}), Refusal::bad_value},
          Case{"direct:alice:bob", "cli", direct({"bob", "alice"}), Refusal::none},
          Case{"direct:alice:bob", "phone/alice-desk", direct({"bob"}), Refusal::none}}) {
        CAPTURE(given.name);
        CAPTURE(given.by);
        auto one = fresh(given.name);
        CHECK(one.tell(given.by, given.wish) == given.refusal);
    }
    auto twice = team();
    CHECK(twice.tell("user/alice", group({"bob"})) == Refusal::already_exists);
    CHECK(actors::direct_conversation("bob", "alice") ==
          actors::direct_conversation("alice", "bob"));
}

TEST_CASE("nothing happens in a conversation that does not exist") {
    auto one = fresh();
    CHECK(one.tell("user/alice", message("hello")) == Refusal::no_such_conversation);
    CHECK(one.tell("server", of_conference<schema::LinkConferenceT>("1")) ==
          Refusal::no_such_conversation);
}

TEST_CASE("a message is numbered, read by its sender and offered to the others' phones") {
    auto one = team();
    auto wish = message("Hello, all\nof you");
    wish.client_id = "c-1";
    wish.via = "a very long name of a way";
    REQUIRE(one.tell("phone/bob-desk", wish) == Refusal::none);
    const auto* sent = one.only<schema::MessageSentT>();
    REQUIRE(sent);
    CHECK(sent->from == "bob");
    CHECK(sent->number == 1);
    CHECK(sent->client_id == "c-1");
    CHECK(sent->via.size() == 16);
    const auto texts = one.effects_of<actors::OfferText>();
    REQUIRE(texts.size() == 2);
    CHECK(texts[0].user == "alice");
    CHECK(texts[1].user == "carol");
    CHECK(texts[1].from == "bob");
    CHECK(texts[1].conversation == "team");
    CHECK(texts[1].text == "Hello, all\nof you");
    CHECK(one.entity.state.messages == 1);
    CHECK(one.entity.state.members[1].read_up_to == 2);
    CHECK(one.tell("user/alice", message("2")) == Refusal::none);
    CHECK(one.only<schema::MessageSentT>()->number == 2);
}

TEST_CASE("not every message is taken") {
    auto one = team();
    auto long_id = message("x");
    long_id.client_id = std::string(81, 'x');
    auto odd_id = message("x");
    odd_id.client_id = "\xff";
    CHECK(one.tell("user/mallory", message("x")) == Refusal::not_a_member);
    CHECK(one.tell("server", message("x")) == Refusal::not_a_member);
    CHECK(one.tell("user/alice", message("")) == Refusal::bad_text);
    CHECK(one.tell("user/alice", message(std::string(4001, 'x'))) == Refusal::bad_text);
    CHECK(one.tell("user/alice", message("\xc3")) == Refusal::bad_text);
    CHECK(one.tell("user/alice", long_id) == Refusal::bad_value);
    CHECK(one.tell("user/alice", odd_id) == Refusal::bad_value);
    CHECK(one.tell("user/alice", message(std::string(4000, 'x'))) == Refusal::none);
}

TEST_CASE("members come and go") {
    auto one = team();
    CHECK(one.tell("user/mallory", of_user<schema::AddMemberT>("mallory")) ==
          Refusal::not_a_member);
    CHECK(one.tell("user/bob", of_user<schema::AddMemberT>("Dave!")) == Refusal::bad_name);
    CHECK(one.tell("user/bob", of_user<schema::AddMemberT>("carol")) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("user/bob", of_user<schema::AddMemberT>("dave")) == Refusal::none);
    CHECK(one.only<schema::MemberAddedT>()->user == "dave");
    CHECK(one.told<schema::EnterConversationT>("user/dave"));
    CHECK(one.tell("user/bob", of_user<schema::RemoveMemberT>("dave")) == Refusal::not_allowed);
    CHECK(one.tell("user/mallory", of_user<schema::RemoveMemberT>("dave")) ==
          Refusal::not_a_member);
    REQUIRE(one.tell("user/alice", of_user<schema::RemoveMemberT>("dave")) == Refusal::none);
    CHECK(one.only<schema::MemberRemovedT>()->user == "dave");
    CHECK(one.told<schema::LeaveConversationT>("user/dave")->conversation == "team");
    CHECK(one.tell("user/alice", of_user<schema::RemoveMemberT>("dave")) == Refusal::none);
    CHECK(one.events.empty());
    CHECK(one.tell("user/carol", of_user<schema::RemoveMemberT>("carol")) == Refusal::none);
    CHECK(one.entity.state.members.size() == 2);
    for (int i = 0; one.entity.state.members.size() < actors::members_max; ++i) {
        one.tell("server", of_user<schema::AddMemberT>("u" + std::to_string(i)));
    }
    CHECK(one.tell("server", of_user<schema::AddMemberT>("zoe")) == Refusal::full);
}

TEST_CASE("a direct conversation stays with its two") {
    auto one = pair();
    CHECK(one.tell("user/alice", of_user<schema::AddMemberT>("carol")) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", of_user<schema::RemoveMemberT>("alice")) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", title("Us")) == Refusal::not_allowed);
}

TEST_CASE("a title is one line, and only members change it") {
    auto one = team();
    CHECK(one.tell("user/mallory", title("Ours")) == Refusal::not_a_member);
    CHECK(one.tell("user/bob", title("")) == Refusal::bad_text);
    REQUIRE(one.tell("user/bob", title("Ours")) == Refusal::none);
    CHECK(one.only<schema::ConversationRenamedT>()->title == "Ours");
    CHECK(one.entity.state.title == "Ours");
    CHECK(one.tell("user/bob", title("Ours")) == Refusal::none);
    CHECK(one.events.empty());
}

TEST_CASE("reading goes forward only, and not beyond what there is") {
    auto one = team();
    REQUIRE(one.tell("user/bob", message("1")) == Refusal::none);
    CHECK(one.tell("user/mallory", read_up_to(1)) == Refusal::not_a_member);
    CHECK(one.tell("user/alice", read_up_to(3)) == Refusal::bad_value);
    REQUIRE(one.tell("user/alice", read_up_to(2)) == Refusal::none);
    CHECK(one.only<schema::ReadMarkedT>()->user == "alice");
    CHECK(one.entity.state.members[0].read_up_to == 2);
    CHECK(one.tell("user/alice", read_up_to(1)) == Refusal::none);
    CHECK(one.events.empty());
}

TEST_CASE("a conference links itself to its chat and takes itself off") {
    auto one = team();
    CHECK(one.tell("user/alice", of_conference<schema::LinkConferenceT>("471100")) ==
          Refusal::not_allowed);
    CHECK(one.tell("conference/1", of_conference<schema::LinkConferenceT>("471100")) ==
          Refusal::not_allowed);
    REQUIRE(one.tell("conference/471100", of_conference<schema::LinkConferenceT>("471100")) ==
            Refusal::none);
    CHECK(one.only<schema::ConferenceLinkedT>());
    CHECK(one.entity.state.conference == "471100");
    CHECK(one.tell("conference/471100", of_conference<schema::LinkConferenceT>("471100")) ==
          Refusal::none);
    CHECK(one.events.empty());
    CHECK(one.tell("user/alice", of_conference<schema::UnlinkConferenceT>("471100")) ==
          Refusal::not_allowed);
    CHECK(one.tell("server", of_conference<schema::UnlinkConferenceT>("2")) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("conference/471100", of_conference<schema::UnlinkConferenceT>("471100")) ==
            Refusal::none);
    CHECK(one.only<schema::ConferenceUnlinkedT>());
    CHECK(one.entity.state.conference.empty());
}
