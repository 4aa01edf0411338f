#include "edges/web/viewer.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "actors/vocabulary.hpp"

using namespace web;

namespace {

constexpr const char* secret = "SECRET-MARK";

/// Every string of an event or state that must never reach anybody carries the mark.
void mark(std::string& text) { text = secret; }

schema::EventUnion event_of(schema::Event type) {
    schema::EventUnion any;
    any.type = type;
// Default values will do: what counts is that each has its JSON.
#define MAKE(name) \
    case schema::Event::name: any.value = new schema::name##T; break;
    switch (type) {
        case schema::Event::NONE:
            break;
            MAKE(PhonesLost)
            MAKE(UserCreated)
            MAKE(PasswordSet)
            MAKE(UserDisabledSet)
            MAKE(MayDialNumbersSet)
            MAKE(PhoneAdded)
            MAKE(PhoneRemoved)
            MAKE(PhoneTextsSet)
            MAKE(PhoneRegistered)
            MAKE(PhoneRefreshed)
            MAKE(PhoneUnregistered)
            MAKE(SessionOpened)
            MAKE(SessionClosed)
            MAKE(ContactAdded)
            MAKE(ContactRemoved)
            MAKE(ConversationEntered)
            MAKE(ConversationLeft)
            MAKE(ConferenceEntered)
            MAKE(ConferenceLeft)
            MAKE(NumberAssigned)
            MAKE(NumberWithdrawn)
            MAKE(ConversationCreated)
            MAKE(MemberAdded)
            MAKE(MemberRemoved)
            MAKE(ConversationRenamed)
            MAKE(MessageSent)
            MAKE(ReadMarked)
            MAKE(ConferenceLinked)
            MAKE(ConferenceUnlinked)
            MAKE(ConferenceCreated)
            MAKE(PersonInvited)
            MAKE(SeatDialled)
            MAKE(SeatEntered)
            MAKE(SeatRinging)
            MAKE(SeatConnected)
            MAKE(SeatLeft)
            MAKE(DialCancelled)
            MAKE(PinRefused)
            MAKE(SeatHeld)
            MAKE(SeatTalking)
            MAKE(SeatSilent)
            MAKE(SeatMuted)
            MAKE(AllMuted)
            MAKE(HandRaised)
            MAKE(SeatRemoved)
            MAKE(LockSet)
            MAKE(ConferenceEnded)
            MAKE(RecordingSet)
            MAKE(SeatGainSet)
            MAKE(SeatDeafSet)
            MAKE(WhisperSet)
            MAKE(CallOffered)
            MAKE(CallPlaced)
            MAKE(LegRinging)
            MAKE(LegAnswered)
            MAKE(ConferenceAsked)
            MAKE(PinAsked)
            MAKE(PinTried)
            MAKE(LegAdmitted)
            MAKE(LegHoldSet)
            MAKE(LegEnded)
            MAKE(NumberClaimed)
            MAKE(NumberReleased)
            MAKE(Struck)
            MAKE(StrikesCleared)
    }
#undef MAKE
    return any;
}

schema::SeatT seat(std::uint32_t id, const std::string& user, const std::string& address) {
    schema::SeatT out;
    out.id = id;
    out.user = user;
    out.name = user.empty() ? address : user;
    out.address = address;
    out.phase = schema::SeatPhase::connected;
    return out;
}

/// Alice made it; Bob is in; a stranger with a number is in, called by Bob's neighbour Carol.
schema::StateUnion room() {
    schema::ConferenceStateT state;
    state.exists = true;
    state.created_by = "alice";
    state.sealed_pins = secret;
    state.seats = {seat(1, "alice", ""), seat(2, "bob", ""), seat(3, "", "+15550100123"),
                   seat(4, "carol", "")};
    state.seats[2].dialled_by = "carol";
    state.seats[2].leg = secret;
    schema::PinFailureT failure;
    failure.caller = "+4930123456";
    failure.source = secret;
    state.pin_failures.push_back(failure);
    return actors::state(std::move(state));
}

const StreamId conference{StreamKind::conference, "471100"};

Json seen_by(const std::string& user) {
    Viewer viewer{.user = user};
    viewer.meet(conference, room());
    if (!viewer.allowed) return nullptr;
    return *state_json(viewer, conference, room());
}

}  // namespace

TEST_CASE("every event has a JSON for a host, and its type in snake case") {
    Viewer host{.user = "alice", .host = true};
    int count = 0;
    for (const schema::Event type : schema::EnumValuesEvent()) {
        if (type == schema::Event::NONE) continue;
        const schema::EventUnion any = event_of(type);
        CAPTURE(schema::EnumNameEvent(type));
        REQUIRE(any.value != nullptr);
        const auto json = event_json(host, conference, any);
        REQUIRE(json.has_value());
        CHECK((*json)["type"] == snake_case(schema::EnumNameEvent(type)));
        ++count;
    }
    CHECK(count >= 60);
}

