// A trunk of few lines: who gets one, who waits, who gives up, and what an outage does.
#include "sim/world/lines.hpp"

#include <doctest.h>

#include <algorithm>

using namespace sim;

namespace {

struct Exchange final : WantsLine {
    explicit Exchange(Trunk trunk)
        : scenario(with(std::move(trunk))), ground(scenario, {.seed = 1, .recorder = &recorder}) {
        lines.begin([this] { ++drops; });
    }
    static Scenario with(Trunk trunk) {
        Scenario scenario;
        scenario.trunk = std::move(trunk);
        return scenario;
    }
    void has_line(std::uint64_t who) override { served.push_back(who); }
    void tired_of_waiting(std::uint64_t who) override { tired.push_back(who); }
    void pass(double s) {
        const Instant end = ground.now() + seconds_of(s);
        while (!ground.timetable.empty() && ground.timetable.next() <= end)
            ground.timetable.run_one();
        ground.timetable.pass_to(end);
    }

    Recorder recorder{world_begins, seconds(1000)};
    Scenario scenario;
    Ground ground;
    Lines lines{ground};
    std::vector<std::uint64_t> served, tired;
    int drops = 0;
};

using Outcome = Lines::Outcome;

}  // namespace

TEST_CASE("without a queue a call finds a line or is blocked") {
    Exchange exchange{{.lines = 2}};
    CHECK(exchange.lines.ask(exchange, 1, {}) == Outcome::seized);
    CHECK(exchange.lines.seize() == Outcome::seized);
    CHECK(exchange.lines.ask(exchange, 3, {}) == Outcome::all_in_use);
    CHECK(exchange.lines.seize() == Outcome::all_in_use);
    exchange.lines.release();
    CHECK(exchange.lines.ask(exchange, 4, {}) == Outcome::seized);
    CHECK(exchange.served.empty());
}

TEST_CASE("who waits is served in order, and nobody overtakes") {
    Exchange exchange{{.lines = 1, .queue = 2}};
    CHECK(exchange.lines.ask(exchange, 1, {}) == Outcome::seized);
    CHECK(exchange.lines.ask(exchange, 2, {}) == Outcome::waits);
    CHECK(exchange.lines.ask(exchange, 3, {}) == Outcome::waits);
    CHECK(exchange.lines.ask(exchange, 4, {}) == Outcome::all_in_use);
    exchange.lines.release();
    CHECK(exchange.served == std::vector<std::uint64_t>{2});
    CHECK(exchange.lines.in_use() == 1);
    exchange.lines.release();
    CHECK(exchange.served == std::vector<std::uint64_t>{2, 3});
    exchange.lines.release();
    CHECK(exchange.lines.idle());
}

TEST_CASE("who loses patience leaves the queue, and who is served does not lose it any more") {
    Exchange exchange{{.lines = 1, .queue = 5}};
    CHECK(exchange.lines.ask(exchange, 1, {}) == Outcome::seized);
    CHECK(exchange.lines.ask(exchange, 2, 10) == Outcome::waits);
    CHECK(exchange.lines.ask(exchange, 3, 30) == Outcome::waits);
    exchange.pass(20);
    CHECK(exchange.tired == std::vector<std::uint64_t>{2});
    exchange.lines.release();
    CHECK(exchange.served == std::vector<std::uint64_t>{3});
    exchange.pass(20);
    CHECK(exchange.tired.size() == 1);
}

TEST_CASE("an outage cuts off once, lets nobody in, and then serves who waited") {
    Exchange exchange{{.lines = 1, .queue = 1, .outages_s = {{10, 20}}}};
    CHECK(exchange.lines.ask(exchange, 1, {}) == Outcome::seized);
    CHECK(exchange.lines.ask(exchange, 2, {}) == Outcome::waits);
    exchange.pass(15);
    CHECK(exchange.drops == 1);
    exchange.lines.release();  // the call that was cut off
    CHECK(exchange.served.empty());
    CHECK(exchange.lines.seize() == Outcome::down);
    exchange.pass(10);
    CHECK(exchange.served == std::vector<std::uint64_t>{2});
}
