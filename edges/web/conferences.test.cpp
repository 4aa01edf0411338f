// Users, phones, numbers and conferences through the API, with the real house behind it.
#include <doctest/doctest.h>

#include "edges/web/test_client.hpp"
#include "edges/web/test_world.hpp"

using namespace web::testing;

namespace {

struct Office : World {
    Office() {
        add_user("root", true);
        add_user("alice", false, true);
        add_user("bob");
        root = token_of("root");
        alice = token_of("alice");
        bob = token_of("bob");
    }
    Reply post(const std::string& token, const std::string& path,
               const json& body = json::object()) {
        return http(port, "POST", path, body, token);
    }
    Reply get(const std::string& token, const std::string& path) {
        return http(port, "GET", path, nullptr, token);
    }
    Reply erase(const std::string& token, const std::string& path) {
        return http(port, "DELETE", path, nullptr, token);
    }
    std::string root, alice, bob;
};

std::string code_of(const Reply& reply) {
    const json body = reply.at();
    return body.is_object() && body.contains("error") ? body["error"].value("code", "") : "";
}

}  // namespace

TEST_CASE("an administrator makes users; others may not; everybody sees who is there") {
    Office office;
    const Reply made =
        office.post(office.root, "/api/users", {{"user", "carol"}, {"display_name", "Carol"}});
    REQUIRE(made.status == 201);
    const std::string password = made.at()["password"];
    CHECK(password.size() == 14);
    CHECK(http(office.port, "POST", "/api/sign_in", {{"user", "carol"}, {"password", password}})
              .status == 200);
    CHECK(
        office.post(office.root, "/api/users", {{"user", "carol"}, {"display_name", "C"}}).status ==
        409);
    CHECK(code_of(office.post(office.alice, "/api/users",
                              {{"user", "dave"}, {"display_name", "D"}})) == "not_allowed");
    const json people = office.get(office.bob, "/api/users").at()["users"];
    REQUIRE(people.size() == 4);
    CHECK(people[0]["name"] == "alice");
    CHECK_FALSE(people[0].contains("admin"));
    CHECK(office.get(office.root, "/api/users").at()["users"][0].contains("may_dial_numbers"));
    const json page = office.get(office.bob, "/api/users?limit=3").at();
    CHECK(page["next_after"] == "carol");
    CHECK(office.get(office.bob, "/api/users?limit=3&after=carol").at()["users"][0]["name"] ==
          "root");
    CHECK(office.get(office.bob, "/api/users?limit=0").status == 400);
    CHECK(office.get(office.bob, "/api/users/alice").at()["state"].size() == 3);
    CHECK(office.get(office.root, "/api/users/alice").at()["state"].contains("sessions"));
    CHECK(office.get(office.bob, "/api/users/nobody").status == 404);
}

TEST_CASE("one changes one's own password with the old one, and every session ends") {
    Office office;
    const std::string path = "/api/users/alice/password";
    CHECK(office.post(office.alice, path, {{"password", "a new password"}}).status == 400);
    CHECK(
        office.post(office.alice, path, {{"password", "a new password"}, {"old_password", "wrong"}})
            .status == 403);
    CHECK(office.post(office.bob, path, {{"password", "a new password"}}).status == 403);
    CHECK(office
              .post(office.alice, path,
                    {{"password", "short"}, {"old_password", "password of alice"}})
              .status == 400);
    CHECK(office
              .post(office.alice, path,
                    {{"password", "a new password"}, {"old_password", "password of alice"}})
              .status == 200);
    CHECK(office.get(office.alice, "/api/me").status == 401);
    CHECK(http(office.port, "POST", "/api/sign_in",
               {{"user", "alice"}, {"password", "a new password"}})
              .status == 200);
    CHECK(office.post(office.root, path, {{"password", "set by an admin"}}).status == 200);
    CHECK(http(office.port, "POST", "/api/sign_in",
               {{"user", "alice"}, {"password", "set by an admin"}})
              .status == 200);
}

