#include "edges/sip/admission.hpp"

#include <doctest/doctest.h>

using namespace sip;

namespace {
constexpr Instant start{1'000'000'000};
}

TEST_CASE("a source may hold so many calls at once and no more, until one ends") {
    Admission admission{{.calls_per_source_max = 3, .calls_per_second_per_source = 100}};
    for (int i = 0; i < 3; ++i) CHECK(admission.call_begins("192.0.2.1", false, start));
    CHECK(!admission.call_begins("192.0.2.1", false, start));
    CHECK(admission.call_begins("192.0.2.2", false, start));
    admission.call_ended("192.0.2.1");
    CHECK(admission.call_begins("192.0.2.1", false, start));
    CHECK(admission.calls() == 4);
}

TEST_CASE("calls in a second are limited, and time brings new ones") {
    Admission admission{{.calls_per_source_max = 1000, .calls_per_second_per_source = 5}};
    int taken = 0;
    for (int i = 0; i < 100; ++i) taken += admission.call_begins("a", false, start);
    CHECK(taken == 10);
    for (int i = 0; i < 100; ++i) taken += admission.call_begins("a", false, start + seconds(1));
    CHECK(taken == 15);
}

TEST_CASE("a trunk is bound by the total alone") {
    Admission admission{
        {.calls_max = 40, .calls_per_source_max = 1, .calls_per_second_per_source = 1}};
    for (int i = 0; i < 40; ++i) CHECK(admission.call_begins("trunk", true, start));
    CHECK(!admission.call_begins("trunk", true, start));
}

TEST_CASE("requests and strikes are limited per second") {
    Admission admission{{.requests_per_second_per_source = 10, .strikes_per_second = 2}};
    int requests = 0, strikes = 0;
    for (int i = 0; i < 100; ++i) {
        requests += admission.request("a", start);
        strikes += admission.strike(start);
    }
    CHECK(requests == 20);
    CHECK(strikes == 4);
}

TEST_CASE("a flood from many sources shares what is left and memory stays bounded") {
    Admission admission{{.requests_per_second_per_source = 1}};
    int taken = 0;
    for (int i = 0; i < 100'000; ++i) taken += admission.request(std::to_string(i), start);
    CHECK(admission.sources() == Admission::sources_max);
    CHECK(taken == static_cast<int>(Admission::sources_max) + 2);
    CHECK(admission.request("newcomer", start + minutes(1)));
    CHECK(admission.sources() == 1);
}

TEST_CASE("a clock that steps back gives nothing away") {
    Admission admission{{.requests_per_second_per_source = 1}};
    CHECK(admission.request("a", start));
    CHECK(admission.request("a", start));
    CHECK(!admission.request("a", start - minutes(5)));
}
