#include "edges/web/server.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <thread>

#include "edges/web/test_client.hpp"
#include "edges/web/test_world.hpp"

using namespace web::testing;

namespace {

const std::string direct = "/api/conversations/direct:alice:bob";

/// Alice and Bob, who have a conversation.
struct Office : World {
    using World::World;
    std::string alice, bob;
    void open() {
        add_user("alice");
        add_user("bob");
        alice = token_of("alice");
        bob = token_of("bob");
        REQUIRE(http(port, "POST", "/api/conversations", {{"with", "bob"}}, alice).status == 201);
    }
    json say(const std::string& token, const std::string& client_id, const std::string& text) {
        return http(port, "POST", direct + "/messages", {{"client_id", client_id}, {"text", text}},
                    token)
            .at();
    }
};

std::string code_of(const Reply& reply) {
    const json body = reply.at();
    return body.is_object() && body.contains("error") ? body["error"].value("code", "") : "";
}

}  // namespace

TEST_CASE("signing in gives a token that works until one signs out") {
    World world;
    world.add_user("alice");
    const Reply in =
        http(world.port, "POST", "/api/sign_in",
             {{"user", "Alice"}, {"password", "password of alice"}, {"client", "test"}});
    REQUIRE(in.status == 200);
    const std::string token = in.at()["token"];
    CHECK(token.size() > 40);
    const Reply me = http(world.port, "GET", "/api/me", nullptr, token);
    CHECK(me.status == 200);
    CHECK(me.at()["state"]["sessions"].size() == 1);
    CHECK(http(world.port, "POST", "/api/sign_out", json::object(), token).status == 200);
    const Reply after = http(world.port, "GET", "/api/me", nullptr, token);
    CHECK(after.status == 401);
    CHECK(code_of(after) == "not_signed_in");
}

TEST_CASE(
    "a wrong password and an unknown user get the same answer, and guessing is blocked in the "
    "end") {
    World world;
    world.add_user("alice");
    const Reply wrong =
        http(world.port, "POST", "/api/sign_in", {{"user", "alice"}, {"password", "guess"}});
    const Reply unknown =
        http(world.port, "POST", "/api/sign_in", {{"user", "nobody"}, {"password", "guess"}});
    CHECK(wrong.status == 401);
    CHECK(unknown.status == 401);
    CHECK(wrong.body == unknown.body);
    Reply last;
    for (int guess = 0; guess < 10 && last.status != 429; ++guess) {
        last = http(world.port, "POST", "/api/sign_in", {{"user", "alice"}, {"password", "guess"}});
    }
    CHECK(last.status == 429);
    CHECK(code_of(last) == "blocked");
    const Reply right = http(world.port, "POST", "/api/sign_in",
                             {{"user", "alice"}, {"password", "password of alice"}});
    CHECK(right.status == 429);
}

TEST_CASE("a message is acknowledged once, however often it is sent") {
    Office office;
    office.open();
    const json first = office.say(office.alice, "c-1", "hello");
    const json again = office.say(office.alice, "c-1", "hello");
    CHECK(first["repeated"] == false);
    CHECK(again["repeated"] == true);
    CHECK(first["sequence"] == again["sequence"]);
    const json page = http(office.port, "GET", direct + "/messages", nullptr, office.bob).at();
    REQUIRE(page["messages"].size() == 1);
    CHECK(page["messages"][0]["text"] == "hello");
    CHECK(page["messages"][0]["from"] == "alice");
    CHECK(page["messages"][0]["sequence"] == first["sequence"]);
    CHECK(page["next_before"].is_null());
}

TEST_CASE("history comes page by page, complete and in order") {
    Office office;
    office.open();
    for (int i = 1; i <= 25; ++i)
        office.say(office.alice, "c-" + std::to_string(i), std::to_string(i));
    std::vector<std::string> texts;
    json before = nullptr;
    for (int pages = 0; pages < 10; ++pages) {
        std::string target = direct + "/messages?limit=10";
        if (!before.is_null()) target += "&before=" + before.dump();
        const json page = http(office.port, "GET", target, nullptr, office.alice).at();
        std::vector<std::string> some;
        for (const json& message : page["messages"]) some.push_back(message["text"]);
        texts.insert(texts.begin(), some.begin(), some.end());
        before = page["next_before"];
        if (before.is_null()) break;
    }
    REQUIRE(texts.size() == 25);
    for (int i = 0; i < 25; ++i) CHECK(texts[static_cast<std::size_t>(i)] == std::to_string(i + 1));
}

TEST_CASE("strangers learn nothing of a conversation") {
    Office office;
    office.open();
    office.add_user("carol");
    const std::string carol = office.token_of("carol");
    CHECK(code_of(http(office.port, "GET", direct, nullptr, carol)) == "no_such_conversation");
    CHECK(code_of(http(office.port, "GET", direct + "/messages", nullptr, carol)) ==
          "no_such_conversation");
    CHECK(
        http(office.port, "POST", direct + "/messages", {{"client_id", "x"}, {"text", "x"}}, carol)
            .status == 403);
    WebSocket socket(office.port);
    socket.hello(carol);
    socket.send({{"type", "subscribe"}, {"id", 1}, {"stream", "conversation/direct:alice:bob"}});
    const json refused = socket.next("error");
    CHECK(refused["code"] == "no_such_conversation");
    CHECK(refused["id"] == 1);
    socket.send({{"type", "subscribe"}, {"id", 2}, {"stream", "user/alice"}});
    CHECK(socket.next("error")["code"] == "not_allowed");
}

