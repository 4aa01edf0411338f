#include <doctest.h>

#include "replay/drive/compare.hpp"
#include "replay/drive/script.hpp"
#include "replay/drive/wishes.hpp"

using Json = nlohmann::json;
using replay::Wish;

TEST_CASE("an event is the same line from a journal and from a WebSocket") {
    CHECK(replay::line_of("SeatMuted", Json{{"seat", 2}, {"muted", true}, {"by_host", false}}) ==
          "seat_muted seat=2 muted=true");
    CHECK(
        replay::line_of("seat_muted", Json{{"type", "seat_muted"}, {"seat", 2}, {"muted", true}}) ==
        "seat_muted seat=2 muted=true");
    CHECK(replay::line_of("RecordingSet", Json{{"what", "on"}, {"by", "alice"}}) ==
          replay::line_of("recording_set", Json{{"recording", "on"}, {"by", "alice"}}));
    CHECK(replay::line_of("WhisperSet", Json{{"seat", 1}, {"to", 0}}) ==
          replay::line_of("whisper_set", Json{{"seat", 1}, {"to", nullptr}}));
    CHECK(replay::line_of("SeatEntered",
                          Json{{"seat", 3}, {"leg", "ab"}, {"user", ""}, {"role", "guest"}}) ==
          replay::line_of("seat_entered", Json{{"seat", 3}, {"user", nullptr}, {"role", "guest"}}));
    CHECK(!replay::line_of("SeatTalking", Json{{"seat", 3}, {"on", true}}));
    CHECK(!replay::line_of("seat_silent", Json{{"seat", 3}, {"on", true}}));
}

TEST_CASE("lists are laid side by side with as few differences as there can be") {
    const auto pairs = replay::side_by_side({"a", "b", "c", "d"}, {"a", "x", "c", "y", "d"});
    std::string text;
    for (const auto& pair : pairs) text += pair.recorded + "|" + pair.seen + " ";
    CHECK(text == "a|a b| |x c|c |y d|d ");
    CHECK(replay::differences(pairs) == 3);
    CHECK(replay::side_by_side({}, {}).empty());
    CHECK(replay::differences(replay::side_by_side({"a", "b"}, {"a", "b"})) == 0);
    CHECK(replay::differences(replay::side_by_side({}, {"a", "b"})) == 2);
}

TEST_CASE(
    "recorded commands become requests, keys and calls; what follows from others is left alone") {
    const auto step = [](const char* by, const char* command, Json fields) {
        return replay::Step{.stream = "conference/471100",
                            .by = by,
                            .command = command,
                            .fields = std::move(fields)};
    };
    const Wish mute =
        replay::wish_of(step("user/alice", "SetMuted", {{"seat", 2}, {"muted", true}}));
    CHECK(mute.kind == Wish::Kind::request);
    CHECK(mute.path == "/mute");
    CHECK(mute.body == Json{{"seat", 2}, {"muted", true}});
    const Wish hand = replay::wish_of(step("user/bob", "SetHand", {{"seat", 0}, {"raised", true}}));
    CHECK(hand.body == Json{{"raised", true}});
    CHECK(replay::wish_of(step("call_leg/ab", "TryPin", {{"leg", "ab"}})).kind == Wish::Kind::key);
    const Wish left = replay::wish_of(
        step("call_leg/ab", "LegChanged", {{"leg", "ab"}, {"phase", "left"}, {"cause", "busy"}}));
    CHECK(left.kind == Wish::Kind::telephone);
    CHECK(left.act == Wish::Act::refuse);
    CHECK(left.status == "486 Busy Here");
    CHECK(replay::wish_of(step("server", "LegTalking", {{"leg", "ab"}, {"on", true}})).kind ==
          Wish::Kind::follows);
    CHECK(replay::wish_of(step("user/alice", "Dial", {{"kind", "number"}, {"target", "1"}}))
              .not_driven == "Dial of a number or an address");
    CHECK(replay::wish_of(step("cli", "CreateConference", Json::object())).not_driven ==
          "CreateConference by cli");
    CHECK(replay::plural_of("conversation/direct:a:b") == "conversations/direct:a:b");
}
