#include "actors/user.hpp"

#include <doctest.h>

#include "actors/limits.hpp"
#include "tests/subject.hpp"

using actors::Refusal;
using actors::User;
using tests::Subject;
using tests::with;

namespace {

using Names = std::vector<std::string>;

schema::CreateUserT creation(std::string password = "$argon2id$x", std::string shown = {}) {
    return with<schema::CreateUserT>([&](auto& w) {
        w.password = std::move(password);
        w.display_name = std::move(shown);
        w.may_dial_numbers = true;
    });
}
schema::AddPhoneT phone(std::string label, std::string ha1 = "sealed") {
    return with<schema::AddPhoneT>([&](auto& w) {
        w.label = std::move(label);
        w.ha1 = std::move(ha1);
    });
}
template <class T>
T labelled(std::string label) {
    T wish;
    wish.label = std::move(label);
    return wish;
}
schema::RegisterPhoneT registration(std::string contact, std::uint32_t cseq = 1) {
    return with<schema::RegisterPhoneT>([&](auto& w) {
        w.label = "desk";
        w.contact = std::move(contact);
        w.source = "udp:192.0.2.7:5060";
        w.call_id = "abc";
        w.cseq = cseq;
        w.expires_s = 600;
    });
}
schema::OpenSessionT session(std::uint64_t token, std::uint32_t lasts_s = 3600) {
    return with<schema::OpenSessionT>([&](auto& w) {
        w.token = {token, 0, 0, 1};
        w.client = "Firefox";
        w.lasts_s = lasts_s;
    });
}
schema::CloseSessionT closing(std::uint64_t token) {
    return with<schema::CloseSessionT>([&](auto& w) { w.token = {token, 0, 0, 1}; });
}
template <class T>
T of_user(std::string name) {
    return with<T>([&](auto& w) { w.user = std::move(name); });
}
template <class T>
T flag(bool T::*field, bool on) {
    T wish;
    wish.*field = on;
    return wish;
}

Subject<User> nobody(std::string name = "alice") {
    return {.self = {StreamKind::user, std::move(name)}};
}
Subject<User> alice() {
    auto one = nobody();
    REQUIRE(one.tell("server", creation()) == Refusal::none);
    return one;
}
Subject<User> alice_with_phone() {
    auto one = alice();
    REQUIRE(one.tell("user/alice", phone("desk")) == Refusal::none);
    return one;
}

}  // namespace

TEST_CASE("only operators make a user, once, with a name that can sign in") {
    struct Case {
        const char *name, *by;
        schema::CreateUserT wish;
        Refusal refusal;
    };
    for (const Case& given : {Case{"alice", "user/bob", creation(), Refusal::not_allowed},
                              Case{"Alice", "server", creation(), Refusal::bad_name},
                              Case{"alice", "server", creation(""), Refusal::bad_value},
                              Case{"alice", "server", creation("x", "a\nb"), Refusal::bad_text},
                              Case{"alice", "admin/root", creation("x", "Älice"), Refusal::none}}) {
        CAPTURE(given.name);
        auto one = nobody(given.name);
        CHECK(one.tell(given.by, given.wish) == given.refusal);
    }
    auto one = alice();
    CHECK(one.only<schema::UserCreatedT>()->display_name == "alice");
    CHECK(one.entity.state.may_dial_numbers);
    CHECK(one.tell("server", creation()) == Refusal::already_exists);
    auto none = nobody();
    CHECK(none.tell("server", of_user<schema::AddContactT>("bob")) == Refusal::no_such_user);
    CHECK(none.tell("server", schema::WakeT{}) == Refusal::no_such_user);
}

