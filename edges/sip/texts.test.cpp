// SIP MESSAGE, both ways, and what a rude peer gets.
#include "edges/sip/texts.hpp"

#include <doctest/doctest.h>

#include "edges/sip/test_world.hpp"

using namespace sip;
using namespace sip::testing;

namespace {

constexpr std::uint16_t port = World::sip_port;
const StreamId chat{StreamKind::conversation, "direct:alice:bob"};

std::uint64_t messages(World& world) {
    return world.state<schema::ConversationStateT>(chat).messages;
}

}  // namespace

TEST_CASE("the conversation of two people has one name") {
    CHECK(direct_name("bob", "alice") == "direct:alice:bob");
    CHECK(direct_name("alice", "bob") == "direct:alice:bob");
}

TEST_CASE("only plain text of a bearable length is taken") {
    CHECK(judge_text("text/plain", "hello\nworld") == 200);
    CHECK(judge_text("text/html", "hello") == 415);
    CHECK(judge_text("", "hello") == 415);
    CHECK(judge_text("text/plain", std::string(text_bytes_max + 1, 'x')) == 413);
    CHECK(judge_text("text/plain", "\xff\xfe") == 400);
    CHECK(judge_text("text/plain", "") == 400);
}

TEST_CASE("lines of a phone become lines of the chat") {
    CHECK(lines_of("a\r\nb\r\n") == "a\nb");
    CHECK(lines_of("\r\n").empty());
}

TEST_CASE("a phone's message appears in the chat once, and the answer comes to the phone") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_user("bob");
    TestPhone phone{25070, port};
    REQUIRE(status(world.enroll(phone, "alice-desk", "secret")) == 200);
    Exchange text = phone.exchange("alice-desk", "bob");
    CHECK(status(phone.authorized(text, "MESSAGE", "secret", "", "text/plain", "hello bob\r\n")) ==
          200);
    CHECK(messages(world) == 1);
    Exchange again =
        text;  // the same request by another way: same Call-ID and CSeq, other branch and tag
    again.cseq -= 2;
    again.tag = "another";
    CHECK(status(phone.authorized(again, "MESSAGE", "secret", "", "text/plain", "hello bob\r\n")) ==
          200);
    CHECK(messages(world) == 1);
    CHECK(soon([&] {
        return world.state<schema::UserStateT>({StreamKind::user, "alice"}).phones.at(0).texts;
    }));

    schema::SendMessageT answer;
    answer.text = "hello alice \xE2\x82\xAC";
    answer.client_id = "1";
    answer.via = "web";
    CHECK(world.send(chat, "user/bob", actors::command(answer)).ok());
    const std::string offered = phone.incoming("MESSAGE");
    REQUIRE(!offered.empty());
    CHECK(body(offered) == answer.text);
    CHECK(header(offered, "From").find("sip:bob@") != std::string::npos);
    CHECK(header(offered, "Content-Type").starts_with("text/plain"));
    phone.respond(offered, 200);
    CHECK(soon([&] { return world.edge().statistics().texts_delivered == 1; }));
}

TEST_CASE("a message to nobody, to oneself, of a wrong kind or by a stranger is refused") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_user("bob");
    TestPhone phone{25070, port};
    struct Case {
        const char* to;
        const char* type;
        std::string text;
        int status;
    };
    for (const Case& given :
         {Case{"carol", "text/plain", "x", 404}, Case{"alice", "text/plain", "x", 404},
          Case{"bob", "text/html", "x", 415},
          Case{"bob", "text/plain", std::string(5000, 'x'), 413},
          Case{"bob", "text/plain", "\xff", 400}, Case{"bob-desk", "text/plain", "x", 200}}) {
        CAPTURE(given.to);
        CAPTURE(given.status);
        Exchange text = phone.exchange("alice-desk", given.to);
        CHECK(status(phone.authorized(text, "MESSAGE", "secret", "", given.type, given.text)) ==
              given.status);
    }
    Exchange text = phone.exchange("alice-desk", "bob");
    CHECK(status(phone.authorized(text, "MESSAGE", "guess", "", "text/plain", "x")) == 401);
    CHECK(messages(world) == 1);
}

