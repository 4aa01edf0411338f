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

TEST_CASE("of an ordinary phone's codecs the one that sounds best is taken, with its events") {
    const auto offer =
        parse_sdp(offer_with("m=audio 49170 RTP/AVP 8 0 9 13 96\r\na=rtpmap:9 "
                             "G722/8000\r\na=rtpmap:96 telephone-event/8000\r\na=ptime:30\r\n"));
    REQUIRE(offer.ok());
    CHECK(offer.value().format == media::g722_format);
    CHECK(offer.value().payload_type == 9);
    CHECK(offer.value().event_payload_type == 96);
    CHECK(offer.value().noise_payload_type == 13);
    CHECK(offer.value().remote == media::Address{0xC0000207, 49170});
    CHECK(offer.value().ptime_ms == 30);
    CHECK(!offer.value().on_hold());
}

TEST_CASE("each codec is found under its names and answered under the offer's number") {
    struct Case {
        const char* lines;
        media::Format format;
        std::uint8_t type;
        const char* answer;
    };
    using media::Codec;
    SoundPolicy everything;
    for (const std::uint32_t rate : {8'000U, 44'100U, 48'000U})
        everything.codecs.push_back({Codec::l16, rate});
    for (const Case& given : {
             Case{"0\r\n", media::pcmu_format, 0, "a=rtpmap:0 PCMU/8000\r\n"},
             Case{"8\r\n", media::pcma_format, 8, "a=rtpmap:8 PCMA/8000\r\n"},
             Case{"9\r\n", media::g722_format, 9, "a=rtpmap:9 G722/8000\r\n"},
             Case{"11\r\n", {Codec::l16, 44'100}, 11, "a=rtpmap:11 L16/44100\r\n"},
             Case{"110\r\na=rtpmap:110 l16/16000/1\r\n", l16_wide, 110, "a=ptime:20\r\n"},
             Case{"110\r\na=rtpmap:110 L16/8000\r\n", {Codec::l16, 8'000}, 110, "L16/8000\r\n"},
             Case{"110\r\na=rtpmap:110 L16/48000\r\n", {Codec::l16, 48'000}, 110, "a=ptime:10\r\n"},
             Case{"111\r\na=rtpmap:111 OPUS/48000/2\r\n", media::opus_format, 111,
                  "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1;usedtx=1;stereo=0"},
         }) {
        CAPTURE(given.lines);
        const auto offer =
            parse_sdp(offer_with(std::string{"m=audio 4000 RTP/AVP "} + given.lines), everything);
        REQUIRE(offer.ok());
        CHECK(offer.value().format == given.format);
        CHECK(offer.value().payload_type == given.type);
        const std::string answer = print_answer(local, offer.value());
        CHECK(answer.find("RTP/AVP " + std::to_string(given.type) + "\r\n") != std::string::npos);
        CHECK(answer.find(given.answer) != std::string::npos);
        CHECK(answer.find("a=maxptime:60\r\n") != std::string::npos);
        CHECK(format_named(name_of(given.format)) == given.format);
    }
}

TEST_CASE("an offer is judged by our order, an answer by theirs") {
    const std::string lines =
        "m=audio 4000 RTP/AVP 0 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n";
    const auto offer = parse_sdp(offer_with(lines));
    const auto answer = parse_sdp(offer_with(lines), {}, Kind::answer);
    SoundPolicy narrow;
    narrow.codecs = {media::pcma_format, media::pcmu_format};
    const auto by_setting = parse_sdp(offer_with(lines), narrow);
    REQUIRE(offer.ok());
    REQUIRE(answer.ok());
    REQUIRE(by_setting.ok());
    CHECK(offer.value().format == media::opus_format);
    CHECK(answer.value().format == media::pcmu_format);
    CHECK(by_setting.value().format == media::pcmu_format);
}

TEST_CASE("an Opus encoder does what the peer's fmtp asks for and no more than we want") {
    struct Case {
        const char* fmtp;
        bool fec, dtx;
        std::int32_t bitrate;
    };
    for (const Case& given : {
             Case{"", false, false, 32'000},
             Case{"useinbandfec=1; usedtx=1", true, true, 32'000},
             Case{"maxaveragebitrate=20000;useinbandfec=1", true, false, 20'000},
             Case{"maxaveragebitrate=64000", false, false, 32'000},
             Case{"maxaveragebitrate=1;useinbandfec=0", false, false, 6'000},
             Case{"maxplaybackrate=16000;stereo=1", false, false, 20'000},
             Case{"MAXPLAYBACKRATE=8000", false, false, 12'000},
             Case{"maxaveragebitrate=nonsense;;=;usedtx", false, false, 32'000},
         }) {
        CAPTURE(given.fmtp);
        const auto offer = parse_sdp(
            offer_with("m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 " +
                       std::string{given.fmtp} + "\r\n"));
        REQUIRE(offer.ok());
        const media::LegConfig config = leg_config(offer.value());
        CHECK(config.opus.fec == given.fec);
        CHECK(config.opus.dtx == given.dtx);
        CHECK(config.opus.bitrate == given.bitrate);
    }
}

TEST_CASE("telephone events run at the codec's clock where the phone offers that") {
    struct Case {
        const char* lines;
        std::optional<std::uint8_t> type;
        std::uint32_t rate_hz;
        bool inband;
    };
    const std::string opus = "a=rtpmap:111 opus/48000/2\r\n";
    const std::string slow = "a=rtpmap:101 telephone-event/8000\r\n";
    const std::string fast = "a=rtpmap:102 telephone-event/48000\r\n";
    const std::string both = opus + slow + fast, one = opus + slow, none = opus;
    for (const Case& given :
         {Case{both.c_str(), 102, 48'000, false}, Case{one.c_str(), 101, 8'000, false},
          Case{none.c_str(), std::nullopt, 8'000, true}}) {
        CAPTURE(given.lines);
        const auto offer = parse_sdp(
            offer_with("m=audio 4000 RTP/AVP 111 101 102\r\n" + std::string{given.lines}));
        REQUIRE(offer.ok());
        CHECK(offer.value().event_payload_type == given.type);
        CHECK(leg_config(offer.value()).inband_dtmf == given.inband);
        if (!given.type) continue;
        CHECK(offer.value().event_rate_hz == given.rate_hz);
        CHECK(print_answer(local, offer.value())
                  .find("telephone-event/" + std::to_string(given.rate_hz)) != std::string::npos);
    }
}

TEST_CASE("a port of their own for RTCP and voice metrics are taken over") {
    struct Case {
        const char* lines;
        std::optional<media::Address> rtcp;
        bool metrics;
    };
    for (const Case& given : {
             Case{"a=rtcp:4005\r\n", media::Address{0xC0000207, 4005}, false},
             Case{"a=rtcp:4005 IN IP4 198.51.100.9\r\n", media::Address{0xC6336409, 4005}, false},
             Case{"a=rtcp:0\r\n", std::nullopt, false},
             Case{"a=rtcp:x IN IP6 ::1\r\n", std::nullopt, false},
             Case{"a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n", std::nullopt, true},
             Case{"a=rtcp-xr:pkt-loss-rle\r\n", std::nullopt, false},
         }) {
        CAPTURE(given.lines);
        const auto offer =
            parse_sdp(offer_with("m=audio 4000 RTP/AVP 0\r\n" + std::string{given.lines}));
        REQUIRE(offer.ok());
        CHECK(leg_config(offer.value()).remote_rtcp == given.rtcp);
        CHECK(leg_config(offer.value()).extended_reports == given.metrics);
        CHECK((print_answer(local, offer.value()).find("a=rtcp-xr:voip-metrics") !=
               std::string::npos) == given.metrics);
    }
}

TEST_CASE("a dynamic payload type that is mapped to PCMU counts as PCMU") {
    const auto offer =
        parse_sdp(offer_with("m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 pcmu/8000\r\n"));
    REQUIRE(offer.ok());
    CHECK(offer.value().format == media::pcmu_format);
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
             Case{offer_with("m=audio 4000 RTP/AVP 10 18\r\n"), Misfit::no_codec, 488},
             Case{offer_with("m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 L16/16000/2\r\n"),
                  Misfit::no_codec, 488},
             Case{offer_with("m=audio 4000 RTP/AVP 97\r\n"), Misfit::no_codec, 488},
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
        "a=fmtp:101 0-15\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n"
        "m=audio 0 RTP/SAVP 0\r\nm=image 0 udptl t38\r\n");
}

TEST_CASE("our own offer is one we would take, with every codec in our order") {
    const Local here{.ip = "192.0.2.1", .port = 46000, .session = 1, .version = 1};
    const std::string text = print_offer(here);
    CHECK(text.find("m=audio 46000 RTP/AVP 96 9 97 0 8 101 102 13\r\n") != std::string::npos);
    const auto ours = parse_sdp(text);
    REQUIRE(ours.ok());
    CHECK(ours.value().format == media::opus_format);
    CHECK(ours.value().event_payload_type == 102);
    CHECK(ours.value().remote == media::Address{0xC0000201, 46000});
    CHECK(ours.value().extended_reports);
    CHECK(ours.value().opus.fec);
}

TEST_CASE("an offer within a call keeps the numbers and streams that are agreed") {
    const Local here{.ip = "192.0.2.1", .port = 46000, .session = 1, .version = 2};
    const auto theirs =
        parse_sdp(offer_with("m=video 5000 RTP/AVP 99\r\nm=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 "
                             "L16/16000\r\na=rtpmap:97 telephone-event/16000\r\n"));
    REQUIRE(theirs.ok());
    const std::string text = print_offer(here, {}, &theirs.value());
    // 96 is L16 in this call: Opus, which would be 96, is left out.
    CHECK(text.find("m=video 0 RTP/AVP 99\r\nm=audio 46000 RTP/AVP 96 97 9 0 8 101 102 13\r\n") !=
          std::string::npos);
    CHECK(text.find("a=rtpmap:96 L16/16000\r\n") != std::string::npos);
    CHECK(text.find("opus") == std::string::npos);
}

TEST_CASE("a description with more streams than allowed is refused, one with as many is taken") {
    std::string lines = "m=audio 4000 RTP/AVP 0\r\n";
    for (std::size_t i = 1; i < sdp_streams_max; ++i) lines += "m=video 0 RTP/AVP 31\r\n";
    CHECK(parse_sdp(offer_with(lines)).ok());
    CHECK(!parse_sdp(offer_with(lines + "m=video 0 RTP/AVP 31\r\n")).ok());
}