TEST_CASE("a new password ends every session") {
    auto one = alice();
    REQUIRE(one.tell("server", session(1)) == Refusal::none);
    const auto set = [](std::string hash) {
        return with<schema::SetPasswordT>([&](auto& w) { w.password = std::move(hash); });
    };
    CHECK(one.tell("user/bob", set("x")) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", set("")) == Refusal::bad_value);
    REQUIRE(one.tell("user/alice", set("new")) == Refusal::none);
    CHECK(one.only<schema::PasswordSetT>());
    CHECK(one.entity.state.password == "new");
    CHECK(one.entity.state.sessions.empty());
}

TEST_CASE("who is disabled has neither session nor phone, and nobody disables themselves") {
    auto one = alice_with_phone();
    const auto disable = [](bool on) { return flag(&schema::SetUserDisabledT::disabled, on); };
    one.tell("server", session(1));
    one.tell("phone/alice-desk", registration("sip:a"));
    CHECK(one.tell("user/alice", disable(true)) == Refusal::not_allowed);
    CHECK(one.tell("admin/alice", disable(true)) == Refusal::not_allowed);
    CHECK(one.tell("admin/root", disable(false)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("admin/root", disable(true)) == Refusal::none);
    CHECK(one.only<schema::UserDisabledSetT>());
    CHECK(one.entity.state.sessions.empty());
    CHECK(one.entity.state.phones[0].bindings.empty());
    CHECK(one.tell("server", session(2)) == Refusal::disabled);
    CHECK(one.tell("phone/alice-desk", registration("sip:a")) == Refusal::disabled);
    CHECK(one.entity.agenda().empty());
}

TEST_CASE("the right to dial numbers is an operator's to give") {
    auto one = alice();
    const auto allow = [](bool on) { return flag(&schema::SetMayDialNumbersT::allowed, on); };
    CHECK(one.tell("user/alice", allow(true)) == Refusal::not_allowed);
    CHECK(one.tell("cli", allow(true)) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell("cli", allow(false)) == Refusal::none);
    CHECK(one.only<schema::MayDialNumbersSetT>());
    CHECK_FALSE(one.entity.state.may_dial_numbers);
}

TEST_CASE("phones are added, set and removed by their owner") {
    auto one = alice();
    CHECK(one.tell("user/bob", phone("desk")) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", phone("Desk")) == Refusal::bad_name);
    CHECK(one.tell("user/alice", phone("desk", "")) == Refusal::bad_value);
    REQUIRE(one.tell("user/alice", phone("desk")) == Refusal::none);
    CHECK(one.only<schema::PhoneAddedT>()->ha1 == "sealed");
    CHECK(one.tell("user/alice", phone("desk")) == Refusal::already_exists);
    for (int i = 1; i < static_cast<int>(actors::phones_max); ++i) {
        CHECK(one.tell("user/alice", phone("p" + std::to_string(i))) == Refusal::none);
    }
    CHECK(one.tell("user/alice", phone("more")) == Refusal::full);

    auto texts = labelled<schema::SetPhoneTextsT>("desk");
    texts.texts = true;
    CHECK(one.tell("user/bob", texts) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", labelled<schema::SetPhoneTextsT>("none")) ==
          Refusal::no_such_phone);
    REQUIRE(one.tell("user/alice", texts) == Refusal::none);
    CHECK(one.only<schema::PhoneTextsSetT>());
    CHECK(one.entity.state.phones[0].texts);
    CHECK(one.tell("user/alice", texts) == Refusal::none);
    CHECK(one.events.empty());

    CHECK(one.tell("user/bob", labelled<schema::RemovePhoneT>("desk")) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", labelled<schema::RemovePhoneT>("none")) == Refusal::no_such_phone);
    REQUIRE(one.tell("user/alice", labelled<schema::RemovePhoneT>("desk")) == Refusal::none);
    CHECK(one.only<schema::PhoneRemovedT>());
    CHECK(one.entity.state.phones.size() == actors::phones_max - 1);
}

TEST_CASE("a phone registers, refreshes and goes, as RFC 3261, 10.3 wants it") {
    auto one = alice_with_phone();
    CHECK(one.tell("phone/bob-desk", registration("sip:a")) == Refusal::not_allowed);
    auto elsewhere = registration("sip:a");
    elsewhere.label = "none";
    CHECK(one.tell("phone/alice-desk", elsewhere) == Refusal::no_such_phone);
    CHECK(one.tell("phone/alice-desk", registration("")) == Refusal::bad_value);
    CHECK(one.tell("phone/alice-desk", registration(std::string(401, 'x'))) == Refusal::bad_value);
    auto never = registration("sip:a");
    never.expires_s = 0;
    CHECK(one.tell("phone/alice-desk", never) == Refusal::bad_value);

    REQUIRE(one.tell("phone/alice-desk", registration("sip:a", 5)) == Refusal::none);
    CHECK(one.only<schema::PhoneRegisteredT>()->binding[0].contact == "sip:a");
    CHECK(one.tell("phone/alice-desk", registration("sip:a", 5)) == Refusal::stale);
    one.now = one.now + seconds(60);
    REQUIRE(one.tell("phone/alice-desk", registration("sip:a", 6)) == Refusal::none);
    CHECK(one.only<schema::PhoneRefreshedT>()->cseq == 6);
    CHECK(one.entity.agenda().wake_at == one.now + seconds(600));
    auto restarted = registration("sip:a", 1);
    restarted.call_id = "other";
    REQUIRE(one.tell("phone/alice-desk", restarted) == Refusal::none);
    CHECK(one.only<schema::PhoneRegisteredT>());
    CHECK(one.entity.state.phones[0].bindings.size() == 1);
    for (int i = 1; i < static_cast<int>(actors::bindings_max); ++i) {
        CHECK(one.tell("phone/alice-desk", registration("sip:" + std::to_string(i))) ==
              Refusal::none);
    }
    CHECK(one.tell("phone/alice-desk", registration("sip:more")) == Refusal::full);

    auto gone = labelled<schema::UnregisterPhoneT>("desk");
    gone.contact = "sip:1";
    CHECK(one.tell("phone/bob-desk", gone) == Refusal::not_allowed);
    REQUIRE(one.tell("phone/alice-desk", gone) == Refusal::none);
    CHECK(one.only<schema::PhoneUnregisteredT>()->contact == "sip:1");
    gone.contact = "*";
    REQUIRE(one.tell("phone/alice-desk", gone) == Refusal::none);
    CHECK(one.events.size() == actors::bindings_max - 1);
    CHECK(one.entity.state.phones[0].bindings.empty());
    gone.label = "none";
    CHECK(one.tell("phone/alice-desk", gone) == Refusal::no_such_phone);
}

TEST_CASE("sessions are opened by the server, and the oldest makes room") {
    auto one = alice();
    CHECK(one.tell("user/alice", session(1)) == Refusal::not_allowed);
    CHECK(one.tell("server", session(1, 0)) == Refusal::bad_value);
    REQUIRE(one.tell("server", session(1)) == Refusal::none);
    CHECK(one.only<schema::SessionOpenedT>()->client == "Firefox");
    CHECK(one.tell("server", session(1)) == Refusal::none);
    CHECK(one.events.empty());  // the same token is the same session
    for (std::uint64_t i = 2; i <= actors::sessions_max + 1; ++i)
        CHECK(one.tell("server", session(i)) == Refusal::none);
    CHECK(one.events.size() == 2);
    CHECK(one.entity.state.sessions.size() == actors::sessions_max);
    CHECK(one.entity.state.sessions.front().token.a() == 2);
    CHECK(one.tell("user/bob", closing(2)) == Refusal::not_allowed);
    REQUIRE(one.tell("user/alice", closing(2)) == Refusal::none);
    CHECK_FALSE(one.only<schema::SessionClosedT>()->expired);
    CHECK(one.tell("user/alice", closing(2)) == Refusal::none);
    CHECK(one.events.empty());
}

TEST_CASE("waking ends what has expired and names the next deadline") {
    auto one = alice_with_phone();
    one.tell("phone/alice-desk", registration("sip:a"));
    one.tell("server", session(1));
    CHECK(one.entity.agenda().wake_at == one.now + seconds(600));
    one.now = one.now + seconds(599);
    CHECK(one.tell("server", schema::WakeT{}) == Refusal::none);
    CHECK(one.events.empty());
    one.now = one.now + seconds(1);
    CHECK(one.tell("server", schema::WakeT{}) == Refusal::none);
    CHECK(one.only<schema::PhoneUnregisteredT>()->expired);
    CHECK(one.entity.agenda().wake_at == one.now + seconds(3000));
    one.now = one.now + seconds(3000);
    CHECK(one.tell("server", schema::WakeT{}) == Refusal::none);
    CHECK(one.only<schema::SessionClosedT>()->expired);
    CHECK(one.entity.agenda().empty());
}

TEST_CASE("contacts are one's own") {
    auto one = alice();
    CHECK(one.tell("user/bob", of_user<schema::AddContactT>("bob")) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", of_user<schema::AddContactT>("alice")) == Refusal::bad_name);
    CHECK(one.tell("user/alice", of_user<schema::AddContactT>("B O B")) == Refusal::bad_name);
    REQUIRE(one.tell("user/alice", of_user<schema::AddContactT>("bob")) == Refusal::none);
    CHECK(one.only<schema::ContactAddedT>());
    CHECK(one.tell("user/alice", of_user<schema::AddContactT>("bob")) == Refusal::none);
    CHECK(one.events.empty());
    CHECK(one.tell("user/bob", of_user<schema::RemoveContactT>("bob")) == Refusal::not_allowed);
    REQUIRE(one.tell("user/alice", of_user<schema::RemoveContactT>("bob")) == Refusal::none);
    CHECK(one.only<schema::ContactRemovedT>());
    CHECK(one.tell("user/alice", of_user<schema::RemoveContactT>("bob")) == Refusal::none);
    CHECK(one.events.empty());
    one.entity.state.contacts.assign(actors::contacts_max, "x");
    CHECK(one.tell("user/alice", of_user<schema::AddContactT>("bob")) == Refusal::full);
}

namespace {

/// Entering, entering again, leaving, leaving again; by the entity itself, never by somebody else.
template <class Enter, class Entered, class Leave, class Left>
void comes_and_goes(const std::string& by, std::string Enter::*entered, std::string Leave::*left,
                    Names schema::UserStateT::*list, bool limited) {
    auto one = alice();
    Enter enter;
    enter.*entered = "471100";
    Leave leave;
    leave.*left = "471100";
    CHECK(one.tell("user/alice", enter) == Refusal::not_allowed);
    CHECK(one.tell("user/alice", leave) == Refusal::not_allowed);
    REQUIRE(one.tell(by, enter) == Refusal::none);
    CHECK(one.template only<Entered>());
    CHECK(one.entity.state.*list == Names{"471100"});
    CHECK(one.tell(by, enter) == Refusal::none);
    CHECK(one.events.empty());
    REQUIRE(one.tell(by, leave) == Refusal::none);
    CHECK(one.template only<Left>());
    CHECK((one.entity.state.*list).empty());
    CHECK(one.tell(by, leave) == Refusal::none);
    CHECK(one.events.empty());
    (one.entity.state.*list).assign(actors::memberships_max, "x");
    CHECK(one.tell(by, enter) == (limited ? Refusal::full : Refusal::none));
}

}  // namespace

TEST_CASE("a person's lists follow what conversations, conferences and numbers say") {
    using schema::UserStateT;
    comes_and_goes<schema::EnterConversationT, schema::ConversationEnteredT,
                   schema::LeaveConversationT, schema::ConversationLeftT>(
        "conversation/471100", &schema::EnterConversationT::conversation,
        &schema::LeaveConversationT::conversation, &UserStateT::conversations, true);
    comes_and_goes<schema::EnterConferenceT, schema::ConferenceEnteredT, schema::LeaveConferenceT,
                   schema::ConferenceLeftT>(
        "conference/471100", &schema::EnterConferenceT::conference,
        &schema::LeaveConferenceT::conference, &UserStateT::conferences, true);
    comes_and_goes<schema::AssignNumberT, schema::NumberAssignedT, schema::WithdrawNumberT,
                   schema::NumberWithdrawnT>("number/471100", &schema::AssignNumberT::number,
                                             &schema::WithdrawNumberT::number, &UserStateT::numbers,
                                             false);
}

TEST_CASE("who stands behind an asker is read from their name") {
    for (const auto& [by, person] :
         {std::pair{"user/alice", "alice"}, std::pair{"admin/root", "root"},
          std::pair{"phone/a.b-desk", "a.b"}, std::pair{"server", ""}, std::pair{"call_leg/1", ""},
          std::pair{"conference/1", ""}}) {
        CHECK(actors::person_behind(by) == person);
    }
}

TEST_CASE("what strangers call themselves is shown only if it can be") {
    CHECK(actors::shown("Ä", 1).empty());
    CHECK(actors::shown("aÄ", 2) == "a");
    CHECK(actors::shown("aÄb", 3) == "aÄ");
    CHECK(actors::shown("two\nlines", 100).empty());
    CHECK(actors::shown("\xff\xfe", 100).empty());
    CHECK(actors::shown("Bob", 100) == "Bob");
}