TEST_CASE("a message is acknowledged only when it is durable") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_user("bob");
    TestPhone phone{25070, port};
    Exchange first = phone.exchange("alice-desk", "bob");
    REQUIRE(status(phone.authorized(first, "MESSAGE", "secret", "", "text/plain", "one")) == 200);
    world.hold_disk();
    Exchange second = phone.exchange("alice-desk", "bob");
    CHECK(phone.authorized(second, "MESSAGE", "secret", "", "text/plain", "two").empty());
    world.release_disk();
    CHECK(status(phone.final_response(second)) == 200);
}

TEST_CASE("every other request is answered as SIP wants it, and the edge survives") {
    World world;
    world.add_user("alice", "desk", "secret");
    TestPhone phone{25070, port};
    const std::string via = "Via: SIP/2.0/UDP 127.0.0.1:25070;branch=z9hG4bK";
    const std::string names = "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nMax-Forwards: 70\r\n";
    const auto ask = [&](const std::string& line, const std::string& headers) {
        static int next = 0;
        const std::string id = "odd-" + std::to_string(++next);
        phone.send(line + "\r\n" + via + id + names + "Call-ID: " + id + "\r\n" + headers +
                   "Content-Length: 0\r\n\r\n");
        return phone.receive(
            [&](const std::string& m) { return status(m) >= 200 && header(m, "Call-ID") == id; },
            1500);
    };
    const std::string options = ask("OPTIONS sip:127.0.0.1 SIP/2.0", "CSeq: 1 OPTIONS\r\n");
    CHECK(status(options) == 200);
    CHECK(header(options, "Allow").find("MESSAGE") != std::string::npos);
    CHECK(header(options, "Accept").find("application/sdp") != std::string::npos);
    for (const char* method : {"SUBSCRIBE", "PUBLISH", "REFER", "NOTIFY", "DANCE"}) {
        CAPTURE(method);
        const std::string refused = ask(std::string{method} + " sip:127.0.0.1 SIP/2.0",
                                        std::string{"CSeq: 1 "} + method + "\r\n");
        CHECK(status(refused) == (std::string{method} == "DANCE" ? 501 : 405));  // RFC 3261, 21.5.2
        CHECK(!header(refused, "Allow").empty());
    }
    CHECK(status(ask("INFO sip:127.0.0.1 SIP/2.0", "CSeq: 1 INFO\r\n")) == 481);
    CHECK(status(ask("BYE sip:127.0.0.1 SIP/2.0", "CSeq: 1 BYE\r\n")) == 481);
    CHECK(status(ask("INVITE sip:1@127.0.0.1 SIP/2.0", "CSeq: 1 INVITE\r\nRequire: 100rel\r\n")) ==
          420);
    const std::string mismatch = ask("OPTIONS sip:127.0.0.1 SIP/2.0", "CSeq: 1 REGISTER\r\n");
    CHECK((mismatch.empty() || status(mismatch) == 400));
    const std::string version = ask("OPTIONS sip:127.0.0.1 SIP/3.0", "CSeq: 1 OPTIONS\r\n");
    CHECK((version.empty() || status(version) == 505));
    for (const std::string& garbage :
         {std::string(1, '\0'), std::string("\r\n\r\n"), std::string(60000, 'A'),
          std::string("INVITE"), std::string("SIP/2.0 200 OK\r\n\r\n"),
          std::string("INVITE sip:a@b SIP/2.0\r\nVia:\r\nContent-Length: -1\r\n\r\n")}) {
        phone.send(garbage);
    }
    CHECK(status(ask("OPTIONS sip:127.0.0.1 SIP/2.0", "CSeq: 1 OPTIONS\r\n")) == 200);
}

TEST_CASE("one source that calls too fast is told to wait") {
    Options options;
    options.limits.calls_per_second_per_source = 5;
    options.limits.strikes_per_second = 1;
    World world{options};
    TestPhone phone{25070, port};
    int refused = 0, told_to_wait = 0;
    for (int i = 0; i < 30; ++i) {
        Exchange call = phone.exchange("mallory", "1");
        phone.request(call, "INVITE", "", "application/sdp", sdp(46000));
        const std::string answer = phone.final_response(call);
        refused += status(answer) == 403;
        told_to_wait += status(answer) == 503 && !header(answer, "Retry-After").empty();
    }
    CHECK(refused >= 10);
    CHECK(told_to_wait >= 10);
    CHECK(refused + told_to_wait == 30);
    CHECK(
        world.state<schema::GuardStateT>({StreamKind::guard, "source:127.0.0.1"}).strikes.size() <=
        4);
    CHECK(world.edge().statistics().calls_arriving == 0);
}
