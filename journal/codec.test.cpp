#include "journal/codec.hpp"

#include <doctest.h>

#include "base/prng.hpp"
#include "schema/transition_generated.h"

namespace {

template <class Event>
schema::EventUnion event_of(Event event) {
    schema::EventUnion held;
    held.Set(std::move(event));
    return held;
}

schema::TransitionT joining() {
    schema::TransitionT transition;
    transition.stream = "conference/471100";
    transition.sequence = 3;
    transition.epoch = 2;
    transition.command_id = {1, 2};
    transition.now = 1'795'325'789'123'456;
    transition.by = "user/alice";
    transition.previous = {1, 2, 3, 4};
    schema::ConversationCreatedT created;
    created.kind = schema::ConversationKind::group;
    created.title = "a \"quoted\"\n title \xff";
    created.members = {"alice", "bob"};
    schema::SetMutedT command;
    command.seat = 1;
    command.muted = true;
    transition.command.Set(command);
    schema::SeatMutedT muted;
    muted.seat = 1;
    muted.muted = true;
    transition.events.push_back(event_of(muted));
    transition.events.push_back(event_of(created));
    schema::PhoneRegisteredT phone;
    phone.label = "desk";
    phone.binding.resize(1);
    phone.binding[0].contact = "sip:alice@192.0.2.7";
    phone.binding[0].cseq = 7;
    transition.events.push_back(event_of(phone));
    return transition;
}

}  // namespace

TEST_CASE("a transition comes back from its bytes as it was") {
    const schema::TransitionT given = joining();
    const std::string bytes = journal::encode(given);
    CHECK(bytes == journal::encode(given));
    const auto back = journal::decode_transition(bytes);
    REQUIRE(back.ok());
    CHECK(back.value() == given);
    CHECK(journal::encode(back.value()) == bytes);
}

TEST_CASE("a payload at an odd address decodes too") {
    const std::string bytes = "x" + journal::encode(joining());
    CHECK(journal::decode_transition(std::string_view{bytes}.substr(1)).ok());
}

TEST_CASE("a snapshot comes back from its bytes and is no transition") {
    schema::SnapshotT given;
    given.stream = "conference/471100";
    given.sequence = 9;
    given.head = {4, 3, 2, 1};
    given.recent_commands = {{1, 2}, {3, 4}};
    given.recent_sequences = {8, 9};
    schema::ConferenceStateT state;
    state.title = "Monday";
    state.seats.resize(2);
    state.seats[1].name = "Bob";
    given.state.Set(state);
    const std::string bytes = journal::encode(given);
    const auto back = journal::decode_snapshot(bytes);
    REQUIRE(back.ok());
    CHECK(back.value() == given);
    CHECK_FALSE(journal::decode_transition(bytes).ok());
    CHECK_FALSE(journal::decode_snapshot(journal::encode(joining())).ok());
}

TEST_CASE("hostile bytes give corrupt or a transition, never a crash") {
    const std::string good = journal::encode(joining());
    Prng prng{20261121};
    int survived = 0;
    for (int i = 0; i < 100'000; ++i) {
        std::string bytes = good;
        const auto changes = 1 + prng.below(4);
        for (std::uint64_t c = 0; c < changes; ++c) {
            bytes[prng.below(bytes.size())] = static_cast<char>(prng.next());
        }
        if (prng.below(8) == 0) bytes.resize(prng.below(bytes.size()));
        const auto decoded = journal::decode_transition(bytes);
        if (!decoded.ok()) continue;
        ++survived;
        CHECK_FALSE(journal::to_json(decoded.value()).empty());
    }
    CHECK(survived > 0);  // the checksum outside is what finds these
    CHECK(survived < 100'000);
}

TEST_CASE("a stream's name is read without the rest, and from no bytes at all") {
    const std::string payload = journal::encode(joining());
    CHECK(journal::stream_of(payload) == "conference/471100");
    CHECK(journal::stream_of(("x" + payload).substr(1)) == "conference/471100");
    CHECK(journal::stream_of({}).empty());
    for (std::size_t bytes = 0; bytes < payload.size(); ++bytes) {
        const std::string_view name =
            journal::stream_of(std::string_view{payload}.substr(0, bytes));
        CHECK((name.empty() || name == "conference/471100"));
    }
    Prng prng{4711};
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = payload;
        for (int flips = 0; flips < 4; ++flips)
            bytes[prng.below(bytes.size())] = static_cast<char>(prng.next());
        const auto decoded = journal::decode_transition(bytes);
        if (decoded.ok()) CHECK(journal::stream_of(bytes) == decoded.value().stream);
        CHECK(journal::stream_of(bytes).size() <= bytes.size());
    }
}

