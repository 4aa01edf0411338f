#include "tests/schema_conformance/conformance.hpp"

#include <doctest.h>

#include <filesystem>

namespace {

const std::filesystem::path root = PARTYLINE_SOURCE_DIR;

constexpr char released[] = R"(
namespace s;
struct Point { x:int; y:int; }
enum Colour : ubyte { red = 0, green = 1 }
table Inner { name:string (id: 0); }
table Other { }
union Any { Inner = 1, Other = 2 }
table Main { at:Point (id: 0); colour:Colour (id: 1); count:uint (id: 2); inner:Inner (id: 3); names:[string] (id: 4); any:Any (id: 6); }
root_type Main;
file_identifier "TEST";
)";

std::string with(std::string before, const std::string& after) {
    std::string text = released;
    const auto at = text.find(before);
    REQUIRE(at != std::string::npos);
    return text.replace(at, before.size(), after);
}

std::vector<std::string> broken_by(const std::string& text) {
    std::string error;
    const std::string old = tests::binary_schema_of(released, error);
    const std::string now = tests::binary_schema_of(text, error);
    CAPTURE(error);
    REQUIRE(error.empty());
    return tests::breakages(old, now);
}

}  // namespace

TEST_CASE("what only adds breaks nothing") {
    CHECK(broken_by(released).empty());
    CHECK(broken_by(with("any:Any (id: 6);", "any:Any (id: 6); more:string (id: 7);")).empty());
    CHECK(broken_by(with("green = 1", "green = 1, blue = 2")).empty());
    CHECK(broken_by(with("table Other { }", "table Other { } table Third { }")).empty());
    CHECK(broken_by(with("Other = 2", "Other = 2, Main = 3")).empty());
}

TEST_CASE("each way to break an old journal is named") {
    struct Case {
        const char *before, *after, *said;
    };
    for (const Case& given :
         {Case{"any:Any (id: 6);", "any:Any (id: 6); more:string (id: 7, required);", "required"},
          Case{"names:[string] (id: 4)", "names:[string] (id: 4, required)", "become required"},
          Case{"y:int;", "y:int; z:int;", "never grows"},
          Case{"x:int;", "x:long;", "another shape"},
          Case{"red = 0, green = 1", "green = 0, red = 1", "was red"},
          Case{"red = 0, green = 1", "red = 0", "lost green"},
          Case{"Inner = 1, Other = 2", "Other = 1, Inner = 2", "was Inner"},
          Case{"count:uint", "count:ulong", "another type"},
          Case{"count:uint", "number:uint", "is gone"},
          Case{"count:uint (id: 2)", "count:uint = 7 (id: 2)", "another default"},
          Case{"count:uint (id: 2)", "count:uint (id: 2, deprecated)", "hidden"},
          Case{"inner:Inner", "inner:Other", "another type"},
          Case{"Colour : ubyte", "Colour : ushort", "no longer"},
          Case{"\"TEST\"", "\"ELSE\"", "identifier"},
          Case{"root_type Main", "root_type Inner", "root"},
          Case{"colour:Colour (id: 1); count:uint (id: 2);",
               "colour:Colour (id: 2); count:uint (id: 1);", "moved"}}) {
        CAPTURE(given.after);
        const auto found = broken_by(with(given.before, given.after));
        REQUIRE_FALSE(found.empty());
        bool said = false;
        for (const auto& sentence : found)
            said = said || sentence.find(given.said) != std::string::npos;
        CHECK_MESSAGE(said, found.front());
    }
}

TEST_CASE("today's schema keeps every release") {
    std::string error;
    const std::string today =
        tests::binary_schema((root / "journal/schema").string(), "transition.fbs", error);
    CAPTURE(error);
    REQUIRE_FALSE(today.empty());
    int releases = 0;
    for (const auto& entry : std::filesystem::directory_iterator{root / "tests/released_schemas"}) {
        if (!entry.is_directory()) continue;
        ++releases;
        CAPTURE(entry.path().filename().string());
        const std::string old =
            tests::binary_schema(entry.path().string(), "transition.fbs", error);
        CAPTURE(error);
        REQUIRE_FALSE(old.empty());
        for (const std::string& sentence : tests::breakages(old, today)) FAIL_CHECK(sentence);
    }
    CHECK(releases >= 1);
}
