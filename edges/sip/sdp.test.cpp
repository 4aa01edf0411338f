#include "edges/sip/sdp.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sip;

namespace {

std::string offer_with(const std::string& media_lines,
                       const std::string& session_lines = "c=IN IP4 192.0.2.7\r\n") {
    return "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\n" + session_lines + "t=0 0\r\n" + media_lines;
}

constexpr Local local{};

}  // namespace

TEST_CASE("an ordinary phone's offer gives its first G.711 codec and its telephone events") {
    const auto offer =
        parse_sdp(offer_with("m=audio 49170 RTP/AVP 9 8 0 96\r\na=rtpmap:9 "
                             "G722/8000\r\na=rtpmap:96 telephone-event/8000\r\na=ptime:30\r\n"));
    REQUIRE(offer.ok());
    CHECK(offer.value().format.codec == media::Codec::pcma);
    CHECK(offer.value().payload_type == 8);
    CHECK(offer.value().event_payload_type == 96);
    CHECK(offer.value().remote == media::Address{0xC0000207, 49170});
    CHECK(offer.value().ptime_ms == 30);
    CHECK(!offer.value().on_hold());
}

TEST_CASE("a dynamic payload type that is mapped to PCMU counts as PCMU") {
    const auto offer =
        parse_sdp(offer_with("m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 pcmu/8000\r\n"));
    REQUIRE(offer.ok());
    CHECK(offer.value().format.codec == media::Codec::pcmu);
    CHECK(leg_config(offer.value()).payload_type == 97);
    CHECK(print_answer(local, offer.value()).find("a=rtpmap:97 PCMU/8000") != std::string::npos);
}

TEST_CASE("the address of the stream beats that of the session") {
    const auto offer = parse_sdp(offer_with("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 198.51.100.9\r\n"));
    REQUIRE(offer.ok());
    CHECK(offer.value().remote == media::Address{0xC6336409, 4000});
}

TEST_CASE("each way to hold is understood and answered with its mirror") {
    struct Case {
        const char* lines;
        bool held;
        Direction direction;
        const char* answer;
        bool sends, receives;
    };
    for (const Case& given : {
             Case{"m=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n", false, Direction::sendrecv,
                  "a=sendrecv", true, true},
             Case{"m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", true, Direction::sendonly,
                  "a=recvonly", false, true},
             Case{"m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", false, Direction::recvonly,
                  "a=sendonly", true, false},
             Case{"m=audio 4000 RTP/AVP 0\r\na=inactive\r\n", true, Direction::inactive,
                  "a=inactive", false, false},
             Case{"m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", true, Direction::sendrecv,
                  "a=sendrecv", false, true},
         }) {
        CAPTURE(given.lines);
        const auto offer = parse_sdp(offer_with(given.lines));
        REQUIRE(offer.ok());
        CHECK(offer.value().on_hold() == given.held);
        CHECK(offer.value().direction == given.direction);
        CHECK(print_answer(local, offer.value()).find(given.answer) != std::string::npos);
        CHECK(leg_config(offer.value()).sends == given.sends);
        CHECK(leg_config(offer.value()).receives == given.receives);
    }
}

TEST_CASE("a direction at session level holds for the stream unless it has its own") {
    const auto held =
        parse_sdp(offer_with("m=audio 4000 RTP/AVP 0\r\n", "c=IN IP4 192.0.2.7\r\na=inactive\r\n"));
    const auto heard = parse_sdp(offer_with("m=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n",
                                            "c=IN IP4 192.0.2.7\r\na=inactive\r\n"));
    REQUIRE(held.ok());
    REQUIRE(heard.ok());
    CHECK(held.value().on_hold());
    CHECK(!heard.value().on_hold());
}

