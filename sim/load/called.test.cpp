#include "sim/load/called.hpp"

#include <doctest/doctest.h>

namespace {

using Stage = sim::Called::Stage;

constexpr std::string_view sdp =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 20000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n";

std::string request(const std::string& method, const std::string& to_tag = "") {
    const std::string body{method == "INVITE" ? sdp : std::string_view{}};
    return method +
           " sip:bob@192.0.2.9:5080 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
           "Record-Route: <sip:p1;lr>\r\nFrom: <sip:1000@192.0.2.1>;tag=server\r\n"
           "To: <sip:bob@192.0.2.9>" +
           to_tag + "\r\nCall-ID: one\r\nCSeq: 5 " + (method == "CANCEL" ? "CANCEL" : method) +
           "\r\nContact: <sip:room@192.0.2.1:5070>\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string answer_to_register(const std::string& status, int cseq, const std::string& more = "") {
    return "SIP/2.0 " + status +
           "\r\nVia: SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bKr\r\nFrom: <sip:bob@a>;tag=r\r\n"
           "To: <sip:bob@a>;tag=x\r\nCall-ID: r\r\nCSeq: " +
           std::to_string(cseq) + " REGISTER\r\n" + more + "Content-Length: 0\r\n\r\n";
}

struct Phone {
    sim::Called called{{.account = {"bob", "secret"},
                        .server = {0xc0000201, 5060},
                        .ours = {0xc0000209, 5080},
                        .answer = "v=0\r\n"}};
    Instant now{seconds(1).us};
    sim::Called::Texts get(const std::string& text) {
        const auto message = sim::parse_sip(text);
        REQUIRE(message);
        REQUIRE(called.concerns(*message));
        return called.on_message(*message, now);
    }
};

}  // namespace