TEST_CASE("a phone's account is answered once and its secret is sealed") {
    Office office;
    const Reply made = office.post(office.alice, "/api/users/alice/phones", {{"label", "desk"}});
    REQUIRE(made.status == 201);
    const json phone = made.at();
    CHECK(phone["user"] == "alice-desk");
    std::promise<std::string> sealed;
    office.house->view({StreamKind::user, "alice"}, [&](const actors::View& view) {
        sealed.set_value(actors::peek<schema::UserStateT>(view.state)->phones.at(0).ha1);
    });
    const std::string ha1 = sealed.get_future().get();
    CHECK(base::Secrets::of_seed(7)->unseal(ha1) ==
          base::digest_ha1("alice-desk", phone["realm"].get<std::string>(),
                           phone["password"].get<std::string>()));
    CHECK(office.get(office.alice, "/api/me").body.find(ha1) == std::string::npos);
    CHECK(code_of(office.post(office.alice, "/api/users/alice/phones", {{"label", "desk"}})) ==
          "already_exists");
    CHECK(code_of(office.post(office.bob, "/api/users/alice/phones", {{"label", "cell"}})) ==
          "not_allowed");
    CHECK(
        office.post(office.alice, "/api/users/alice/phones/desk/texts", {{"texts", true}}).status ==
        200);
    CHECK(office.get(office.alice, "/api/me").at()["state"]["phones"][0]["texts"] == true);
    CHECK(office.erase(office.alice, "/api/users/alice/phones/desk").status == 200);
    CHECK(office.erase(office.alice, "/api/users/alice/phones/desk").status == 404);
}

TEST_CASE("a number has one owner") {
    Office office;
    CHECK(office.post(office.root, "/api/users/alice/numbers", {{"number", "2001"}}).status == 200);
    CHECK(code_of(office.post(office.root, "/api/users/bob/numbers", {{"number", "2001"}})) ==
          "number_taken");
    CHECK(office.post(office.alice, "/api/users/alice/numbers", {{"number", "2002"}}).status ==
          403);
    CHECK(office.erase(office.root, "/api/users/alice/numbers/2001").status == 200);
    CHECK(office.post(office.root, "/api/users/bob/numbers", {{"number", "2001"}}).status == 200);
}

TEST_CASE("contacts are people that exist") {
    Office office;
    CHECK(office.post(office.alice, "/api/me/contacts", {{"user", "bob"}}).status == 200);
    CHECK(code_of(office.post(office.alice, "/api/me/contacts", {{"user", "nobody"}})) ==
          "no_such_user");
    CHECK(office.get(office.alice, "/api/me").at()["state"]["contacts"] == json{"bob"});
    CHECK(office.erase(office.alice, "/api/me/contacts/bob").status == 200);
    CHECK(office.get(office.alice, "/api/me").at()["state"]["contacts"].empty());
}

TEST_CASE("a conference gets a number and PINs that its hosts can read again") {
    Office office;
    const Reply made =
        office.post(office.alice, "/api/conferences", {{"title", "Launch"}, {"people", {"bob"}}});
    REQUIRE(made.status == 201);
    const json conference = made.at();
    const std::string id = conference["id"], path = "/api/conferences/" + id;
    CHECK(id.size() == 6);
    CHECK(conference["number"] == id);
    CHECK(conference["host_pin"] != conference["guest_pin"]);
    const json pins = office.get(office.alice, path + "/pins").at();
    CHECK(pins["host_pin"] == conference["host_pin"]);
    CHECK(pins["guest_pin"] == conference["guest_pin"]);
    CHECK(code_of(office.get(office.bob, path + "/pins")) == "not_allowed");
    CHECK(code_of(office.get(office.root, path)) == "no_such_conference");
    const json state = office.get(office.bob, path).at()["state"];
    CHECK(state["seats"].size() == 2);
    CHECK(state["me"] == json{{"host", false}, {"seat", 2}});
    CHECK(state.dump().find(conference["guest_pin"].get<std::string>()) == std::string::npos);
    CHECK(office.get(office.bob, "/api/conferences").at()["conferences"].size() == 1);
    CHECK(code_of(office.post(office.root, "/api/users/bob/numbers", {{"number", id}})) ==
          "number_taken");
}

