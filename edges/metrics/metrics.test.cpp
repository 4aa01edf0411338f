#include "edges/metrics/metrics.hpp"

#include <doctest/doctest.h>

using metrics::Metrics;

TEST_CASE("a family appears once with its help, its type and a line per label") {
    Metrics metrics;
    metrics.gauge("partyline_media_legs", "Telephones in rooms.", {{"worker", "0"}},
                  [] { return 3.0; });
    metrics.gauge("partyline_media_legs", "Telephones in rooms.", {{"worker", "1"}},
                  [] { return 4.0; });
    const std::string text = metrics.text();
    CHECK(text.find("# HELP partyline_media_legs Telephones in rooms.\n") != std::string::npos);
    CHECK(text.find("# TYPE partyline_media_legs gauge\n") != std::string::npos);
    CHECK(text.find("partyline_media_legs{worker=\"0\"} 3\n") != std::string::npos);
    CHECK(text.find("partyline_media_legs{worker=\"1\"} 4\n") != std::string::npos);
    CHECK(text.find("# TYPE partyline_media_legs gauge",
                    text.find("# TYPE partyline_media_legs") + 1) == std::string::npos);
}

TEST_CASE("a counter is read anew at every scrape") {
    Metrics metrics;
    double calls = 0;
    metrics.counter("partyline_calls_total", "Calls.", {}, [&] { return ++calls; });
    CHECK(metrics.text().find("partyline_calls_total 1\n") != std::string::npos);
    CHECK(metrics.text().find("partyline_calls_total 2\n") != std::string::npos);
}

TEST_CASE("the process tells its memory and its descriptors") {
    const std::string text = Metrics().text();
    const auto at = text.find("\nprocess_resident_memory_bytes ");
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(text.substr(at + 31)) > 1e5);
    const auto fds = text.find("\nprocess_open_fds ");
    REQUIRE(fds != std::string::npos);
    CHECK(std::stod(text.substr(fds + 18)) >= 3);
}
