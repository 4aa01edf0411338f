#include <doctest/doctest.h>

#include "edges/web/test_client.hpp"
#include "edges/web/test_world.hpp"

using namespace web::testing;

namespace {

web::ApiOptions with_recordings() {
    web::ApiOptions options;
    options.recordings = [](const std::string& conference) {
        return json::array({{{"recording", "20261121T093012Z"},
                             {"conference", conference},
                             {"complete", true}}})
            .dump();
    };
    return options;
}

}  // namespace

TEST_CASE("a host sees what was recorded of the conference, a guest and a stranger do not") {
    World world({}, with_recordings());
    for (const char* name : {"alice", "bob", "carol"}) world.add_user(name);
    const std::string alice = world.token_of("alice"), bob = world.token_of("bob"),
                      carol = world.token_of("carol");
    const json made = http(world.port, "POST", "/api/conferences",
                           {{"title", "Launch"}, {"people", {"bob"}}}, alice)
                          .at();
    const std::string id = made["id"], path = "/api/conferences/" + id + "/recordings";
    const json found = http(world.port, "GET", path, nullptr, alice).at();
    REQUIRE(found["recordings"].size() == 1);
    CHECK(found["recordings"][0]["conference"] == id);
    CHECK(http(world.port, "GET", path, nullptr, bob).status == 403);
    CHECK(http(world.port, "GET", path, nullptr, carol).status == 404);
    CHECK(http(world.port, "GET", "/api/conferences/123/recordings", nullptr, alice).status == 404);
}

TEST_CASE("a server that keeps no recordings answers with none") {
    World world;
    world.add_user("alice");
    const std::string alice = world.token_of("alice");
    const json made =
        http(world.port, "POST", "/api/conferences", {{"title", "Launch"}}, alice).at();
    const std::string id = made["id"];
    const json found =
        http(world.port, "GET", "/api/conferences/" + id + "/recordings", nullptr, alice).at();
    CHECK(found["recordings"].empty());
    CHECK(found["recordings"].is_array());
}
