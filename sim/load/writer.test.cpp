#include "sim/load/writer.hpp"

#include <doctest/doctest.h>

namespace {

std::string answer(const std::string& status, int cseq, const std::string& more = "") {
    return "SIP/2.0 " + status +
           "\r\nVia: SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bKm\r\nFrom: <sip:bob@a>;tag=m\r\n"
           "To: <sip:amy@a>;tag=x\r\nCall-ID: w1\r\nCSeq: " +
           std::to_string(cseq) + " MESSAGE\r\n" + more + "Content-Length: 0\r\n\r\n";
}

sim::Writer writer() {
    return sim::Writer{{.account = {"bob-desk", "secret"},
                        .to = "amy",
                        .text = "Hello",
                        .call_id = "w1",
                        .server = {0xc0000201, 5060},
                        .ours = {0xc0000209, 5080}}};
}

}  // namespace

TEST_CASE("a text is sent again with an answer when who writes it is asked") {
    auto one = writer();
    const Instant now{seconds(1).us};
    const auto first = one.send(now);
    REQUIRE(first.size() == 1);
    CHECK(first[0].starts_with("MESSAGE sip:amy@192.0.2.1:5060 SIP/2.0\r\n"));
    CHECK(first[0].ends_with("Content-Length: 5\r\n\r\nHello"));
    CHECK(sim::parse_sip(first[0]).has_value());
    const std::string asked =
        answer("401 Unauthorized", 1, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n");
    REQUIRE(one.concerns(*sim::parse_sip(asked)));
    const auto second = one.on_message(*sim::parse_sip(asked), now);
    REQUIRE(second.size() == 1);
    CHECK(second[0].find("CSeq: 2 MESSAGE\r\nAuthorization: Digest username=\"bob-desk\"") !=
          std::string::npos);
    CHECK(one.status() == 0);
    CHECK(one.on_message(*sim::parse_sip(answer("200 OK", 2)), now).empty());
    CHECK(one.status() == 200);
}

TEST_CASE("a text is repeated until it is answered or 32 seconds have passed") {
    auto one = writer();
    Instant now{seconds(1).us};
    const auto first = one.send(now);
    now = now + milliseconds(500);
    CHECK(one.on_wake(now) == first);
    CHECK(one.on_wake(now).empty());
    now = now + seconds(32);
    CHECK(one.on_wake(now).empty());
    CHECK(one.status() == 408);
}