TEST_CASE("an unknown command, an absent one and an absent stream are corrupt") {
    const std::string good = journal::encode(joining());
    flatbuffers::FlatBufferBuilder builder;
    schema::TransitionBuilder empty{builder};
    empty.add_sequence(1);
    builder.Finish(empty.Finish(), "PLTR");
    const std::string_view bytes{reinterpret_cast<const char*>(builder.GetBufferPointer()),
                                 builder.GetSize()};
    CHECK(journal::decode_transition(bytes).error() == journal::Fault::corrupt);
    CHECK(journal::decode_transition("").error() == journal::Fault::corrupt);
    CHECK(journal::decode_transition("PLTR").error() == journal::Fault::corrupt);

    std::string unknown = good;
    auto* root = flatbuffers::GetMutableRoot<schema::Transition>(unknown.data());
    auto* table = reinterpret_cast<flatbuffers::Table*>(root);
    REQUIRE(table->SetField<std::uint8_t>(schema::Transition::VT_COMMAND_TYPE, 250, 0));
    CHECK(journal::decode_transition(unknown).error() == journal::Fault::corrupt);
}

TEST_CASE("a small buffer that would unfold to gigabytes is corrupt") {
    flatbuffers::FlatBufferBuilder builder;
    const auto title = builder.CreateString(std::string(200'000, 'x'));
    const std::vector<flatbuffers::Offset<flatbuffers::String>> names(50'000, title);
    const auto created = schema::CreateConversationCreated(
        builder, schema::ConversationKind::group, title, builder.CreateVector(names), title);
    const std::vector<schema::Event> types(1, schema::Event::ConversationCreated);
    const std::vector<flatbuffers::Offset<void>> events(1, created.Union());
    const auto types_at = builder.CreateVector(types);
    const auto events_at = builder.CreateVector(events);
    const auto wake = schema::CreateWake(builder).Union();
    const auto stream = builder.CreateString("conversation/1");
    schema::TransitionBuilder transition{builder};
    transition.add_stream(stream);
    transition.add_sequence(1);
    transition.add_command_type(schema::Command::Wake);
    transition.add_command(wake);
    transition.add_events_type(types_at);
    transition.add_events(events_at);
    builder.Finish(transition.Finish(), "PLTR");
    const std::string_view bytes{reinterpret_cast<const char*>(builder.GetBufferPointer()),
                                 builder.GetSize()};
    CHECK(journal::decode_transition(bytes).error() == journal::Fault::corrupt);
}

TEST_CASE("a transition prints as one line of JSON with its keys in order") {
    CHECK(
        journal::to_json(joining(), 7) ==
        R"({"position":7,"stream":"conference/471100","sequence":3,"epoch":2,)"
        R"("now":"2026-11-22T05:36:29.123456Z","by":"user/alice",)"
        R"("command_id":"00000000000000010000000000000002","cause_id":"00000000000000000000000000000000",)"
        R"("previous":"0100000000000000020000000000000003000000000000000400000000000000",)"
        R"("command":{"type":"SetMuted","fields":{"seat":1,"muted":true}},"events":[)"
        R"({"type":"SeatMuted","fields":{"seat":1,"muted":true,"by_host":false}},)"
        R"({"type":"ConversationCreated","fields":{"kind":"group","title":"a \"quoted\"\n title )"
        "\xef\xbf\xbd"
        R"(","members":["alice","bob"],"created_by":""}},)"
        R"({"type":"PhoneRegistered","fields":{"label":"desk","binding":[{"contact":"sip:alice@192.0.2.7",)"
        R"("source":"","user_agent":"","call_id":"","cseq":7,"expires_at":0}]}}]})");
}

TEST_CASE("every event and command of the vocabulary prints") {
    int known = 0;
    for (int type = 1; type < 256; ++type) {
        schema::EventUnion event;
        event.type = static_cast<schema::Event>(type);
        if (std::string_view{schema::EnumNameEvent(event.type)}.empty()) {
            event.type = schema::Event::NONE;
            continue;
        }
        // An empty table of that type: what its constructor makes.
        flatbuffers::FlatBufferBuilder builder;
        builder.Finish(
            flatbuffers::Offset<flatbuffers::Table>{builder.EndTable(builder.StartTable())});
        event.value = schema::EventUnion::UnPack(
            flatbuffers::GetRoot<flatbuffers::Table>(builder.GetBufferPointer()), event.type,
            nullptr);
        const std::string text = journal::to_json(event);
        CAPTURE(text);
        CHECK(text.starts_with("{\"type\":\"" + std::string{schema::EnumNameEvent(event.type)} +
                               "\""));
        ++known;
    }
    CHECK(known >= 60);
}

TEST_CASE("a transition is relaxed only when all of its events are") {
    schema::TransitionT transition = joining();
    CHECK(journal::durability_of(transition) == journal::Durability::sync);
    transition.events.clear();
    CHECK(journal::durability_of(transition) == journal::Durability::sync);
    schema::SeatTalkingT talking;
    talking.seat = 1;
    transition.events.push_back(event_of(talking));
    CHECK(journal::durability_of(transition) == journal::Durability::relaxed);
    transition.events.push_back(event_of(schema::SeatSilentT{}));
    CHECK(journal::durability_of(transition) == journal::Durability::sync);
}
