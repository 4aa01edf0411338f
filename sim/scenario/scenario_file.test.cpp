// Scenario files: what reads, what is refused and how it is told, and what the hash depends on.
#include "sim/scenario/scenario_file.hpp"

#include <doctest.h>
#include <algorithm>
#include <initializer_list>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/prng.hpp"

namespace {

using sim::Arrivals;
using sim::Scenario;
using sim::Spread;

sim::ReadBeside folder(std::map<std::string, std::string> files) {
    return [files = std::move(files)](const std::string& name) -> Result<std::string, std::string> {
        const auto file = files.find(name);
        if (file == files.end()) return fail(name + ": there is no such file");
        return file->second;
    };
}

Scenario good(std::string_view text, const std::vector<std::string>& overrides = {},
              const sim::ReadBeside& beside = {}) {
    const auto read = sim::parse_scenario(text, "t.toml", overrides, beside);
    if (!read.ok()) {
        for (const sim::Mistake& mistake : read.error()) MESSAGE(sim::print(mistake));
    }
    REQUIRE(read.ok());
    return read.value();
}

std::vector<std::string> mistakes(std::string_view text,
                                  const std::vector<std::string>& overrides = {},
                                  const sim::ReadBeside& beside = {}) {
    const auto read = sim::parse_scenario(text, "t.toml", overrides, beside);
    std::vector<std::string> told;
    if (read.ok()) return told;
    for (const sim::Mistake& mistake : read.error()) told.push_back(sim::print(mistake));
    return told;
}

constexpr std::string_view whole = R"(
title = "Everything at once"
until = "8h"
warm_up = "30m"
replications = 7
fidelity = "packets"
precision = { metric = "blocking", half_width = 0.001, relative = true }
[population]
users = 1000
with_phone = 0.75
clients = 1.5
[[calls]]
name = "main"
arrivals = { model = "markov", states = [{ rate = "30/h", stay = "10m" }, { rate = "2/s", stay = 60 }] }
holding = { shape = "lognormal", mean = "30m", sigma = 0.8 }
keying = "2s500ms"
patience = { shape = "exponential", mean = "1m" }
redial = { probability = 0.7, delay = { shape = "uniform", low = 5, high = "20s" }, attempts = 4 }
wrong_pin = 0.03
rooms = 12
codec = "opus"
[[meetings]]
arrivals = { model = "time_of_day", rate = "20/h", by_hour = [0,0,0,0,0,0,0,0.5,1,2,2,2,1,1,2,2,2,1,0.5,0,0,0,0,0] }
size = { shape = "geometric", mean = 5 }
no_show = 0.2
[trunk]
lines = 30
queue = 10
ring = { mean = 9 }
busy = 0.1
outages = [["1h", "1h5m"]]
[talk]
model = "turn_taking"
[im]
messages_per_user_hour = 4
storms = ["2h", 3600.5]
[network]
delay = "35ms"
jitter = 0.004
good_to_bad = 0.01
bad_to_good = 0.3
[server]
ports = 500
disk = "200ms"
)";

}  // namespace

