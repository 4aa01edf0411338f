// What ships: the scenarios of sim/scenarios, and the page that lists the keys.
#include <doctest.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sim/scenario/keys.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace {

const std::filesystem::path root = PARTYLINE_SOURCE_DIR;

std::string contents(const std::filesystem::path& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace

TEST_CASE("every scenario that ships reads, has a title, and says first what it shows") {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{root / "sim/scenarios"}) {
        if (entry.path().extension() == ".toml") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    CHECK(files.size() >= 10);
    for (const auto& file : files) {
        CAPTURE(file.filename().string());
        const auto read = sim::read_scenario(file.string());
        if (!read.ok()) {
            for (const sim::Mistake& mistake : read.error()) FAIL_CHECK(sim::print(mistake));
            continue;
        }
        CHECK(!read.value().title.empty());
        CHECK(contents(file).starts_with("# "));
        CHECK(read.value().calls.size() + read.value().meetings.size() > 0);
        CHECK(sim::parse_scenario(sim::canonical(read.value()), "again").value() == read.value());
    }
}

TEST_CASE("docs/scenarios.md lists the keys that the reader knows, and no others") {
    const std::string page = contents(root / "docs/scenarios.md");
    const std::string keys = sim::describe_keys();
    const std::size_t begins = page.find("### The file itself\n");
    REQUIRE(begins != std::string::npos);
    const std::size_t ends = page.find("\n## ", begins);
    const std::string listed = page.substr(begins, ends - begins);
    if (listed != keys) MESSAGE("the page should hold:\n" << keys);
    CHECK(listed == keys);
}
