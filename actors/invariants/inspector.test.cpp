#include "actors/invariants/inspector.hpp"

#include <doctest.h>

#include <set>

#include "tests/conference_story.hpp"
#include "tests/forged_journal.hpp"

namespace {

using tests::ForgedJournal;
using tests::with;
using Names = std::vector<std::string>;

Names complaints_about(const journal::Log& log, bool settled) {
    actors::Inspector inspector{actors::all_invariants(), true};
    const auto records = log.read_all(1, 1'000'000).value();
    for (const auto& record : records) inspector.feed(record);
    inspector.end(settled);
    CHECK(inspector.transitions() == records.size());
    CHECK(inspector.state_hash() == actors::state_hash_of_all(log).value());
    Names sentences;
    for (const auto& one : inspector.violations())
        sentences.push_back(one.invariant + ": " + one.stream + " " + one.sentence);
    return sentences;
}

}  // namespace

TEST_CASE("a whole conference gives no invariant a reason to complain") {
    tests::World world;
    tests::tell_story(world);
    world.advance(minutes(2));
    CHECK(complaints_about(world.log(), true) == Names{});
}

TEST_CASE("nor does one whose server dies at any moment, whatever the disk has kept") {
    for (int errands = 0; errands < 60; errands += 3) {
        for (const std::size_t kept : {0u, 1u, 3u}) {
            CAPTURE(errands);
            CAPTURE(kept);
            tests::World world{{.complete_at_once = false}};
            tests::people_and_numbers(world);
            world.pins[tests::host_leg] = {"9999"};
            world.pins[tests::guest_leg] = {"0000", "1234"};
            const auto room = std::string{tests::story_room};
            world.send(tests::call_leg(tests::host_leg), "server", tests::call_to(room, "+49301"));
            world.send(tests::call_leg(tests::guest_leg), "server", tests::call_to(room, "+49302"));
            world.send(tests::conference(room), "user/alice",
                       tests::dial(schema::TargetKind::number, "+4940555"));
            world.run();
            for (int i = 0; i < errands && world.log().complete_one(); ++i) world.run();
            auto log = world.crash(kept);
            tests::World next{{.begins = tests::world_begins + minutes(1),
                               .log = std::move(log),
                               .first_id = 1'000}};
            next.settle();
            next.advance(minutes(2));
            CHECK(complaints_about(next.log(), true) == Names{});
        }
    }
}

TEST_CASE("every invariant has a name of its own and says what it is about") {
    std::set<std::string_view> names;
    for (const auto& one : actors::all_invariants()) {
        CHECK(one->about().size() > 30);
        CHECK(names.insert(one->name()).second);
    }
    CHECK(names.size() >= 17);
}

TEST_CASE("bytes that do not follow one another break the chain") {
    ForgedJournal whole;
    whole.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    whole.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    CHECK(whole.complaints() == Names{});

    ForgedJournal torn = whole;
    torn.records()[1].payload.resize(20);
    CHECK(torn.complaints() == Names{"chain"});

    ForgedJournal missing = whole;
    missing.records().erase(missing.records().begin());
    CHECK(missing.complaints() == Names{"chain"});

    ForgedJournal swapped = whole;
    swapped.records()[1].position = 1;
    CHECK(swapped.complaints() == Names{"chain"});

    ForgedJournal backwards;
    backwards.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    backwards.now = backwards.now - seconds(60);
    backwards.put("guard/a", schema::StrikeT{}, schema::StruckT{});
    CHECK(backwards.complaints() == Names{"chain"});

    ForgedJournal foreign;
    foreign.put("guard/a", schema::ClaimNumberT{}, schema::NumberClaimedT{});
    CHECK(foreign.complaints() == Names{"chain"});
}

TEST_CASE("a journal that is wrong a thousand times is told so a hundred times, and counted") {
    actors::Inspector inspector;
    for (journal::Position i = 1; i <= 1000; ++i) inspector.feed({i, "no transition"});
    CHECK(inspector.violations().size() == actors::Inspector::violations_max);
    CHECK(inspector.violation_count() == 1000);
}