TEST_CASE("what cannot become a call is refused with its reason and status") {
    struct Case {
        std::string text;
        Misfit why;
        int status;
    };
    for (const Case& given : {
             Case{"", Misfit::malformed, 400},
             Case{"\r\n\r\n", Misfit::malformed, 400},
             Case{"hello", Misfit::malformed, 400},
             Case{"v=1\r\n", Misfit::malformed, 400},
             Case{offer_with("m=audio 99999 RTP/AVP 0\r\n"), Misfit::malformed, 400},
             Case{offer_with("m=audio -1 RTP/AVP 0\r\n"), Misfit::malformed, 400},
             Case{offer_with("m=audio 4000 RTP/AVP\r\n"), Misfit::malformed, 400},
             Case{offer_with("m=audio\r\n"), Misfit::malformed, 400},
             Case{"v=0\r\n" + std::string(sdp_bytes_max, 'x'), Misfit::malformed, 400},
             Case{offer_with(""), Misfit::no_audio, 488},
             Case{offer_with("m=audio 0 RTP/AVP 0\r\n"), Misfit::no_audio, 488},
             Case{offer_with("m=video 4000 RTP/AVP 31\r\n"), Misfit::no_audio, 488},
             Case{offer_with("m=audio 4000 RTP/SAVP 0\r\n"), Misfit::no_audio, 488},
             Case{offer_with("m=audio 4000 RTP/AVP 9 18\r\n"), Misfit::no_codec, 488},
             Case{offer_with("m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 G729/8000\r\n"),
                  Misfit::no_codec, 488},
             Case{offer_with("m=audio 4000 RTP/AVP 0\r\n", ""), Misfit::bad_address, 488},
             Case{offer_with("m=audio 4000 RTP/AVP 0\r\n", "c=IN IP6 2001:db8::1\r\n"),
                  Misfit::bad_address, 488},
             Case{offer_with("m=audio 4000 RTP/AVP 0\r\n", "c=IN IP4 phone.example.com\r\n"),
                  Misfit::bad_address, 488},
         }) {
        CAPTURE(given.text);
        const auto offer = parse_sdp(given.text);
        REQUIRE(!offer.ok());
        CHECK(offer.error() == given.why);
        CHECK(status_of(offer.error()) == given.status);
        CHECK(!sentence_of(offer.error()).empty());
    }
}

TEST_CASE("an answer repeats every stream of the offer and declines all but the audio we take") {
    const auto offer = parse_sdp(offer_with(
        "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 VP8/90000\r\nm=audio 4000 RTP/AVP 8 101\r\n"
        "a=rtpmap:101 telephone-event/8000\r\nm=audio 4002 RTP/SAVP 0\r\nm=image 4004 udptl "
        "t38\r\n"));
    REQUIRE(offer.ok());
    const std::string answer =
        print_answer({.ip = "127.0.0.1", .port = 45000, .session = 7, .version = 2}, offer.value());
    CHECK(
        answer ==
        "v=0\r\no=partyline 7 2 IN IP4 127.0.0.1\r\ns=Partyline\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=video 0 RTP/AVP 99\r\n"
        "m=audio 45000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 "
        "telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
        "m=audio 0 RTP/SAVP 0\r\nm=image 0 udptl t38\r\n");
}

TEST_CASE("our own offer is one we would take, and a 0.0.0.0 in it would be a hold") {
    const auto ours =
        parse_sdp(print_offer({.ip = "192.0.2.1", .port = 46000, .session = 1, .version = 1}));
    REQUIRE(ours.ok());
    CHECK(ours.value().format.codec == media::Codec::pcmu);
    CHECK(ours.value().event_payload_type == 101);
    CHECK(ours.value().remote == media::Address{0xC0000201, 46000});
}

TEST_CASE("a description with more streams than allowed is refused, one with as many is taken") {
    std::string lines = "m=audio 4000 RTP/AVP 0\r\n";
    for (std::size_t i = 1; i < sdp_streams_max; ++i) lines += "m=video 0 RTP/AVP 31\r\n";
    CHECK(parse_sdp(offer_with(lines)).ok());
    CHECK(!parse_sdp(offer_with(lines + "m=video 0 RTP/AVP 31\r\n")).ok());
}
