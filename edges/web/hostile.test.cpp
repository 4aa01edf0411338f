// What strangers and broken clients send: each gets an answer that says so, or is cut, and the
// server serves the next one.
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "edges/web/test_client.hpp"
#include "edges/web/test_world.hpp"

using namespace web::testing;
using web::ServerOptions;

namespace {

bool still_serves(const World& world) { return http(world.port, "GET", "/healthz").status == 200; }

std::string code_of(const Reply& reply) {
    const json body = reply.at();
    return body.is_object() && body.contains("error") ? body["error"].value("code", "") : "";
}

}  // namespace

TEST_CASE("requests that break HTTP or its limits are refused by name") {
    World world;
    const auto raw = [&](const std::string& bytes) {
        Socket socket(world.port);
        socket.send(bytes);
        return read_reply(socket);
    };
    CHECK(raw("GARBAGE\r\n\r\n").status == 400);
    CHECK(raw("GET / HTTP/9.9\r\n\r\n").status == 400);
    CHECK(raw("GET /healthz HTTP/1.1\r\nHost: x\r\nBroken header\r\n\r\n").status == 400);
    CHECK(raw("GET /healthz HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").status ==
          431);
    CHECK(raw("POST /api/sign_in HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n").status == 413);
    CHECK(raw("POST /api/sign_in HTTP/1.1\r\nContent-Length: -1\r\n\r\n").status == 400);
    CHECK(raw("POST /api/sign_in HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").status ==
          400);
    CHECK(still_serves(world));
}

TEST_CASE("bodies that are no JSON, or the wrong one, are answered with where it hurts") {
    World world;
    const auto said = [&](const char* body) {
        const Reply reply = http(world.port, "POST", "/api/sign_in", body);
        CHECK(reply.status == 400);
        CHECK(code_of(reply) == "bad_request");
        return reply.at()["error"]["sentence"].get<std::string>();
    };
    CHECK(said("{\"user\":") == "body: not JSON at byte 9");
    CHECK(said("[1,2]") == "body: JSON must be an object");
    CHECK(said("{\"user\":7,\"password\":\"x\"}").find("field 'user' must be a string") == 0);
    CHECK(said("{\"user\":\"a\"}").find("field 'password' must be a string") == 0);
    CHECK(said("{\"user\":\"a\",\"password\":\"b\",\"admin\":true}") ==
          "field 'admin' is not known here");
    CHECK(http(world.port, "GET", "/api/nothing").status == 404);
    CHECK(http(world.port, "DELETE", "/api/me").status == 405);
    CHECK(http(world.port, "GET", "/api/me").status == 401);
    CHECK(http(world.port, "GET", "/api/me", nullptr, "alice.nonsense").status == 401);
    CHECK(http(world.port, "GET", "/api/me", nullptr, std::string(5000, 'x')).status == 401);
}

