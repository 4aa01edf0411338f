#include "media/source_table.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <thread>

#include "base/prng.hpp"

using media::Address;
using media::SourceTable;

namespace {

// The table never looks into a leg: a number will do.
media::Leg* leg(std::uintptr_t number) { return reinterpret_cast<media::Leg*>(number * 64); }

}  // namespace

TEST_CASE("an address finds its leg, and only its own") {
    SourceTable table(8);
    CHECK(table.insert({.ip = 1, .port = 1'000}, leg(1)));
    CHECK(table.insert({.ip = 1, .port = 0}, leg(2)));
    CHECK(table.find({.ip = 1, .port = 1'000}) == leg(1));
    CHECK(table.find({.ip = 1, .port = 0}) == leg(2));
    CHECK(table.find({.ip = 1, .port = 1'001}) == nullptr);
    CHECK(table.find({.ip = 2, .port = 1'000}) == nullptr);
    CHECK(!table.insert({.ip = 1, .port = 1'000}, leg(3)));
    table.erase({.ip = 1, .port = 1'000});
    table.erase({.ip = 7, .port = 7});
    CHECK(table.find({.ip = 1, .port = 1'000}) == nullptr);
    CHECK(table.size() == 1);
}

TEST_CASE("a full table says so, and has room again when one leaves") {
    SourceTable table(3);
    for (std::uint16_t i = 1; i <= 3; ++i) CHECK(table.insert({.ip = 9, .port = i}, leg(i)));
    CHECK(!table.insert({.ip = 9, .port = 4}, leg(4)));
    table.erase({.ip = 9, .port = 2});
    CHECK(table.insert({.ip = 9, .port = 4}, leg(4)));
}

TEST_CASE("after a hundred thousand comings and goings the table says what a map says") {
    Prng prng{11};
    SourceTable table(64);
    std::map<std::uint16_t, media::Leg*> model;
    for (int i = 0; i < 100'000; ++i) {
        const auto port = static_cast<std::uint16_t>(prng.below(100));
        if (prng.below(2) == 0) {
            const bool fits = model.size() < 64 && !model.contains(port);
            CHECK(table.insert({.ip = 5, .port = port}, leg(port + 1)) == fits);
            if (fits) model[port] = leg(port + 1);
        } else {
            table.erase({.ip = 5, .port = port});
            model.erase(port);
        }
        const auto asked = static_cast<std::uint16_t>(prng.below(100));
        REQUIRE(table.find({.ip = 5, .port = asked}) ==
                (model.contains(asked) ? model[asked] : nullptr));
    }
    CHECK(table.size() == model.size());
}

TEST_CASE("a reader never gets the leg of one address for another while slots change hands") {
    SourceTable table(4);  // few slots: they change hands all the time
    std::atomic<bool> done{false};
    std::atomic<std::uint64_t> wrong{0}, found{0};
    std::thread reader([&] {
        Prng prng{3};
        while (!done.load(std::memory_order_relaxed)) {
            const auto port = static_cast<std::uint16_t>(1 + prng.below(32));
            const media::Leg* got = table.find({.ip = 5, .port = port});
            if (got == nullptr) continue;
            found.fetch_add(1, std::memory_order_relaxed);
            if (got != leg(port)) wrong.fetch_add(1, std::memory_order_relaxed);
        }
    });
    Prng prng{4};
    for (int i = 0; i < 300'000 || found.load() < 1'000; ++i) {
        const auto port = static_cast<std::uint16_t>(1 + prng.below(32));
        if (!table.insert({.ip = 5, .port = port}, leg(port)))
            table.erase({.ip = 5, .port = static_cast<std::uint16_t>(1 + prng.below(32))});
    }
    done.store(true);
    reader.join();
    CHECK(wrong.load() == 0);
    CHECK(found.load() > 0);
}