TEST_CASE(
    "a subscriber gets the view, then every event once, and goes on from a cursor after a "
    "reconnect") {
    Office office;
    office.open();
    const std::string stream = "conversation/direct:alice:bob";
    std::string cursor;
    std::vector<std::string> heard;
    const auto take = [&](const json& frame) {
        REQUIRE(frame["type"] == "events");
        cursor = frame["cursor"];
        for (const json& event : frame["events"]) {
            if (event["type"] == "message_sent") heard.push_back(event["text"]);
        }
    };
    {
        WebSocket socket(office.port);
        CHECK(socket.hello(office.bob)["type"] == "welcome");
        socket.send({{"type", "subscribe"}, {"id", 1}, {"stream", stream}});
        CHECK(socket.next("answer")["status"] == 200);
        const json view = socket.next("view");
        CHECK(view["state"]["members"].size() == 2);
        cursor = view["cursor"];
        for (int i = 1; i <= 3; ++i) {
            office.say(office.alice, "c-" + std::to_string(i), std::to_string(i));
            take(socket.next("events"));
        }
    }
    for (int i = 4; i <= 6; ++i)
        office.say(office.alice, "c-" + std::to_string(i), std::to_string(i));
    WebSocket socket(office.port);
    socket.hello(office.bob);
    socket.send({{"type", "subscribe"}, {"id", 1}, {"stream", stream}, {"from", cursor}});
    CHECK(socket.next("answer")["status"] == 200);
    for (int i = 4; i <= 6; ++i) take(socket.next());
    office.say(office.alice, "c-7", "7");
    take(socket.next());
    CHECK(heard == std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7"});
}

TEST_CASE("a request over the WebSocket is the same request, answered with its id") {
    Office office;
    office.open();
    WebSocket socket(office.port);
    socket.hello(office.alice);
    for (int i = 0; i < 20; ++i) {
        socket.send(
            {{"type", "request"},
             {"id", i},
             {"method", "POST"},
             {"path", direct + "/messages"},
             {"body", {{"client_id", "w-" + std::to_string(i)}, {"text", std::to_string(i)}}}});
    }
    std::uint64_t last = 0;
    for (int i = 0; i < 20; ++i) {
        const json answer = socket.next("answer");
        CHECK(answer["id"] == i);
        CHECK(answer["status"] == 201);
        const std::uint64_t sequence = answer["body"]["sequence"];
        CHECK(sequence > last);
        last = sequence;
    }
}

TEST_CASE("a removed member hears that and nothing more") {
    Office office;
    office.open();
    const json made = http(office.port, "POST", "/api/conversations",
                           {{"title", "Launch"}, {"members", {"bob"}}}, office.alice)
                          .at();
    const std::string id = made["id"], path = "/api/conversations/" + id;
    WebSocket socket(office.port);
    socket.hello(office.bob);
    socket.send({{"type", "subscribe"}, {"id", 1}, {"stream", "conversation/" + id}});
    CHECK(socket.next("view")["state"]["title"] == "Launch");
    CHECK(http(office.port, "DELETE", path + "/members/bob", nullptr, office.alice).status == 200);
    CHECK(socket.next("events")["events"][0]["type"] == "member_removed");
    CHECK(socket.next("closed")["code"] == "not_a_member");
    CHECK(http(office.port, "POST", path + "/messages", {{"client_id", "s"}, {"text", "secret"}},
               office.alice)
              .status == 201);
    socket.send({{"type", "ping"}, {"id", 9}});
    CHECK(socket.next()["type"] == "pong");
}

TEST_CASE("who comes later does not read what was written before") {
    Office office;
    office.open();
    office.add_user("carol");
    const json made = http(office.port, "POST", "/api/conversations",
                           {{"title", "Launch"}, {"members", {"bob"}}}, office.alice)
                          .at();
    const std::string path = "/api/conversations/" + made["id"].get<std::string>();
    http(office.port, "POST", path + "/messages", {{"client_id", "1"}, {"text", "old"}},
         office.alice);
    CHECK(http(office.port, "POST", path + "/members", {{"user", "carol"}}, office.alice).status ==
          200);
    http(office.port, "POST", path + "/messages", {{"client_id", "2"}, {"text", "new"}},
         office.alice);
    const json page =
        http(office.port, "GET", path + "/messages", nullptr, office.token_of("carol")).at();
    REQUIRE(page["messages"].size() == 1);
    CHECK(page["messages"][0]["text"] == "new");
}

TEST_CASE("the socket ends with the session") {
    Office office;
    office.open();
    WebSocket socket(office.port);
    socket.hello(office.alice);
    SUBCASE("by signing out") {
        CHECK(http(office.port, "POST", "/api/sign_out", json::object(), office.alice).status ==
              200);
    }
    SUBCASE("by a disabled account") {
        office.add_user("root", true);
        CHECK(http(office.port, "POST", "/api/users/alice/disabled", {{"disabled", true}},
                   office.token_of("root"))
                  .status == 200);
    }
    CHECK(socket.next("nothing").is_null());
    CHECK(socket.close_code == 1008);
    CHECK(socket.close_reason == "not_signed_in");
}

TEST_CASE("presence tells members of a conversation who comes and who goes") {
    Office office;
    office.open();
    WebSocket alice(office.port);
    alice.hello(office.alice);
    alice.send({{"type", "subscribe"}, {"id", 1}, {"stream", "conversation/direct:alice:bob"}});
    alice.next("view");
    {
        WebSocket bob(office.port);
        bob.hello(office.bob);
        const json came = alice.next("presence");
        CHECK(came["user"] == "bob");
        CHECK(came["online"] == true);
    }
    const json went = alice.next("presence");
    CHECK(went["user"] == "bob");
    CHECK(went["online"] == false);
}
