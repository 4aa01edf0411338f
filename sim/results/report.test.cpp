#include "sim/results/report.hpp"

#include <doctest.h>

#include <algorithm>

#include "sim/results/axis.hpp"
#include "sim/results/made_up_run.hpp"
#include "sim/results/plot.hpp"

using namespace sim;

namespace {

std::string file_of(const std::vector<ReportFile>& files, const std::string& name) {
    const auto found = std::ranges::find(files, name, &ReportFile::name);
    return found == files.end() ? std::string{} : found->text;
}

std::size_t times(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

// Every element that is opened is closed, in order; the page has no other syntax to get wrong.
bool balanced(const std::string& html) {
    std::vector<std::string> open;
    for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
        const auto end = html.find('>', at);
        const std::string tag = html.substr(at + 1, end - at - 1);
        const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
        if (tag[0] == '!' || tag.back() == '/' || name == "meta" || name == "br") continue;
        if (tag[0] != '/') {
            open.push_back(name);
            continue;
        }
        if (open.empty() || "/" + open.back() != tag) return false;
        open.pop_back();
    }
    return open.empty();
}

}  // namespace

TEST_CASE("a report is one page that needs nothing, and all it takes to run it again") {
    Run run = made_up_run(5);
    run.scenario.warm_up_s = 200;
    run.scenario.title = "Lines < callers & \"more\"";
    const auto files = report(run, summary(run),
                              {.commit = "abc1234",
                               .command = "partyline simulate scenario.toml --seed 11",
                               .scenario = "title = \"Lines < callers\"\n"});
    const std::string html = file_of(files, "report.html");
    CHECK(balanced(html));
    CHECK(html.find("Lines &lt; callers &amp; &quot;more&quot;") != std::string::npos);
    for (const char* never : {"<script", "http:", "https:", "url(", "@import", "nan", "inf\""})
        CHECK_MESSAGE(html.find(never) == std::string::npos, never);
    CHECK(times(html, "<svg") == 4 + 2);  // a course for each metric, two distributions
    CHECK(times(html, "class=\"warm\"") == 4);
    CHECK(times(html, "class=\"tile\"") == 4);
    CHECK(html.find("partyline simulate scenario.toml --seed 11") != std::string::npos);
    CHECK(file_of(files, "scenario.toml") == "title = \"Lines < callers\"\n");
    CHECK(file_of(files, "run.txt").starts_with("partyline simulate scenario.toml --seed 11\n"));
    CHECK(file_of(files, "run.txt").find("commit abc1234") != std::string::npos);
    CHECK(file_of(files, "result.json").find("\"state_hash\"") != std::string::npos);
    CHECK(file_of(files, "slices.csv").size() > 1'000);
}

TEST_CASE("one replication, no replication and nothing measured still make a page") {
    const Run one = made_up_run(1);
    CHECK(balanced(file_of(report(one, summary(one), {}), "report.html")));
    Run none;
    CHECK(balanced(file_of(report(none, summary(none), {}), "report.html")));
    Run late = made_up_run(2);
    late.scenario.warm_up_s = 5'000;
    CHECK(balanced(file_of(report(late, summary(late), {}), "report.html")));
}

TEST_CASE("a comparison's page shows every metric's difference") {
    const Run first = made_up_run(5), second = made_up_run(5, 0.1);
    const auto files = report({.first = first,
                               .second = second,
                               .first_toml = "a = 1\n",
                               .second_toml = "b = 2\n",
                               .commit = "abc",
                               .command = "partyline simulate compare first.toml second.toml"},
                              compare(first, second));
    const std::string html = file_of(files, "report.html");
    CHECK(balanced(html));
    CHECK(times(html, "class=\"dot") == 4);
    CHECK(times(html, "class=\"dot noise") == 3);
    CHECK(html.find("<b>higher</b>") != std::string::npos);
    CHECK(file_of(files, "second.toml") == "b = 2\n");
}

TEST_CASE("axes are marked at round values") {
    const Axis axis{0, 0.23, 0, 100, 5, true};
    CHECK(axis.high() == doctest::Approx(0.25));
    REQUIRE(axis.ticks().size() == 6);
    CHECK(axis.ticks()[1].label == "0.05");
    CHECK(axis.place(0.125) == doctest::Approx(50));
    const Axis flat{3, 3, 0, 100, 4, true};  // nothing moves: still an axis
    CHECK(flat.high() > flat.low());
    CHECK(Axis{-7, 120, 0, 1, 5, true}.ticks().front().label == "-20");
    CHECK(time_unit(7'200).name == "min");
    CHECK(time_unit(86'400).name == "h");
}