TEST_CASE("no event gives a password, a PIN, a token or a sealed text away") {
    const Viewer all{.user = "alice", .operates = true, .host = true};
    const auto shown = [&](auto event) {
        return event_json(all, conference, actors::event(std::move(event)))->dump();
    };
    schema::UserCreatedT created;
    mark(created.password);
    schema::PasswordSetT set;
    mark(set.password);
    schema::PhoneAddedT phone;
    mark(phone.ha1);
    schema::SessionOpenedT session;
    session.token = schema::Hash(0xdecafbad, 1, 2, 3);
    schema::ConferenceCreatedT conference_created;
    mark(conference_created.sealed_pins);
    conference_created.host_pin = schema::Hash(0xdecafbad, 1, 2, 3);
    schema::PinTriedT tried;
    tried.pin = schema::Hash(0xdecafbad, 1, 2, 3);
    for (const std::string& text : {shown(created), shown(set), shown(phone), shown(session),
                                    shown(conference_created), shown(tried)}) {
        CAPTURE(text);
        CHECK(text.find(secret) == std::string::npos);
        CHECK(text.find("3737844653") == std::string::npos);  // 0xdecafbad
    }
}

TEST_CASE("no field of an event or a state is named like a secret") {
    const Viewer all{.user = "alice", .operates = true, .host = true};
    for (const schema::Event type : schema::EnumValuesEvent()) {
        const auto json = event_json(all, conference, event_of(type));
        if (!json) continue;
        for (const auto& [name, value] : json->items()) {
            CAPTURE(schema::EnumNameEvent(type));
            CAPTURE(name);
            for (const char* word : {"password", "pin", "token", "ha1", "hash", "sealed"}) {
                CHECK(name.find(word) == std::string::npos);
            }
        }
    }
}

TEST_CASE("a user's state shows their phones and sessions without what proves them") {
    schema::UserStateT state;
    state.exists = true;
    state.name = "alice";
    mark(state.password);
    schema::PhoneT phone;
    phone.label = "desk";
    mark(phone.ha1);
    schema::BindingT binding;
    binding.contact = "sip:alice-desk@192.0.2.7";
    mark(binding.call_id);
    phone.bindings.push_back(binding);
    state.phones.push_back(phone);
    schema::SessionT session;
    session.token = schema::Hash(0xdecafbad, 1, 2, 3);
    session.client = "Firefox";
    state.sessions.push_back(session);
    const auto json =
        state_json(Viewer{.user = "alice"}, {StreamKind::user, "alice"}, actors::state(state));
    REQUIRE(json.has_value());
    CHECK((*json)["phones"][0]["user"] == "alice-desk");
    CHECK((*json)["phones"][0]["registered"] == true);
    CHECK((*json)["sessions"][0]["client"] == "Firefox");
    CHECK(json->dump().find(secret) == std::string::npos);
    CHECK(json->dump().find("3737844653") == std::string::npos);
}

TEST_CASE(
    "telephone numbers are in full for hosts and for who called them, and shortened for others") {
    const Json alice = seen_by("alice"), bob = seen_by("bob"), carol = seen_by("carol");
    CHECK(alice["seats"][2]["address"] == "+15550100123");
    CHECK(carol["seats"][2]["address"] == "+15550100123");
    CHECK(bob["seats"][2]["address"] == "+1 *** 0123");
    CHECK(bob["seats"][2]["name"] == "+1 *** 0123");
    CHECK(bob.dump().find("5550100") == std::string::npos);
    CHECK(alice["me"]["host"] == true);
    CHECK(bob["me"] == Json{{"host", false}, {"seat", 2}});
}

TEST_CASE("only hosts see who guessed PINs, and nobody sees wires and sealed PINs") {
    CHECK(seen_by("alice")["pin_failures"].size() == 1);
    CHECK(seen_by("bob")["pin_failures"].empty());
    CHECK(seen_by("dora").is_null());
    CHECK(seen_by("").is_null());
    CHECK(seen_by("alice").dump().find(secret) == std::string::npos);
    schema::PinRefusedT refused;
    refused.caller = "+4930123456";
    CHECK_FALSE(event_json(Viewer{.user = "bob"}, conference, actors::event(refused)).has_value());
}

TEST_CASE("a viewer learns of their own seat, of becoming host, and of being put out") {
    Viewer viewer{.user = "dora"};
    viewer.meet(conference, room());
    CHECK_FALSE(viewer.allowed);
    schema::PersonInvitedT invited;
    invited.seat = 5;
    invited.user = "dora";
    viewer.learn(actors::event(invited), 1);
    CHECK(viewer.allowed);
    CHECK_FALSE(viewer.host);
    schema::SeatEnteredT entered;
    entered.seat = 5;
    entered.user = "dora";
    entered.role = schema::Role::host;
    viewer.learn(actors::event(entered), 2);
    CHECK(viewer.host);
    schema::SeatRemovedT removed;
    removed.seat = 5;
    viewer.learn(actors::event(removed), 3);
    CHECK_FALSE(viewer.allowed);
    CHECK_FALSE(viewer.host);
}

TEST_CASE("addresses are shortened so that they can be told apart but not called") {
    struct Case {
        const char *given, *shown;
    };
    for (const Case& one :
         {Case{"+15550100123", "+1 *** 0123"}, Case{"030123456", "*** 3456"}, Case{"2001", "***"},
          Case{"", ""}, Case{"sip:bob@example.org", "sip:***@example.org"}}) {
        CAPTURE(one.given);
        CHECK(shortened(one.given) == one.shown);
    }
    CHECK(looks_like_number("+49 (30) 123456"));
    CHECK_FALSE(looks_like_number("Alice 2"));
    CHECK_FALSE(looks_like_number("R2D2"));
}
