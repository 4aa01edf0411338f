#include <doctest/doctest.h>

#include "base/prng.hpp"
#include "sim/load/caller.hpp"

namespace {

using Stage = sim::Caller::Stage;

constexpr std::string_view sdp =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 20000 RTP/AVP 0 96\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\n";

std::string answer(const std::string& status, const std::string& cseq = "1 INVITE",
                   std::string_view body = sdp) {
    return "SIP/2.0 " + status +
           "\r\nVia: SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bK1\r\nf: "
           "<sip:+49@192.0.2.9>;tag=tme\r\n"
           "To: <sip:1000@192.0.2.1>;tag=server\r\nCall-ID: me\r\nCSeq: " +
           cseq +
           "\r\nRecord-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>\r\n"
           "Contact: <sip:room@192.0.2.1:5070>\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

std::string request(const std::string& method, const std::string& tag) {
    return method +
           " sip:me@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2\r\n"
           "From: <sip:1000@192.0.2.1>;tag=server\r\nTo: <sip:+49@192.0.2.9>;tag=" +
           tag + "\r\nCall-ID: me\r\nCSeq: 5 " + method + "\r\nContent-Length: 0\r\n\r\n";
}

struct Phone {
    sim::Caller caller{{.number = "1000",
                        .caller = "+49",
                        .call_id = "me",
                        .server = {0xc0000201, 5060},
                        .ours = {0xc0000209, 5080},
                        .offer = "v=0\r\n"}};
    Instant now{seconds(1).us};
    sim::Caller::Texts call() { return caller.call(now); }
    sim::Caller::Texts get(const std::string& text) {
        const auto message = sim::parse_sip(text);
        REQUIRE(message);
        return caller.on_message(*message, now);
    }
};

}  // namespace

TEST_CASE("a call is asked for, acknowledged along its route, and ended") {
    Phone phone;
    const auto invite = phone.call();
    REQUIRE(invite.size() == 1);
    CHECK(invite[0].starts_with("INVITE sip:1000@192.0.2.1:5060 SIP/2.0\r\n"));
    REQUIRE(sim::parse_sip(invite[0]));
    phone.now = phone.now + milliseconds(30);
    CHECK(phone.get(answer("180 Ringing", "1 INVITE", "")).empty());
    const auto ack = phone.get(answer("200 OK"));
    REQUIRE(ack.size() == 1);
    CHECK(ack[0].starts_with("ACK sip:room@192.0.2.1:5070 SIP/2.0\r\n"));
    CHECK(ack[0].find("Route: <sip:p2;lr>\r\nRoute: <sip:p1;lr>\r\n") != std::string::npos);
    CHECK(phone.caller.stage() == Stage::up);
    CHECK(phone.caller.setup() == milliseconds(30));
    CHECK(phone.caller.answer().remote == media::Address{0xc0000201, 20'000});
    CHECK(phone.caller.answer().event_type == 96);
    CHECK(phone.get(answer("200 OK")) == ack);  // it was lost: once more
    const auto bye = phone.caller.hang_up(phone.now);
    REQUIRE(bye.size() == 1);
    CHECK(bye[0].find("CSeq: 2 BYE\r\n") != std::string::npos);
    CHECK(phone.get(answer("200 OK", "2 BYE", "")).empty());
    CHECK(phone.caller.stage() == Stage::gone);
}

TEST_CASE("a request is repeated until something answers, at most for 32 seconds") {
    Phone phone;
    const auto invite = phone.call();
    std::vector<std::int64_t> repeated_ms;
    const Instant begin = phone.now;
    while (phone.caller.stage() == Stage::calling) {
        phone.now = *phone.caller.wake_at();
        if (phone.caller.on_wake(phone.now) == invite)
            repeated_ms.push_back((phone.now - begin).us / 1'000);
    }
    CHECK(std::vector(repeated_ms.begin(), repeated_ms.begin() + 5) ==
          std::vector<std::int64_t>{500, 1'500, 3'500, 7'500, 11'500});
    CHECK(phone.caller.stage() == Stage::failed);
    CHECK(phone.now - begin >= seconds(32));
    CHECK(phone.now - begin < seconds(37));
    CHECK(phone.caller.status() == 0);
}

TEST_CASE("after a provisional response the INVITE is not repeated") {
    Phone phone;
    (void)phone.call();
    (void)phone.get(answer("100 Trying", "1 INVITE", ""));
    phone.now = *phone.caller.wake_at();
    CHECK(phone.caller.on_wake(phone.now).empty());
}

TEST_CASE("a refusal is acknowledged and remembered") {
    Phone phone;
    (void)phone.call();
    const auto ack = phone.get(answer("503 Busy", "1 INVITE", ""));
    REQUIRE(ack.size() == 1);
    CHECK(ack[0].starts_with("ACK sip:1000@192.0.2.1:5060 SIP/2.0\r\n"));
    CHECK(phone.caller.stage() == Stage::failed);
    CHECK(phone.caller.status() == 503);
}

TEST_CASE("an answer without usable sound is acknowledged and left") {
    Phone phone;
    (void)phone.call();
    const auto texts = phone.get(answer("200 OK", "1 INVITE", "v=0\r\nm=audio 0 RTP/AVP 0\r\n"));
    REQUIRE(texts.size() == 2);
    CHECK(texts[1].starts_with("BYE "));
    CHECK(phone.caller.stage() == Stage::failed);
    CHECK(phone.caller.status() == 488);
}

TEST_CASE("the server may hang up, ask and offer again; strangers get 481") {
    Phone phone;
    (void)phone.call();
    (void)phone.get(answer("200 OK"));
    CHECK(phone.get(request("OPTIONS", "tme"))[0].starts_with("SIP/2.0 200 "));
    CHECK(phone.get(request("INVITE", "tme"))[0].ends_with("\r\n\r\nv=0\r\n"));
    CHECK(phone.get(request("BYE", "other"))[0].starts_with("SIP/2.0 481 "));
    CHECK(phone.caller.stage() == Stage::up);
    CHECK(phone.get(request("BYE", "tme"))[0].starts_with("SIP/2.0 200 "));
    CHECK(phone.caller.stage() == Stage::gone);
    CHECK(phone.caller.hung_up_by_server());
}

TEST_CASE("what is not SIP as it should be is refused") {
    CHECK(sim::parse_sip(answer("200 OK")));
    for (const std::string& text :
         {std::string{}, std::string{"SIP/2.0 200 OK\r\n\r\n"}, answer("20 OK"), answer("abc"),
          answer("200 OK", "INVITE"), answer("200 OK", "1"), answer("200 OK") + "more",
          std::string{"INVITE sip:a SIP/3.0\r\n\r\n"}}) {
        CAPTURE(text);
        CHECK_FALSE(sim::parse_sip(text));
    }
}

TEST_CASE("any bytes give a message or nothing") {
    Prng prng{11};
    for (int i = 0; i < 20'000; ++i) {
        std::string text = i % 2 == 0 ? answer("200 OK") : request("BYE", "tme");
        for (std::uint64_t n = prng.below(6); n > 0; --n)
            text[prng.below(text.size())] = static_cast<char>(prng.below(256));
        for (std::uint64_t n = prng.below(3); n > 0; --n) text.pop_back();
        if (const auto message = sim::parse_sip(text)) {
            (void)sim::uri_of(message->contact);
            (void)sim::tag_of(message->to);
            (void)sim::parse_sdp_answer(message->body);
        }
    }
}

TEST_CASE("an answer names where to send, as what, and how to key") {
    const auto found = sim::parse_sdp_answer(
        "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 9000 RTP/AVP 111\r\nc=IN IP4 192.0.2.7\r\n");
    REQUIRE(found);
    CHECK(found->remote == media::Address{0xc0000207, 9'000});
    CHECK(found->payload_type == 111);
    CHECK_FALSE(found->event_type);
    for (const std::string_view text :
         {"", "v=0\r\nc=IN IP4 192.0.2.1\r\n", "c=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 0\r\n",
          "c=IN IP4 nowhere\r\nm=audio 9 RTP/AVP 0\r\n", "m=audio 9 RTP/AVP 0\r\n",
          "c=IN IP4 192.0.2.1\r\nm=video 9 RTP/AVP 0\r\n",
          "c=IN IP4 192.0.2.1\r\nm=audio 9 RTP/SAVP 0\r\n",
          "c=IN IP4 192.0.2.1\r\nm=audio 9 RTP/AVP 128\r\n"}) {
        CAPTURE(text);
        CHECK_FALSE(sim::parse_sdp_answer(text));
    }
}

TEST_CASE("an offer names one codec and keys on its clock") {
    const std::string text = sim::write_sdp_offer({0x7f010001, 40'000}, media::opus_format);
    CHECK(text.find("c=IN IP4 127.1.0.1\r\n") != std::string::npos);
    CHECK(text.find("m=audio 40000 RTP/AVP 111 101\r\n") != std::string::npos);
    CHECK(text.find("a=rtpmap:111 opus/48000/2\r\n") != std::string::npos);
    CHECK(text.find("a=rtpmap:101 telephone-event/48000\r\n") != std::string::npos);
}

TEST_CASE(
    "a caller holds and goes on within the call, and a refused hold leaves the call as it is") {
    Phone phone;
    (void)phone.call();
    (void)phone.get(answer("200 OK"));
    const auto held = phone.caller.hold(true, phone.now);
    REQUIRE(held.size() == 1);
    CHECK(held[0].starts_with("INVITE sip:room@192.0.2.1:5070 SIP/2.0\r\n"));
    CHECK(held[0].find("CSeq: 2 INVITE\r\n") != std::string::npos);
    const auto ack = phone.get(answer("200 OK", "2 INVITE"));
    REQUIRE(ack.size() == 1);
    CHECK(ack[0].find("CSeq: 2 ACK\r\n") != std::string::npos);
    CHECK(!phone.caller.wake_at());
    (void)phone.caller.hold(false, phone.now);
    CHECK(phone.get(answer("491 Request Pending", "3 INVITE", ""))[0].find("CSeq: 3 ACK\r\n") !=
          std::string::npos);
    CHECK(phone.caller.stage() == Stage::up);
    CHECK(phone.caller.hang_up(phone.now)[0].find("CSeq: 4 BYE\r\n") != std::string::npos);
}

TEST_CASE("a hold that nobody answers does not end the call") {
    Phone phone;
    (void)phone.call();
    (void)phone.get(answer("200 OK"));
    (void)phone.caller.hold(true, phone.now);
    for (int i = 0; i < 20 && phone.caller.wake_at(); ++i) {
        phone.now = *phone.caller.wake_at();
        (void)phone.caller.on_wake(phone.now);
    }
    CHECK(!phone.caller.wake_at());
    CHECK(phone.caller.stage() == Stage::up);
}