TEST_CASE("a conference's wishes are checked before anything is claimed") {
    Office office;
    const auto refused = [&](const json& body) {
        const Reply reply = office.post(office.alice, "/api/conferences", body);
        CHECK(reply.status >= 400);
        return reply.at()["error"]["sentence"].get<std::string>();
    };
    CHECK(refused({{"title", ""}}).find("field 'title'") == 0);
    CHECK(refused({{"title", "x"}, {"host_pin", "123"}}).find("field 'host_pin'") == 0);
    CHECK(refused({{"title", "x"}, {"host_pin", "12a4"}}).find("field 'host_pin'") == 0);
    CHECK(refused({{"title", "x"}, {"host_pin", "1234"}, {"guest_pin", "1234"}})
              .find("field 'guest_pin'") == 0);
    CHECK(refused({{"title", "x"}, {"dial_policy", "nobody"}}).find("field 'dial_policy'") == 0);
    CHECK(refused({{"title", "x"}, {"people", {"nobody"}}}) == "There is no such user.");
    CHECK(refused({{"title", "x"}, {"conversation", "g00"}}) == "There is no such conversation.");
}

TEST_CASE("the people of a chat are invited to its conference, and the chat names it") {
    Office office;
    office.post(office.alice, "/api/conversations", {{"with", "bob"}});
    const json made = office
                          .post(office.alice, "/api/conferences",
                                {{"title", "Now"}, {"conversation", "direct:alice:bob"}})
                          .at();
    const json state =
        office.get(office.bob, "/api/conferences/" + made["id"].get<std::string>()).at()["state"];
    CHECK(state["seats"].size() == 2);
    json talk;
    for (int i = 0; i < 100; ++i) {
        talk = office.get(office.bob, "/api/conversations/direct:alice:bob").at()["state"];
        if (talk["conference"] == made["id"]) break;
    }
    CHECK(talk["conference"] == made["id"]);
}

TEST_CASE("a host dials, cancels, mutes, locks and ends, and the roster is told live") {
    Office office;
    const json made =
        office.post(office.alice, "/api/conferences", {{"title", "Launch"}, {"people", {"bob"}}})
            .at();
    const std::string id = made["id"], path = "/api/conferences/" + id;
    WebSocket socket(office.port);
    socket.hello(office.bob);
    socket.send({{"type", "subscribe"}, {"id", 1}, {"stream", "conference/" + id}});
    CHECK(socket.next("view")["state"]["title"] == "Launch");
    CHECK(office
              .post(office.alice, path + "/dial",
                    {{"number", "+1 (555) 010-0123"}, {"name", "+15550100123"}})
              .status == 200);
    const json dialled = socket.next("events");
    CHECK(dialled["by"] == "user/alice");
    CHECK(dialled["events"][0]["type"] == "seat_dialled");
    CHECK(dialled["events"][0]["address"] == "+1 *** 0123");
    CHECK(dialled["events"][0]["name"] == "+1 *** 0123");
    const json seat = dialled["events"][0]["seat"];
    CHECK(office.post(office.alice, path + "/mute", {{"seat", seat}, {"muted", true}}).status ==
          200);
    CHECK(socket.next("events")["events"][0]["type"] == "seat_muted");
    CHECK(office.post(office.bob, path + "/mute", {{"seat", seat}, {"muted", false}}).status ==
          403);
    CHECK(office.post(office.bob, path + "/hand", {{"raised", true}}).status == 200);
    CHECK(socket.next("events")["events"][0] ==
          json{{"type", "hand_raised"}, {"seat", 2}, {"raised", true}});
    CHECK(office.post(office.alice, path + "/mute_all", {{"muted", true}}).status == 200);
    CHECK(socket.next("events")["events"][0]["type"] == "all_muted");
    CHECK(office.post(office.alice, path + "/lock", {{"locked", true}}).status == 200);
    CHECK(socket.next("events")["events"][0]["type"] == "lock_set");
    CHECK(office.post(office.alice, path + "/cancel", {{"seat", seat}}).status == 200);
    CHECK(office.post(office.alice, path + "/cancel", {{"seat", 99}}).status == 404);
    CHECK(office.post(office.bob, path + "/end").status == 403);
    CHECK(office.post(office.alice, path + "/end").status == 200);
    json last;
    for (int i = 0; i < 10 && last != "conference_ended"; ++i) {
        const json frame = socket.next("events");
        for (const json& event : frame["events"]) last = event["type"];
    }
    CHECK(last == "conference_ended");
    CHECK(code_of(office.post(office.alice, path + "/lock", {{"locked", false}})) == "ended");
}