TEST_CASE("a challenge is answered as RFC 2617 computes it") {
    const std::string challenge =
        "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
        "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    const sim::Account mufasa{"Mufasa", "Circle Of Life"};
    const std::string plain = sim::answer_challenge(challenge, mufasa, "GET", "/dir/index.html", 1);
    CHECK(plain.find("response=\"670fd8c2df070c60b045671b8b24ff02\"") != std::string::npos);
    CHECK(plain.find("opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"") != std::string::npos);
    const std::string counted = sim::answer_challenge(challenge + ", qop=\"auth,auth-int\"", mufasa,
                                                      "GET", "/dir/index.html", 1);
    CHECK(counted.find("qop=auth, nc=00000001, cnonce=\"647bf17b6cb63ae8\"") != std::string::npos);
    CHECK(counted.find("response=\"19b69dc75a115ec823042c567fcbfad0\"") != std::string::npos);
    CHECK(sim::answer_challenge("Basic realm=\"x\"", mufasa, "GET", "/", 1).empty());
}

TEST_CASE("a telephone registers, rings, answers and hangs up along the caller's route") {
    Phone phone;
    REQUIRE(phone.called.enrol(phone.now).size() == 1);
    const auto again = phone.get(answer_to_register(
        "401 Unauthorized", 1,
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n"));
    REQUIRE(again.size() == 1);
    CHECK(again[0].find("Authorization: Digest username=\"bob\", realm=\"r\"") !=
          std::string::npos);
    CHECK(phone.get(answer_to_register("200 OK", 2)).empty());
    CHECK(phone.called.enrolled());
    CHECK(phone.get(request("INVITE"))[0].starts_with("SIP/2.0 100 "));
    CHECK(phone.called.stage() == Stage::ringing);
    CHECK(phone.called.offer().remote == media::Address{0xc0000201, 20'000});
    CHECK(phone.called.ring()[0].starts_with("SIP/2.0 180 "));
    const auto ok = phone.called.answer(phone.now);
    REQUIRE(ok.size() == 1);
    CHECK(ok[0].find("Record-Route: <sip:p1;lr>\r\n") != std::string::npos);
    CHECK(ok[0].ends_with("\r\n\r\nv=0\r\n"));
    phone.now = phone.now + seconds(1);
    CHECK(phone.called.on_wake(phone.now) == ok);  // no ACK yet
    CHECK(phone.get(request("ACK", ";tag=c1")).empty());
    phone.now = phone.now + seconds(1);
    CHECK(phone.called.on_wake(phone.now).empty());
    const auto bye = phone.called.hang_up(phone.now);
    REQUIRE(bye.size() == 1);
    CHECK(bye[0].starts_with("BYE sip:room@192.0.2.1:5070 SIP/2.0\r\n"));
    CHECK(bye[0].find("Route: <sip:p1;lr>\r\n") != std::string::npos);
    CHECK(bye[0].find("To: <sip:1000@192.0.2.1>;tag=server\r\n") != std::string::npos);
}

TEST_CASE("a call that is given up, refused or ended by the caller is over") {
    Phone cancelled;
    (void)cancelled.get(request("INVITE"));
    const auto texts = cancelled.get(request("CANCEL"));
    REQUIRE(texts.size() == 2);
    CHECK(texts[0].starts_with("SIP/2.0 200 "));
    CHECK(texts[1].starts_with("SIP/2.0 487 "));
    CHECK(texts[1].find("CSeq: 5 INVITE\r\n") != std::string::npos);
    CHECK(cancelled.called.stage() == Stage::gone);
    Phone busy;
    (void)busy.get(request("INVITE"));
    CHECK(busy.called.refuse("486 Busy Here")[0].starts_with("SIP/2.0 486 Busy Here\r\n"));
    CHECK(busy.called.stage() == Stage::gone);
    Phone left;
    (void)left.get(request("INVITE"));
    (void)left.called.answer(left.now);
    (void)left.get(request("ACK", ";tag=c1"));
    CHECK(left.get(request("BYE", ";tag=c1"))[0].starts_with("SIP/2.0 200 "));
    CHECK(left.called.hung_up_by_server());
}

TEST_CASE("a telephone that was called holds and goes on, and acknowledges each answer") {
    Phone phone;
    (void)phone.get(request("INVITE"));
    CHECK(sim::payload_type_in(phone.called.offer_text(), media::pcmu_format) == 0);
    CHECK(!sim::payload_type_in(phone.called.offer_text(), media::opus_format));
    phone.called.answer_with("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\na=sendrecv\r\n");
    (void)phone.called.answer(phone.now);
    (void)phone.get(request("ACK", ";tag=c1"));
    const auto held = phone.called.hold(true, phone.now);
    REQUIRE(held.size() == 1);
    CHECK(held[0].starts_with("INVITE sip:room@192.0.2.1:5070 SIP/2.0\r\n"));
    CHECK(held[0].ends_with("v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\na=sendonly\r\n"));
    const std::string ok =
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bKh\r\n"
        "From: <sip:bob@a>;tag=c1\r\nTo: <sip:a@b>;tag=server\r\nCall-ID: one\r\n"
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    const auto ack = phone.get(ok);
    REQUIRE(ack.size() == 1);
    CHECK(ack[0].starts_with("ACK sip:room@192.0.2.1:5070 SIP/2.0\r\n"));
    CHECK(ack[0].find("CSeq: 1 ACK\r\n") != std::string::npos);
    CHECK(phone.called.hold(false, phone.now)[0].ends_with("a=sendrecv\r\n"));
    CHECK(phone.called.hang_up(phone.now)[0].find("CSeq: 3 BYE\r\n") != std::string::npos);
}

TEST_CASE("a telephone that withdraws its registration answers the challenge of that, too") {
    Phone phone;
    (void)phone.called.enrol(phone.now);
    (void)phone.get(answer_to_register("200 OK", 1));
    REQUIRE(phone.called.enrolled());
    CHECK(phone.called.withdraw(phone.now)[0].find("Expires: 0\r\n") != std::string::npos);
    const auto again = phone.get(answer_to_register(
        "401 Unauthorized", 2, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"));
    REQUIRE(again.size() == 1);
    CHECK(again[0].find("Expires: 0\r\nAuthorization: ") != std::string::npos);
    (void)phone.get(answer_to_register("200 OK", 3));
    CHECK(!phone.called.enrolled());
}

TEST_CASE("what an offer calls a codec is found by its name, in any case of letters") {
    const std::string offer =
        "m=audio 4000 RTP/AVP 111 9 0 101\r\na=rtpmap:111 OPUS/48000/2\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n";
    CHECK(sim::payload_type_in(offer, media::opus_format) == 111);
    CHECK(sim::payload_type_in(offer, media::g722_format) == 9);
    CHECK(!sim::payload_type_in(offer, media::pcma_format));
    const std::string answer =
        sim::write_sdp_answer({0xc0000209, 4002}, media::opus_format, 96, {});
    CHECK(answer.find("m=audio 4002 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n") !=
          std::string::npos);
}
