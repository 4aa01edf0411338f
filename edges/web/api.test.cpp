// What needs no sockets and no house: reading fields, finding routes, the described API.
#include "edges/web/api.hpp"

#include <doctest/doctest.h>

#include <rapidcheck.h>
#include <nlohmann/json.hpp>
#include <set>

#include "edges/web/hub.hpp"
#include "edges/web/json.hpp"
#include "edges/web/openapi.hpp"
#include "edges/web/page.hpp"
#include "edges/web/router.hpp"
#include "edges/web/session.hpp"

using namespace web;

TEST_CASE("the described API and the served one are the same, both ways") {
    const Json described = Json::parse(openapi_json());
    std::set<std::string> on_paper, in_service;
    for (const auto& [path, operations] : described["paths"].items()) {
        for (const auto& [method, operation] : operations.items()) {
            std::string upper = method;
            for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
            on_paper.insert(upper + " " + path);
        }
    }
    for (const std::string& route : Api::routes()) in_service.insert(route);
    CHECK(on_paper == in_service);
    CHECK(in_service.size() >= 40);
}

TEST_CASE("every operation is described with a summary, an answer, and its parameters") {
    const Json described = Json::parse(openapi_json());
    std::set<std::string> ids;
    for (const auto& [path, operations] : described["paths"].items()) {
        for (const auto& [method, operation] : operations.items()) {
            CAPTURE(path);
            CAPTURE(method);
            CHECK(operation["summary"].get<std::string>().size() > 3);
            CHECK_FALSE(operation["responses"].empty());
            CHECK(ids.insert(operation["operationId"]).second);
            const auto braces = std::count(path.begin(), path.end(), '{');
            std::ptrdiff_t in_path = 0;
            for (const Json& parameter : operation.value("parameters", Json::array())) {
                in_path += parameter["in"] == "path";
            }
            CHECK(in_path == braces);
        }
    }
}