TEST_CASE("who may not dial numbers does not; and a body names one target") {
    Office office;
    const json made = office.post(office.bob, "/api/conferences", {{"title", "Launch"}}).at();
    const std::string path = "/api/conferences/" + made["id"].get<std::string>() + "/dial";
    CHECK(office.post(office.bob, path, {{"number", "+15550100123"}}).status == 403);
    CHECK(office.post(office.bob, path, {{"address", "sip:x@example.org"}}).status == 403);
    CHECK(office.post(office.bob, path, {{"user", "alice"}}).status == 200);
    CHECK(office.post(office.bob, path, {{"user", "nobody"}}).status == 404);
    CHECK(office.post(office.bob, path, json::object()).status == 400);
    CHECK(office.post(office.bob, path, {{"user", "alice"}, {"number", "1"}}).status == 400);
    CHECK(office.post(office.bob, path, {{"address", "sip:x@example.org> , <sip:evil"}}).status ==
          400);
    CHECK(office.post(office.bob, path, {{"number", "call me"}}).status == 400);
}

TEST_CASE("somebody who is put out hears it and is cut off") {
    Office office;
    const json made =
        office.post(office.alice, "/api/conferences", {{"title", "Launch"}, {"people", {"bob"}}})
            .at();
    const std::string id = made["id"], path = "/api/conferences/" + id;
    WebSocket socket(office.port);
    socket.hello(office.bob);
    socket.send({{"type", "subscribe"}, {"id", 1}, {"stream", "conference/" + id}});
    socket.next("view");
    CHECK(office.post(office.alice, path + "/remove", {{"seat", 2}}).status == 200);
    CHECK(socket.next("events")["events"][0]["type"] == "seat_removed");
    CHECK(socket.next("closed")["stream"] == "conference/" + id);
    CHECK(code_of(office.get(office.bob, path)) == "no_such_conference");
}

TEST_CASE("the command line's token has every right, from this machine") {
    Office office;
    const std::string cli = "token-of-the-command-line";
    CHECK(office.get(cli, "/api/users").at()["users"].size() == 3);
    CHECK(office.post(cli, "/api/users", {{"user", "dave"}, {"display_name", "Dave"}}).status ==
          201);
    const json made =
        office.post(cli, "/api/conferences", {{"title", "By the operator"}, {"people", {"alice"}}})
            .at();
    const std::string path = "/api/conferences/" + made["id"].get<std::string>();
    CHECK(office.get(cli, path + "/pins").status == 200);
    CHECK(office.post(cli, path + "/end").status == 200);
    CHECK(office.get(cli, "/api/me").status == 404);
    std::promise<web::Response> in_process;
    web::Request request{.method = "GET", .path = "/api/users"};
    request.principal = web::command_line();
    office.api->handle(request,
                       [&](web::Response response) { in_process.set_value(std::move(response)); });
    CHECK(in_process.get_future().get().status == 200);
}