TEST_CASE(
    "frames that are no JSON, of wrong types or unknown get an error, and the socket goes on") {
    World world;
    world.add_user("alice");
    WebSocket socket(world.port);
    CHECK(socket.hello(world.token_of("alice"))["type"] == "welcome");
    struct Case {
        std::string frame, sentence;
    };
    for (const Case& one : {
             Case{"{", "not JSON at byte"},
             Case{"[]", "JSON must be an object"},
             Case{std::string(60'000, '['), "JSON nested deeper"},
             Case{R"({"id":1})", "field 'type'"},
             Case{R"({"type":"fly","id":1})", "field 'type' must be subscribe"},
             Case{R"({"type":"ping"})", "field 'id'"},
             Case{R"({"type":"ping","id":-1})", "field 'id'"},
             Case{R"({"type":"ping","id":1,"x":1})", "field 'x'"},
             Case{R"({"type":"subscribe","id":1,"stream":"nonsense"})", "field 'stream'"},
             Case{R"({"type":"subscribe","id":1,"stream":"user/alice","from":"x"})",
                  "field 'from'"},
             Case{R"({"type":"request","id":1,"method":"GET"})", "field 'path'"},
             Case{R"({"type":"request","id":1,"method":"GET","path":"/api/me","body":7})",
                  "field 'body'"},
         }) {
        CAPTURE(one.frame.substr(0, 60));
        socket.send_text(one.frame);
        const json error = socket.next();
        CHECK(error["type"] == "error");
        CHECK(error["code"] == "bad_request");
        CHECK(error["sentence"].get<std::string>().find(one.sentence) == 0);
    }
    socket.send({{"type", "request"}, {"id", 5}, {"method", "GET"}, {"path", "/api/nothing"}});
    CHECK(socket.next()["status"] == 404);
    socket.send({{"type", "ping"}, {"id", 6}});
    CHECK(socket.next()["type"] == "pong");
}

TEST_CASE("a socket that breaks the protocol is closed with the reason") {
    World world;
    world.add_user("alice");
    const std::string token = world.token_of("alice");
    SUBCASE("a frame before the hello") {
        WebSocket socket(world.port);
        socket.send({{"type", "ping"}, {"id", 1}});
        CHECK(socket.next()["code"] == "not_signed_in");
        CHECK(socket.next().is_null());
        CHECK(socket.close_code == 1008);
    }
    SUBCASE("a token that is nobody's") {
        WebSocket socket(world.port);
        CHECK(socket.hello("alice.0000")["code"] == "not_signed_in");
        CHECK(socket.next().is_null());
        CHECK(socket.close_code == 1008);
    }
    SUBCASE("a binary frame") {
        WebSocket socket(world.port);
        socket.hello(token);
        socket.send_raw(WebSocket::frame(2, "\x01\x02\x03"));
        CHECK(socket.next().is_null());
        CHECK(socket.close_code == 1003);
    }
    SUBCASE("a frame that is too large") {
        WebSocket socket(world.port);
        socket.hello(token);
        socket.send_raw(WebSocket::frame(1, std::string(70'000, 'x')));
        CHECK(socket.next().is_null());
        CHECK(socket.close_code == 1009);
    }
    SUBCASE("text that is not UTF-8") {
        WebSocket socket(world.port);
        socket.hello(token);
        socket.send_text("{\"type\":\"\xff\"}");
        CHECK(socket.next().is_null());
        CHECK(socket.close_code == 1007);
    }
    SUBCASE("a frame without a mask") {
        WebSocket socket(world.port);
        socket.hello(token);
        socket.send_raw(std::string("\x81\x02{}", 4));
        CHECK(socket.next().is_null());
        CHECK(socket.close_code == 1002);
    }
    CHECK(still_serves(world));
}

TEST_CASE("half a frame holds nobody up, and its end is noticed") {
    World world;
    world.add_user("alice");
    {
        WebSocket half(world.port);
        half.hello(world.token_of("alice"));
        half.send_raw(WebSocket::frame(1, R"({"type":"ping","id":1})").substr(0, 12));
        CHECK(world.server->statistics().sockets == 1);
        WebSocket other(world.port);
        CHECK(other.hello(world.token_of("alice"))["type"] == "welcome");
    }
    for (int i = 0; i < 200 && world.server->statistics().sockets > 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(world.server->statistics().sockets == 0);
    CHECK(world.server->statistics().online == 0);
}

TEST_CASE("a page of another origin gets no socket and no API") {
    World world;
    CHECK(WebSocket(world.port, "http://evil.example").status == 403);
    CHECK(WebSocket(world.port, "null").status == 403);
    CHECK(WebSocket(world.port, "http://localhost:" + std::to_string(world.port)).status == 101);
    const Reply reply = http(world.port, "POST", "/api/sign_in", {{"user", "a"}, {"password", "b"}},
                             "", "Origin: http://evil.example\r\n");
    CHECK(reply.status == 403);
    CHECK(code_of(reply) == "wrong_origin");
}

TEST_CASE("who connects too often from one place is turned away until others leave") {
    World world(ServerOptions{.connections_per_source_max = 5});
    std::vector<std::unique_ptr<Socket>> held;
    for (int i = 0; i < 5; ++i) held.push_back(std::make_unique<Socket>(world.port));
    for (int i = 0; i < 200 && world.server->statistics().connections < 5; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    REQUIRE(world.server->statistics().connections == 5);
    Socket sixth(world.port);
    CHECK(read_reply(sixth).status == 503);
    held.pop_back();
    for (int i = 0; i < 200 && world.server->statistics().connections > 4; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(still_serves(world));
    CHECK(world.server->statistics().refused >= 1);
}

TEST_CASE("who says nothing, or no hello, or half a request, is closed after their patience") {
    World world(
        ServerOptions{.header_patience = milliseconds(300), .hello_patience = milliseconds(300)});
    Socket silent(world.port);
    CHECK(silent.closes());
    Socket half(world.port);
    half.send("POST /api/sign_in HTTP/1.1\r\nContent-Length: 100\r\n\r\n{\"user\"");
    CHECK(half.closes());
    WebSocket no_hello(world.port);
    CHECK(no_hello.status == 101);
    CHECK(no_hello.next()["code"] == "not_signed_in");
    CHECK(no_hello.next().is_null());
    CHECK(no_hello.close_code == 1008);
}

TEST_CASE("a peer that is gone without a word is noticed by pings") {
    World world(ServerOptions{.idle_patience = milliseconds(600)});
    world.add_user("alice");
    WebSocket dead(world.port);
    dead.hello(world.token_of("alice"));
    // It reads nothing, hence answers no ping.
    for (int i = 0; i < 400 && world.server->statistics().sockets > 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(world.server->statistics().sockets == 0);
}

TEST_CASE("a slow reader is cut, and told so when it comes back") {
    World world(ServerOptions{.outbox_bytes_max = 100'000});
    world.add_user("alice");
    world.add_user("bob");
    const std::string alice = world.token_of("alice"), bob = world.token_of("bob");
    http(world.port, "POST", "/api/conversations", {{"with", "bob"}}, alice);
    WebSocket slow(world.port, "", 4096);
    slow.hello(bob);
    slow.send({{"type", "subscribe"}, {"id", 1}, {"stream", "conversation/direct:alice:bob"}});
    slow.next("view");
    const auto say = [&](int i) {
        schema::SendMessageT message;
        message.text = std::string(4000, 'x');
        message.client_id = std::to_string(i);
        return world.ask({StreamKind::conversation, "direct:alice:bob"}, "user/alice",
                         actors::command(std::move(message)));
    };
    // The kernel's buffers take some megabytes before anything waits here.
    for (int i = 0; i < 5000 && world.server->statistics().cut == 0; ++i) REQUIRE(say(i).ok());
    CHECK(world.server->statistics().cut == 1);
    WebSocket back(world.port);
    const json welcome = back.hello(bob);
    REQUIRE(welcome["dropped"].is_object());
    CHECK(welcome["dropped"]["code"] == "too_slow");
    WebSocket again(world.port);
    CHECK(again.hello(bob)["dropped"].is_null());
}

TEST_CASE("who floods a socket is told to slow down, and the rest goes through later") {
    World world;
    world.add_user("alice");
    WebSocket socket(world.port);
    socket.hello(world.token_of("alice"));
    for (int i = 0; i < 200; ++i) socket.send({{"type", "ping"}, {"id", i}});
    int pongs = 0, refused = 0;
    for (int i = 0; i < 200; ++i) {
        const json frame = socket.next();
        pongs += frame["type"] == "pong";
        refused += frame["type"] == "error" && frame["code"] == "too_fast";
    }
    CHECK(pongs + refused == 200);
    CHECK(pongs >= 99);
    CHECK(refused > 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    socket.send({{"type", "ping"}, {"id", 1000}});
    CHECK(socket.next()["type"] == "pong");
}

TEST_CASE("a socket has at most 200 subscriptions") {
    World world;
    world.add_user("alice");
    const std::string alice = world.token_of("alice");
    std::vector<std::string> groups;
    for (int i = 0; i < 201; ++i) {
        schema::CreateConversationT create;
        create.kind = schema::ConversationKind::group;
        create.title = "g";
        groups.push_back("g" + std::to_string(i));
        REQUIRE(world
                    .ask({StreamKind::conversation, groups.back()}, "user/alice",
                         actors::command(create))
                    .ok());
    }
    WebSocket socket(world.port);
    socket.hello(alice);
    int answered = 0;
    for (int i = 0; i < 201; ++i) {
        socket.send({{"type", "subscribe"},
                     {"id", i},
                     {"stream", "conversation/" + groups[static_cast<std::size_t>(i)]}});
        if (i % 50 == 49)
            std::this_thread::sleep_for(std::chrono::milliseconds(1000));  // within the rate
        json frame = socket.next();
        while (frame["type"] == "view") frame = socket.next();
        answered += frame["type"] == "answer";
        if (i == 200) CHECK(frame["code"] == "too_many");
    }
    CHECK(answered == 200);
}

TEST_CASE("the page is served with its headers, and asked for again only when it changed") {
    World world;
    const Reply page = http(world.port, "GET", "/");
    CHECK(page.status == 200);
    CHECK(page.headers.find("Content-Security-Policy: default-src 'self'") != std::string::npos);
    CHECK(page.headers.find("X-Content-Type-Options: nosniff") != std::string::npos);
    CHECK(page.headers.find("X-Frame-Options: DENY") != std::string::npos);
    CHECK(page.headers.find("text/html") != std::string::npos);
    const std::size_t at = page.headers.find("ETag: ");
    REQUIRE(at != std::string::npos);
    const std::string etag = page.headers.substr(at + 6, page.headers.find("\r\n", at) - at - 6);
    const Reply again =
        http(world.port, "GET", "/", nullptr, "", "If-None-Match: " + etag + "\r\n");
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(http(world.port, "POST", "/", json::object()).status == 405);
    CHECK(http(world.port, "GET", "/app.js").status == 404);
    const Reply described = http(world.port, "GET", "/api/openapi.json");
    CHECK(described.at()["openapi"] == "3.0.3");
}

TEST_CASE("a server that stops says goodbye to its sockets") {
    World world;
    world.add_user("alice");
    WebSocket socket(world.port);
    socket.hello(world.token_of("alice"));
    std::thread stopping([&] { world.server->stop(); });
    CHECK(socket.next().is_null());
    CHECK(socket.close_code == 1001);
    stopping.join();
    CHECK_FALSE(Socket(world.port).connected());
}

TEST_CASE("an address that is taken or none is refused with its name") {
    World world;
    web::Server second(*world.api, ServerOptions{.port = world.port});
    const auto taken = second.start();
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error().find("127.0.0.1:" + std::to_string(world.port)) != std::string::npos);
    web::Server nowhere(*world.api, ServerOptions{.address = "not an address"});
    REQUIRE_FALSE(nowhere.start().ok());
}
