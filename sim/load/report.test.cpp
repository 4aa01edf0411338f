#include <doctest/doctest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "sim/load/doors.hpp"
#include "sim/load/report.hpp"

namespace {

sim::Report good() {
    sim::Report report;
    report.seconds = 20;
    report.legs = report.calls.asked = report.calls.answered = 100;
    report.packets.sent = report.packets.received = 100'000;
    return report;
}

}  // namespace

TEST_CASE("a server keeps up when what was sent comes back, on time and for everybody") {
    CHECK(good().keeps_up());
    sim::Report report = good();
    report.packets.lost = 101;
    CHECK_FALSE(report.keeps_up());
    report = good();
    report.packets.gaps = 100;
    CHECK_FALSE(report.keeps_up());
    report = good();
    report.packets.received = 99'899;
    CHECK_FALSE(report.keeps_up());
    report = good();
    report.packets.received = 100'201;
    CHECK_FALSE(report.keeps_up());
    report = good();
    report.calls.asked = 101;
    CHECK_FALSE(report.keeps_up());
}

TEST_CASE("legs per core are legs by the cores that the server used") {
    const sim::LoadPlan plan{.legs = 100, .pid = 1};
    sim::Report report = good();
    report.server = sim::Report::Server{
        .before = {.resident_kb = 1'000},
        .begin = {.user_seconds = 1, .system_seconds = 2, .resident_kb = 2'000},
        .end = {.user_seconds = 2, .system_seconds = 3, .resident_kb = 3'000, .threads = 4}};
    const auto json = sim::to_json(plan, report);
    CHECK(json["server"]["cores"] == 0.1);
    CHECK(json["server"]["legs_per_core"] == 1'000);
    CHECK(json["server"]["us_per_leg_and_frame"] == 20);
    CHECK(json["server"]["resident_kb_per_leg"] == 20);
    CHECK(sim::to_text(plan, report).find("keeps up") != std::string::npos);
}

TEST_CASE("metrics are read line by line, and what is no number is left out") {
    const auto values =
        sim::parse_metrics("# HELP a b\n# TYPE a gauge\na{quantile=\"0.5\"} 12.5\r\nb 3\nc x\n\nd");
    CHECK(values == sim::MetricValues{{"a{quantile=\"0.5\"}", 12.5}, {"b", 3}});
}

TEST_CASE("quantiles are those of the sorted values") {
    sim::Distribution values;
    CHECK(values.quantile(0.5) == 0);
    for (int i = 100; i >= 0; --i) values.add(i);
    CHECK(values.quantile(0.5) == 50);
    CHECK(values.quantile(0.99) == 99);
    CHECK(values.quantile(1) == 100);
}

TEST_CASE("a process is looked at from outside") {
    const auto seen = sim::look_at_process(static_cast<int>(getpid()));
    REQUIRE(seen);
    CHECK(seen->threads >= 1);
    CHECK(seen->resident_kb > 100);
    CHECK_FALSE(sim::look_at_process(-1));
}

TEST_CASE("on loopback many telephones share a socket and each has an address of its own") {
    sim::LoadPlan plan{.legs = 130};
    plan.sip = media::Address{0x7f000001, 5060};
    const auto doors = sim::Doors::open(plan);
    REQUIRE(doors.ok());
    CHECK(doors.value().shared());
    CHECK(doors.value().count() == 3);
    const auto& places = doors.value().places();
    REQUIRE(places.size() == plan.legs);
    for (std::uint32_t leg = 0; leg < plan.legs; ++leg) {
        CHECK(doors.value().leg_behind(places[leg].door, places[leg].address.ip) == leg);
        CHECK(places[leg].address.port % 2 == 0);
        if (leg > 0) CHECK_FALSE(places[leg].address == places[leg - 1].address);
    }
    CHECK_FALSE(doors.value().leg_behind(0, 1));
}

TEST_CASE("packets between two doors bring both addresses and the time") {
    auto one = sim::Socket::bind({0, 41'000}, true), other = sim::Socket::bind({0, 41'002}, true);
    REQUIRE(one.ok());
    REQUIRE(other.ok());
    sim::Batch batch;
    const std::vector<std::uint8_t> front{1, 2}, back{3};
    const std::vector<sim::Outgoing> packets(
        3, {.from_ip = 0x7f010203, .to = {0x7f010101, 41'002}, .front = front, .back = back});
    CHECK(batch.send(one.value(), packets) == 3);
    const auto got = batch.receive(other.value());
    REQUIRE(got.size() == 3);
    CHECK(got[0].from == media::Address{0x7f010203, 41'000});
    CHECK(got[0].to_ip == 0x7f010101);
    CHECK(got[0].arrived_wall_us > 0);
    CHECK(std::vector(got[0].bytes.begin(), got[0].bytes.end()) ==
          std::vector<std::uint8_t>{1, 2, 3});
    CHECK(batch.receive(other.value()).empty());
}
