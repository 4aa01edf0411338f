#include <doctest.h>

#include "replay/drive/compare.hpp"
#include "replay/drive/report.hpp"
#include "replay/drive/script.hpp"
#include "replay/drive/stream.hpp"
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
        replay::wish_of(step("user/alice", "SetMuted", {{"seat", 2}, {"muted", true}}), nullptr);
    CHECK(mute.kind == Wish::Kind::request);
    CHECK(mute.path == "/mute");
    CHECK(mute.body == Json{{"seat", 2}, {"muted", true}});
    const Wish hand =
        replay::wish_of(step("user/bob", "SetHand", {{"seat", 0}, {"raised", true}}), nullptr);
    CHECK(hand.body == Json{{"raised", true}});
    CHECK(replay::wish_of(step("call_leg/ab", "TryPin", {{"leg", "ab"}}), nullptr).kind ==
          Wish::Kind::follows);
    CHECK(replay::wish_of(step("server", "LegTalking", {{"leg", "ab"}, {"on", true}}), nullptr)
              .kind == Wish::Kind::follows);
    const Wish dial = replay::wish_of(
        step("user/alice", "Dial", {{"kind", "number"}, {"target", "+49301"}, {"name", "Zoe"}}),
        nullptr);
    CHECK(dial.body == Json{{"number", "+49301"}, {"name", "Zoe"}});
    CHECK(replay::wish_of(step("cli", "CreateConference", Json::object()), nullptr).kind ==
          Wish::Kind::create);
    CHECK(
        replay::wish_of(step("phone/bob-desk", "SendMessage", {{"via", "phone"}}), nullptr).kind ==
        Wish::Kind::text);
    CHECK(replay::plural_of("conversation/direct:a:b") == "conversations/direct:a:b");
    CHECK(replay::person_of("phone/ann-lee-desk") == "ann-lee");
    CHECK(replay::person_of("user/ben") == "ben");
    CHECK(replay::person_of("server").empty());
}

TEST_CASE("a telephone does what it did: it calls, keys, holds, answers, refuses or hangs up") {
    const replay::LegStory in{.inbound = true, .answered = true}, out{.kind = "number"},
        answered{.answered = true, .kind = "number"};
    struct Case {
        const char* command;
        Json fields;
        const replay::LegStory& leg;
        Wish::Kind kind;
        Wish::Act act;
        const char* told;  // the status that it refuses with, or why it is not played
    };
    using Kind = Wish::Kind;
    using Act = Wish::Act;
    const Json none = Json::object();
    for (const Case& given : {
             Case{"IncomingCall", none, in, Kind::telephone, Act::call, ""},
             Case{"ConferenceKeyed", none, in, Kind::telephone, Act::key_conference, ""},
             Case{"PinKeyed", none, in, Kind::telephone, Act::key_pin, ""},
             Case{"CallAnswered", none, in, Kind::follows, {}, ""},
             Case{"CallHeld", {{"on", true}}, in, Kind::telephone, Act::hold, ""},
             Case{"CallHeld", {{"on", false}}, in, Kind::telephone, Act::resume, ""},
             Case{"CallEnded", {{"cause", "hung_up"}}, in, Kind::telephone, Act::hang_up, ""},
             Case{"CallRinging", none, out, Kind::telephone, Act::ring, ""},
             Case{"CallAnswered", none, answered, Kind::telephone, Act::answer, ""},
             Case{"CallEnded",
                  {{"cause", "busy"}, {"sip_status", 486}},
                  out,
                  Kind::telephone,
                  Act::refuse,
                  "486 Busy Here"},
             Case{"CallEnded",
                  {{"cause", "no_answer"}, {"sip_status", 480}},
                  out,
                  Kind::telephone,
                  Act::refuse,
                  "480 Refused"},
             Case{"CallEnded",
                  {{"cause", "barred"}, {"sip_status", 403}},
                  out,
                  Kind::follows,
                  {},
                  ""},
             Case{"CallEnded",
                  {{"cause", "media_timeout"}},
                  answered,
                  Kind::not_played,
                  {},
                  "a telephone that sent no sound any more"},
             Case{"HangUp", {{"cause", "removed"}}, in, Kind::follows, {}, ""},
         }) {
        CAPTURE(given.command);
        const Wish wish = replay::wish_of({.stream = "call_leg/ab",
                                           .by = "server",
                                           .command = given.command,
                                           .fields = given.fields,
                                           .leg = "ab"},
                                          &given.leg);
        CHECK(wish.kind == given.kind);
        CHECK(wish.act == given.act);
        CHECK(wish.status + wish.not_played == given.told);
    }
}

