#include "sim/world/timetable.hpp"

#include <doctest.h>

#include <vector>

#include "base/prng.hpp"

using sim::Timetable;

TEST_CASE("events happen by time, and those of one instant in the order they were planned") {
    Timetable table;
    std::vector<int> happened;
    const auto note = [&](int which) { return [&happened, which] { happened.push_back(which); }; };
    table.at(Instant{20}, note(3));
    table.at(Instant{10}, note(1));
    table.at(Instant{10}, note(2));
    table.at(Instant{5}, note(0));
    while (!table.empty()) table.run_one();
    CHECK(happened == std::vector<int>{0, 1, 2, 3});
    CHECK(table.now() == Instant{20});
    CHECK(table.happened() == 4);
}

TEST_CASE("what is planned for the past happens now, after what is due now") {
    Timetable table;
    table.pass_to(Instant{100});
    std::vector<int> happened;
    table.at(Instant{100}, [&] { happened.push_back(1); });
    table.at(Instant{3}, [&] { happened.push_back(2); });
    CHECK(table.next() == Instant{100});
    while (!table.empty()) table.run_one();
    CHECK(happened == std::vector<int>{1, 2});
    CHECK(table.now() == Instant{100});
}

TEST_CASE("a cancelled event does not happen, and its ticket cancels nothing that comes later") {
    Timetable table;
    int happened = 0;
    const auto first = table.at(Instant{1}, [&] { happened += 1; });
    table.cancel(first);
    table.cancel(first);
    CHECK(table.empty());
    CHECK(table.next() == Instant{});
    const auto second = table.at(Instant{2}, [&] { happened += 10; });
    CHECK(second.slot == first.slot);
    table.cancel(first);
    table.run_one();
    CHECK(happened == 10);
    table.cancel(second);
    CHECK(table.empty());
}

TEST_CASE("a hundred thousand events planned by events come in order") {
    struct Story {
        Timetable table;
        Prng chance{7};
        Instant last{};
        int left = 100'000;
        bool in_order = true;
        void next() {
            in_order = in_order && table.now() >= last;
            last = table.now();
            for (int i = 0; i < 2 && left > 0; ++i, --left) {
                const auto wait = static_cast<std::int64_t>(chance.below(1'000));
                table.at(table.now() + Duration{wait}, [this] { next(); });
            }
        }
    } story;
    story.next();
    while (!story.table.empty()) story.table.run_one();
    CHECK(story.in_order);
    CHECK(story.left == 0);
    CHECK(story.table.happened() == 100'000);
}