TEST_CASE("a scenario reads, with times, rates and distributions in the units people write") {
    const Scenario s = good(whole);
    CHECK(s.until_s == 28'800);
    CHECK(s.warm_up_s == 1'800);
    CHECK(s.fidelity == sim::Fidelity::packets);
    CHECK(s.precision.relative);
    REQUIRE(s.calls.size() == 1);
    const sim::CallClass& calls = s.calls[0];
    CHECK(calls.arrivals.states == std::vector<Arrivals::State>{{30.0 / 3'600, 600}, {2, 60}});
    CHECK(calls.holding_s ==
          Spread{.shape = Spread::Shape::lognormal, .mean = 1'800, .sigma = 0.8});
    CHECK(calls.keying_s == Spread{.mean = 2.5});
    CHECK(calls.patience_s->mean == 60);
    CHECK(calls.redial.delay_s == Spread{.shape = Spread::Shape::uniform, .low = 5, .high = 20});
    CHECK(calls.codec == "opus");
    CHECK(s.meetings[0].arrivals.by_hour.size() == 24);
    CHECK(s.trunk.ring_s == Spread{.shape = Spread::Shape::lognormal, .mean = 9, .sigma = 0.6});
    CHECK(s.trunk.outages_s == std::vector<std::pair<double, double>>{{3'600, 3'900}});
    CHECK(s.im.storms_s == std::vector<double>{7'200, 3'600.5});
    CHECK(s.network.delay_ms == 35);
    CHECK(s.network.jitter_ms == 4);
    CHECK(s.server.disk_s.mean == 0.2);
    CHECK(good("") == Scenario{});
    CHECK(good("warm_up = \"auto\"").warm_up_auto);
}

TEST_CASE("the canonical text reads back as the same scenario") {
    const Scenario s = good(whole);
    CHECK(good(sim::canonical(s)) == s);
    CHECK(sim::canonical(good(sim::canonical(s))) == sim::canonical(s));
    CHECK(good(sim::canonical({})) == Scenario{});
}

TEST_CASE("comments, order, units and classes' order leave the configuration's hash alone") {
    const Scenario a = good(R"(
until = "1h"
trunk = { lines = 30, busy = 0.1 }
calls = [{ name = "b", holding = "3m" }, { name = "a", arrivals = { model = "poisson", rate = "30/h" } }])");
    const Scenario b = good(R"(# the same
[[calls]]   # first
arrivals = { per_hour = 30, model = "poisson" }
name = "a"
[[calls]]
name = "b"
holding = { shape = "constant", mean = 180.0 }
[trunk]
busy = 1e-1
lines = 30
[population]
)",
                            {"until=60m"});
    CHECK(a == b);
    CHECK(sim::configuration_hash(a) == sim::configuration_hash(b));
    Scenario c = a;
    c.trunk.lines = 31;
    CHECK(sim::configuration_hash(a) != sim::configuration_hash(c));
}

TEST_CASE("what CSV files contain counts, not what they are called") {
    constexpr std::string_view text = R"([[calls]]
arrivals = { model = "trace", file = "FILE" }
holding = { shape = "empirical", file = "h.csv" })";
    const auto named = [&](const std::string& name) {
        std::string copy{text};
        return copy.replace(copy.find("FILE"), 4, name);
    };
    const auto beside = folder({{"x.csv", "when_s,who\n1.5,a\n# later\n\n\"7\";b\n"},
                                {"y.csv", "1.5\r\n7\r\n"},
                                {"z.csv", "1.5\n8\n"},
                                {"h.csv", "10\n20\n"}});
    const Scenario x = good(named("x.csv"), {}, beside);
    CHECK(x.calls[0].arrivals.instants_s == std::vector<double>{1.5, 7});
    CHECK(x.calls[0].holding_s.values == std::vector<double>{10, 20});
    CHECK(sim::configuration_hash(x) == sim::configuration_hash(good(named("y.csv"), {}, beside)));
    CHECK(sim::configuration_hash(x) != sim::configuration_hash(good(named("z.csv"), {}, beside)));
    CHECK(good(sim::canonical(x)) == x);
}

TEST_CASE("a wrong key or value is told with file, line and what would be right") {
    struct Case {
        const char* text;
        const char* told;
    };
    for (const Case& given : {
             Case{"untill = 3", "t.toml:1: untill: there is no such key. Did you mean until?"},
             Case{"\n[trunk]\nline = 3",
                  "t.toml:3: trunk.line: there is no such key. Did you mean lines?"},
             Case{"[trunk]\nbusy = 1.5", "t.toml:2: trunk.busy: 1.5 is outside 0 .. 1"},
             Case{"[trunk]\nbusy = nan", "t.toml:2: trunk.busy: nan is outside 0 .. 1"},
             Case{"[trunk]\nlines = 2.5",
                  "t.toml:2: trunk.lines: 2.5 must be a whole number without quotes"},
             Case{"[population]\nusers = 2000000",
                  "t.toml:2: population.users: 2000000 is outside 0 .. 1000000"},
             Case{"[population]\nusers = -1",
                  "t.toml:2: population.users: -1 is outside 0 .. 1000000"},
             Case{"until = 0", "t.toml:1: until: 0 is outside above 0s .. 366d"},
             Case{"until = inf", "t.toml:1: until: inf is outside above 0s .. 366d"},
             Case{"until = \"8 hours\"",
                  "t.toml:1: until: \"8 hours\" must be a number of seconds or text like \"90s\", "
                  "\"5m\", \"1h30m\" or \"20ms\""},
             Case{"fidelity = \"call\"",
                  "t.toml:1: fidelity: \"call\" must be one of \"calls\", \"packets\", \"sound\""},
             Case{"title = 3", "t.toml:1: title: 3 must be text in quotes"},
             Case{"[[calls]]\narrivals = { model = \"poisson\" }",
                  "t.toml:2: calls.arrivals.rate: is missing (poisson needs it)"},
             Case{"[[calls]]\narrivals = { model = \"poisson\", rate = \"30\" }",
                  "t.toml:2: calls.arrivals.rate: \"30\" must be a number per second, or text like "
                  "\"30/h\" or \"2/s\""},
             Case{"[[calls]]\narrivals = { model = \"poisson\", rate = -1 }",
                  "t.toml:2: calls.arrivals.rate: -1 is outside 0 .. 100000"},
             Case{"[[calls]]\narrivals = { model = \"poisson\", rate = 1, per_hour = 1 }",
                  "t.toml:2: calls.arrivals.rate: the rate stands there twice"},
             Case{"[[calls]]\narrivals = { model = \"poisson\", rate = 1, crowd = 7 }",
                  "t.toml:2: calls.arrivals.crowd: poisson has no crowd"},
             Case{"[[calls]]\nholding = { shape = \"exponential\", mean = 3, sigma = 1 }",
                  "t.toml:2: calls.holding.sigma: exponential has no sigma"},
             Case{"[[calls]]\nholding = { shape = \"lognormal\", mean = 3 }",
                  "t.toml:2: calls.holding.sigma: is missing (lognormal needs it)"},
             Case{"[[calls]]\nholding = { shape = \"exponential\", mean = 0 }",
                  "t.toml:2: calls.holding.mean: 0 is outside above 0s .. 366d"},
             Case{"[[calls]]\nholding = { shape = \"uniform\", low = 3, high = 2 }",
                  "t.toml:2: calls.holding: low is above high"},
             Case{"[[calls]]\nholding = { shape = \"empirical\" }",
                  "t.toml:2: calls.holding: empirical needs `file` or `values`"},
             Case{"[[calls]]\nholding = { shape = \"empirical\", file = \"../x\" }",
                  "t.toml:2: calls.holding.file: must be the name of a file in the scenario's own "
                  "folder"},
             Case{"[[calls]]\ncodec = \"g729\"",
                  "t.toml:2: calls.codec: \"g729\" must be one of \"pcmu\", \"pcma\", \"g722\", "
                  "\"l16\", \"opus\""},
             Case{"[[calls]]\n[[calls]]",
                  "t.toml: calls.name: two are called \"calls\"; each needs a name"},
             Case{"[calls]", "t.toml:1: calls: must be a list of tables: [[calls]] before each"},
             Case{"[trunk]\nbusy = 0.6\nno_answer = 0.5",
                  "t.toml:2: trunk.busy: busy, no_answer and refused together are more than 1"},
             Case{"until = 60\nwarm_up = \"1m\"",
                  "t.toml:2: warm_up: must end before `until` (1m)"},
             Case{"[[meetings]]\narrivals = { model = \"poisson\", rate = 1 }",
                  "t.toml:1: meetings: meetings need population.users of at least 2"},
             Case{"[talk]\nmodel = \"p59\"\npause = 9",
                  "t.toml:2: talk.model: no conversation of two has these four means; P.59's are "
                  "1.004, 1.587, 0.228 and 0.508 s"},
             Case{"[trunk]\noutages = [[5, 3]]", "t.toml:2: trunk.outages: ends before it begins"},
             Case{"[network]\ndelay = 20", "t.toml:2: network.delay: 20 is outside 0s .. 10s"},
         }) {
        const auto told = mistakes(given.text);
        REQUIRE(told.size() == 1);
        CHECK(told[0] == given.told);
    }
    CHECK(mistakes("\x84[==")[0] == "t.toml: is not UTF-8 text");
    for (const char* text : {"\n\u00e9 = 1", "title = \"\u00e9\"\n\u00e9", "#\u00e9\n\u00a0",
                             "title = \"\"\"\u00e9\n\\\"\"\"\"\"\u00e9", "title = '\\'\u00e9"}) {
        CAPTURE(text);
        CHECK(mistakes(text)[0].ends_with("outside of quotes there are only ASCII letters"));
    }
    CHECK(good("title = \"B\u00fcro\"  # \u00e9").title == "B\u00fcro");
    CHECK(mistakes("until = ")[0].starts_with("t.toml:1: "));
    CHECK(mistakes("a = 1\nb = 2\nc = 3").size() == 3);
}

TEST_CASE("a bad CSV file is told with its own name and line") {
    constexpr std::string_view text =
        "[[calls]]\nholding = { shape = \"empirical\", file = \"h.csv\" }";
    const std::string before = "t.toml:2: calls.holding.file: h.csv";
    struct Case {
        const char* content;
        const char* told;
    };
    for (const Case& given : {Case{"seconds\n1\nx1\n", ":3: \"x1\" is not a number"},
                              Case{"1\n-2\n", ":2: -2 is outside 0 .. 31622400"},
                              Case{"1\nnan\n", ":2: nan is outside 0 .. 31622400"},
                              Case{"one\ntwo\n", ":2: \"two\" is not a number"},
                              Case{"", ": there are no numbers in its first column"}}) {
        const auto told = mistakes(text, {}, folder({{"h.csv", given.content}}));
        REQUIRE(told.size() == 1);
        CHECK(told[0] == before + given.told);
    }
    CHECK(mistakes(text, {}, folder({}))[0] == before + ": there is no such file");
    std::string many;
    for (std::size_t i = 0; i <= sim::values_max; ++i) many += "1\n";
    CHECK(mistakes(text, {}, folder({{"h.csv", many}}))[0] ==
          before + ":1000001: more than 1000000 values");
}

TEST_CASE("--set changes a key before the file is judged, and its mistakes say so") {
    const Scenario s = good(
        whole, {"trunk.lines=7", "calls.main.arrivals={ model = \"poisson\", rate = \"9/h\" }",
                "calls.0.holding.mean=5m", "talk.model=p59", "title = Another",
                "calls.main.patience.mean=3", "server.disk = 0.5", "meetings.meetings.late=7"});
    CHECK(s.trunk.lines == 7);
    CHECK(s.calls[0].arrivals.rate == 9.0 / 3'600);
    CHECK(s.calls[0].holding_s.mean == 300);
    CHECK(s.calls[0].holding_s.sigma == 0.8);
    CHECK(s.talk.model == sim::Talk::Model::p59);
    CHECK(s.title == "Another");
    CHECK(s.server.disk_s.mean == 0.5);
    CHECK(mistakes("", {"trunk"})[0] == "--set trunk: must be key.path=value, like trunk.lines=30");
    CHECK(mistakes("", {"trunk.liness=3"})[0] ==
          "--set: trunk.liness: there is no such key. Did you mean lines?");
    CHECK(mistakes(whole, {"calls.other.rooms=3"})[0] ==
          "--set calls.other.rooms=3: there is no other among calls");
    CHECK(mistakes(whole, {"calls.main=3"})[0] ==
          "--set calls.main=3: says which, but not which key of it");
    CHECK(mistakes("", {"a.b.c.d.e.f.g.h.i=3"})[0] == "--set a.b.c.d.e.f.g.h.i=3: is too deep");
    CHECK(mistakes("", {"title=\"a\" \n b = 3"})[0] ==
          "--set: title: must be UTF-8 without control characters");
}

TEST_CASE("a file that is not there, or a folder, is told and not read") {
    const auto read = sim::read_scenario("no/such/file.toml");
    REQUIRE(!read.ok());
    CHECK(sim::print(read.error()[0]) == "no/such/file.toml: there is no such file");
}

TEST_CASE("three thousand damaged scenarios are read or refused, never worse") {
    Prng prng{4};
    std::size_t read_well = 0;
    for (int i = 0; i < 3'000; ++i) {
        std::string text{whole};
        for (std::uint64_t n = prng.below(4) + 1; n > 0; --n) {
            const std::size_t at = prng.below(text.size());
            const std::size_t digit = text.find_first_of("0123456789", at);
            if (prng.below(4) > 0 && digit != std::string::npos) {
                text[digit] = static_cast<char>('0' + prng.below(10));
                continue;
            }
            switch (prng.below(3)) {
                case 0: text[at] = static_cast<char>(prng.next()); break;
                case 1: text.erase(at, prng.below(20)); break;
                case 2:
                    text.insert(at, text.substr(prng.below(text.size()), prng.below(20)));
                    break;
            }
        }
        const auto read = sim::parse_scenario(text, "t.toml");
        if (!read.ok()) continue;
        ++read_well;
        const auto again = sim::parse_scenario(sim::canonical(read.value()), "again.toml");
        REQUIRE(again.ok());
        CHECK(again.value() == read.value());
    }
    CHECK(read_well > 100);
}