TEST_CASE("seats are called by their recorded numbers, also where others were there before") {
    replay::Stream stream{.driven = "conference/902211"};
    replay::Step made{.command = "CreateConference"};
    made.expected = {"person_invited seat=1 user=ann role=host"};
    stream.made_seats(made);  // by the command line: somebody stands for it, in the first seat
    CHECK(stream.seats == std::map<unsigned, unsigned>{{1, 2}});
    replay::Step unplayed{.command = "Dial"};
    unplayed.expected = {"seat_dialled seat=2 kind=number"};
    stream.passed_over(unplayed);
    CHECK(stream.unplayed_seats == std::set<unsigned>{2});
    replay::Step entered{.command = "TryPin"};
    entered.expected = {"seat_entered seat=3 role=guest"};
    stream.expect(entered, 7);
    Json event{{"type", "seat_entered"}, {"seat", 3u}};
    event["seat"] = 4u;
    stream.recall_seats("seat_entered", event);
    CHECK(event["seat"] == 3);
    Json whisper{{"seat", 4u}, {"to", 2u}};
    stream.recall_seats("whisper_set", whisper);
    CHECK(whisper == Json{{"seat", 3}, {"to", 1}});
    Json nobody{{"seat", 9u}};
    stream.recall_seats("seat_left", nobody);
    CHECK(nobody["seat"] == 9);
}

TEST_CASE("a PIN becomes the one that is there, and a wrong one stays wrong") {
    const replay::Stream stream{.host_pin = "1111",
                                .guest_pin = "2222",
                                .recorded_host_pin = "aa",
                                .recorded_guest_pin = "bb"};
    CHECK(stream.pin_there("aa") == "1111");
    CHECK(stream.pin_there("bb") == "2222");
    CHECK(stream.pin_there("cc") == "0000000000");
}

TEST_CASE("what differs is told of the thing that it came of, both versions in a row") {
    std::vector<replay::Thing> things(3);
    const auto stream = replay::judge({{"a", 0}, {"left busy", 1}, {"c", 2}},
                                      {"a", "left barred", "c", "d"}, 0, things);
    CHECK(stream.events == 5);
    CHECK(stream.differences == 3);
    CHECK(things[0].verdict == replay::Thing::Verdict::same);
    REQUIRE(things[1].lines.size() == 1);
    CHECK(things[1].lines[0].recorded == "left busy");
    CHECK(things[1].lines[0].seen == "left barred");
    CHECK(things[2].verdict == replay::Thing::Verdict::different);
    replay::DriveReport report;
    report.things = things;
    report.things.push_back({.followed = true, .verdict = replay::Thing::Verdict::different});
    report.things.push_back({.verdict = replay::Thing::Verdict::not_played, .why = "why"});
    CHECK(report.played().same == 1);
    CHECK(report.played().different == 2);
    CHECK(report.followed().different == 1);
    CHECK(report.not_played() == std::map<std::string, std::uint64_t>{{"why", 1}});
    CHECK(!report.ok());
    (void)replay::judge({}, {"nobody asked for it"}, 0, things);
    CHECK(things[0].verdict == replay::Thing::Verdict::different);
}