TEST_CASE("the command line names a host, who may steer, and sees every conference") {
    Office office;
    const std::string cli = "token-of-the-command-line";
    const Reply made = office.post(cli, "/api/conferences", {{"title", "Talk"}, {"host", "alice"}});
    REQUIRE(made.status == 201);
    const std::string path = "/api/conferences/" + made.at()["id"].get<std::string>();
    CHECK(office.post(office.alice, path + "/lock", {{"locked", true}}).status == 200);
    CHECK(office.get(office.alice, path).at()["state"]["me"]["host"] == true);
    CHECK(office.get(cli, "/api/conferences").at()["conferences"].size() == 1);
    CHECK(office.get(office.bob, "/api/conferences").at()["conferences"].empty());
    CHECK(office.post(office.bob, "/api/conferences", {{"title", "T"}, {"host", "alice"}}).status ==
          400);
    CHECK(office.post(cli, "/api/conferences", {{"title", "T"}, {"host", "nobody"}}).status == 404);
}

TEST_CASE("a number with a plus is owned by its digits, as the telephone side looks it up") {
    Office office;
    CHECK(office.post(office.root, "/api/users/alice/numbers", {{"number", "+4930123"}}).status ==
          200);
    CHECK(code_of(office.post(office.root, "/api/users/bob/numbers", {{"number", "4930123"}})) ==
          "number_taken");
}

TEST_CASE("hosts record, make people louder or deaf, and coach; others may not") {
    Office office;
    const Reply made = office.post(office.alice, "/api/conferences",
                                   {{"title", "Launch"},
                                    {"people", {"bob"}},
                                    {"record", true},
                                    {"gate_noise", false},
                                    {"loudest", 0}});
    REQUIRE(made.status == 201);
    const std::string path = "/api/conferences/" + made.at()["id"].get<std::string>();
    json state = office.get(office.bob, path).at()["state"];
    CHECK(state["recording"] == "on");
    CHECK(state["sound"]["gate_noise"] == false);
    CHECK(state["sound"]["capture"].is_null());
    CHECK(state["sound"]["loudest"] == 0);
    struct Case {
        const char* what;
        json body;
        int status;
    };
    for (const Case& given : {
             Case{"/recording", {{"recording", "paused"}}, 200},
             Case{"/recording", {{"recording", "later"}}, 400},
             Case{"/gain", {{"seat", 2}, {"in_db", -12}, {"out_db", 6}}, 200},
             Case{"/gain", {{"seat", 2}, {"in_db", -41}, {"out_db", 6}}, 400},
             Case{"/gain", {{"seat", 2}, {"in_db", 1.5}, {"out_db", 6}}, 400},
             Case{"/gain", {{"seat", 9}, {"in_db", 1}, {"out_db", 6}}, 404},
             Case{"/deaf", {{"seat", 2}, {"deaf", true}}, 200},
             Case{"/whisper", {{"seat", 1}, {"to", 2}}, 200},
             Case{"/whisper", {{"seat", 1}, {"to", 1}}, 400},
         }) {
        CAPTURE(given.what);
        CAPTURE(given.body.dump());
        CHECK(office.post(office.alice, path + given.what, given.body).status == given.status);
        if (given.status == 200)
            CHECK(code_of(office.post(office.bob, path + given.what, given.body)) == "not_allowed");
    }
    state = office.get(office.alice, path).at()["state"];
    CHECK(state["recording"] == "paused");
    CHECK(state["seats"][1]["gain_in_db"] == -12);
    CHECK(state["seats"][1]["deaf"] == true);
    CHECK(state["seats"][0]["whispers_to"] == 2);
    const json coached = office.get(office.bob, path).at()["state"];
    CHECK(coached["seats"][0]["whispers_to"] == 2);
    CHECK(coached["seats"][1]["gain_in_db"].is_null());
    CHECK(office.get(office.alice, path + "/sound").at()["legs"].empty());
    CHECK(office.get(office.bob, path + "/sound").status == 403);
}