TEST_CASE("a body is an object of JSON, or a sentence says why it is not") {
    struct Case {
        std::string given;
        std::string_view why;
    };
    for (const Case& one :
         {Case{"", "not JSON"}, Case{"{", "not JSON at byte"}, Case{"[]", "must be an object"},
          Case{"7", "must be an object"}, Case{"{\"a\":1} x", "not JSON at byte"},
          Case{std::string(50'000, '['), "deeper than 16"}, Case{"{\"a\":1e999}", "out of range"},
          Case{"{\"a\":\"\xff\"}", "UTF-8"}, Case{"{\"a\":\"\\ud800\"}", "not JSON at byte"}}) {
        CAPTURE(one.given.substr(0, 40));
        const auto parsed = parse_object(one.given);
        REQUIRE_FALSE(parsed.ok());
        CHECK(parsed.error().find(one.why) != std::string::npos);
    }
    CHECK(parse_object("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[\"}").ok());
}

TEST_CASE("a field that is missing, of another type, too long or unknown is named") {
    const auto complaint = [](const char* body, auto read) {
        const Json json = Json::parse(body);
        Fields fields(json);
        read(fields);
        return fields.complaint().value_or("");
    };
    const auto text = [](Fields& fields) { (void)fields.lines("text", 1, 10); };
    CHECK(complaint(R"({"text":"hello\nworld"})", text) ==
          "field 'text' must be a string of 1..10 bytes");
    CHECK(complaint(R"({"text":"a\nb"})", text).empty());
    CHECK(complaint(R"({})", text) == "field 'text' must be a string of 1..10 bytes");
    CHECK(complaint(R"({"text":7})", text) == "field 'text' must be a string of 1..10 bytes");
    CHECK(complaint(R"({"text":""})", text) == "field 'text' must be a string of 1..10 bytes");
    CHECK(complaint(R"({"text":"\u0000"})", text) ==
          "field 'text' must be a string of 1..10 bytes");
    CHECK(complaint(R"({"text":"a","txet":1})", text) == "field 'txet' is not known here");
    const auto one_line = [](Fields& fields) { (void)fields.text("title", 1, 10); };
    CHECK(complaint(R"({"title":"a\nb"})", one_line) ==
          "field 'title' must be a string of 1..10 bytes without control characters");
    const auto seat = [](Fields& fields) { (void)fields.whole("seat", 1, 100); };
    for (const char* wrong :
         {R"({"seat":0})", R"({"seat":101})", R"({"seat":-1})", R"({"seat":1.0})",
          R"({"seat":"1"})", R"({"seat":null})", R"({"seat":true})"}) {
        CAPTURE(wrong);
        CHECK(complaint(wrong, seat) == "field 'seat' must be a whole number of 1..100");
    }
    const auto muted = [](Fields& fields) { (void)fields.flag("muted"); };
    CHECK(complaint(R"({"muted":1})", muted) == "field 'muted' must be true or false");
    const auto people = [](Fields& fields) { (void)fields.users("people", 2); };
    CHECK(complaint(R"({"people":["a","b","c"]})", people) ==
          "field 'people' must be a list of at most 2 user names");
    CHECK(complaint(R"({"people":["Alice"]})", people) ==
          "field 'people' must be a list of at most 2 user names");
    CHECK(complaint(R"({"people":["alice","alice"]})", people).empty());
}

TEST_CASE("routes are found by method and path, parameters decoded") {
    const auto nothing = [](const CallPtr&) {};
    const std::vector<Route> routes = {
        {"GET", "/api/users/{user}", Need::person, nothing},
        {"POST", "/api/users/{user}/phones/{label}/texts", Need::person, nothing},
        {"GET", "/api/users", Need::person, nothing}};
    CHECK(find_route(routes, "GET", "/api/users").route == &routes[2]);
    const Found found = find_route(routes, "POST", "/api/users/a%2eb/phones/desk/texts");
    REQUIRE(found.route == &routes[1]);
    CHECK(found.params == std::vector<std::string>{"a.b", "desk"});
    for (const char* path :
         {"", "/", "/api", "/api/users/", "/api/users/x/", "/api/users/%zz", "/api/users/%00",
          "/api/users/%4", "//api/users", "/api/users/x/phones"}) {
        CAPTURE(path);
        CHECK(find_route(routes, "GET", path).route == nullptr);
    }
    const Found wrong_method = find_route(routes, "DELETE", "/api/users");
    CHECK(wrong_method.route == nullptr);
    CHECK(wrong_method.path_known);
}

TEST_CASE("queries are decoded, and broken ones refused") {
    const auto query = parse_query("before=17&limit=50&name=a%20b&&flag");
    REQUIRE(query.has_value());
    CHECK(query->at("before") == "17");
    CHECK(query->at("name") == "a b");
    CHECK(query->at("flag").empty());
    CHECK_FALSE(parse_query("a=%4").has_value());
    CHECK(parse_query("")->empty());
}

TEST_CASE("percent decoding undoes percent encoding for every text without NUL") {
    rc::check([](const std::string& text) {
        std::string encoded;
        constexpr char digits[] = "0123456789abcdef";
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', digits[byte >> 4], digits[byte & 15]};
        }
        const bool has_nul = text.find('\0') != std::string::npos;
        const auto decoded = percent_decoded(encoded);
        const bool as_expected = has_nul ? !decoded.has_value() : decoded == text;
        RC_ASSERT(as_expected);
    });
}

TEST_CASE("a cursor is two numbers and a dash") {
    const auto cursor = parse_cursor("3-17");
    REQUIRE(cursor.has_value());
    CHECK(cursor->epoch == 3);
    CHECK(cursor->sequence == 17);
    for (const char* wrong :
         {"", "-", "3", "3-", "-17", "3-17x", " 3-17", "3--17", "99999999999999999999-1"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_cursor(wrong).has_value());
    }
}

TEST_CASE("a bucket lets a burst through and then its rate") {
    Instant now{1'000'000};
    Bucket bucket(50, 100, now);
    int taken = 0;
    for (int i = 0; i < 200; ++i) taken += bucket.take(now);
    CHECK(taken == 100);
    now = now + seconds(1);
    for (int i = 0; i < 200; ++i) taken += bucket.take(now);
    CHECK(taken == 150);
    now = now - seconds(10);  // a clock that steps back gives nothing and breaks nothing
    CHECK_FALSE(bucket.take(now));
}

TEST_CASE("without a built page there is one that says how to build it") {
    const Page page("/nonexistent/folder");
    CHECK_FALSE(page.built());
    for (const char* path : {"/", "/conference/471100"}) {
        REQUIRE(page.find(path) != nullptr);
        CHECK(page.find(path)->body.find("npm") != std::string::npos);
    }
    CHECK(page.find("/app.js") == nullptr);
    CHECK(page.find("/../secret.key") == nullptr);
}

TEST_CASE("presence tells watchers once per coming and going, however many sockets there are") {
    Presence presence;
    std::vector<std::pair<std::string, bool>> told;
    const auto alice = presence.enter(
        "alice", [&](const std::string& user, bool online) { told.emplace_back(user, online); });
    presence.watch(alice, "bob");
    presence.watch(alice, "bob");
    const auto first = presence.enter("bob", [](const std::string&, bool) {});
    const auto second = presence.enter("bob", [](const std::string&, bool) {});
    presence.leave(first);
    CHECK(told == std::vector<std::pair<std::string, bool>>{{"bob", true}});
    presence.leave(second);
    presence.leave(second);
    CHECK(told == std::vector<std::pair<std::string, bool>>{{"bob", true}, {"bob", false}});
    CHECK(presence.online() == 1);
    presence.leave(alice);
    CHECK(presence.online() == 0);
}
