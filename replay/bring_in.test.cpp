#include "replay/bring_in.hpp"

#include <doctest.h>

#include <filesystem>

#include "journal/audio.hpp"
#include "journal/backup.hpp"
#include "journal/check.hpp"
#include "journal/codec.hpp"
#include "journal/reader_log.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"
#include "replay/compare.hpp"
#include "replay/slice.hpp"
#include "tests/conference_story.hpp"

namespace {

using journal::testing::TempDirectory;
using tests::World;

/// The story's journal on disk, with everything that a server would note beside it.
void put_on_disk(const journal::MemoryLog& log, const std::string& folder) {
    auto store = journal::Store::open(folder);
    REQUIRE(store.ok());
    for (const auto& record : log.read_all(1, 10'000).value()) {
        const auto transition = journal::decode_transition(record.payload).value();
        REQUIRE(journal::testing::append_and_wait(*store.value(), {.stream = transition.stream,
                                                                   .sequence = transition.sequence,
                                                                   .payload = record.payload})
                    .fault == journal::Fault::none);
    }
    store.value()->mark_released(log.released());
}

std::unique_ptr<journal::ReaderLog> reading(const std::string& folder) {
    auto reader = journal::Reader::open(folder);
    REQUIRE(reader.ok());
    REQUIRE(journal::check(*reader.value()).ok());
    return std::make_unique<journal::ReaderLog>(std::move(reader).value());
}

std::map<std::string, journal::Agenda> agenda_of(const journal::Log& log) {
    std::map<std::string, journal::Agenda> all;
    for (auto& entry : log.agenda()) all[entry.stream] = entry.agenda;
    return all;
}

}  // namespace

TEST_CASE("a restored backup is the journal again, with its agenda") {
    World world;
    tests::people_and_numbers(world);
    tests::dial_in_and_talk(world);  // telephones are connected: a restart must know
    world.settle();
    const TempDirectory directory;
    put_on_disk(world.log(), directory.path());
    const std::string backup = directory.outside() + "/backup";
    const std::string again = directory.outside() + "/again";
    REQUIRE(journal::back_up(*journal::Reader::open(directory.path()).value(), backup).ok());
    const auto report = replay::restore(backup, again);
    if (!report.ok()) MESSAGE(report.error());
    REQUIRE(report.ok());
    CHECK(report.value().streams_differing == 0);
    const auto before = reading(directory.path()), after = reading(again);
    CHECK(replay::compare(*before, *after).value().ok());
    CHECK(after->last_position() == before->last_position());
    CHECK(agenda_of(*after) == agenda_of(world.log()));
    CHECK(agenda_of(*after).at("call_leg/00000000000000a1").on_restart);
    CHECK(replay::restore(backup, again).error().find("is not empty") != std::string::npos);
}

TEST_CASE("a restore ends at the position or the time that is wished") {
    World world;
    tests::tell_story(world);
    const TempDirectory directory;
    put_on_disk(world.log(), directory.path());
    const std::string backup = directory.outside() + "/backup";
    REQUIRE(journal::back_up(*journal::Reader::open(directory.path()).value(), backup).ok());
    const auto cut = [&](const replay::RestoreOptions& options) {
        const std::string again = directory.outside() + "/again";
        std::filesystem::remove_all(again);
        const auto report = replay::restore(backup, again, options);
        REQUIRE(report.ok());
        CHECK(replay::verify(*reading(again)).ok());
        return report.value();
    };
    for (const journal::Position position : {1u, 20u, 63u}) {
        CHECK(cut({.to_position = position}).transitions == position);
    }
    const auto records = world.log().read_all(1, 10'000).value();
    const auto time = [&](std::size_t i) {
        return journal::decode_transition(records[i].payload).value().now;
    };
    const Instant at{time(records.size() / 2)};
    const auto report = cut({.to_time = at});
    CHECK(report.last <= at);
    CHECK(time(report.transitions) > at.us);
    const std::string again = directory.outside() + "/none";
    CHECK(
        replay::restore(backup, again, {.to_position = 100'000}).error().find("holds positions") !=
        std::string::npos);
    CHECK(replay::restore(backup, again, {.to_time = Instant{1}}).error().find("later") !=
          std::string::npos);
    CHECK_FALSE(std::filesystem::exists(again));
}

TEST_CASE("a slice is imported, and a bad one leaves nothing behind") {
    World world;
    tests::tell_story(world);
    const TempDirectory directory;
    const std::string path = directory.outside() + "/bug.partyline";
    REQUIRE(replay::slice(world.log(), "471100", path, {.pseudonymise = true, .key = "k"}).ok());
    const auto report = replay::import_slice(path, directory.path());
    REQUIRE(report.ok());
    CHECK(report.value().notes.at("pseudonymised") == "yes");
    const auto log = reading(directory.path());
    CHECK(replay::verify(*log).ok());
    CHECK(log->released() == log->last_position());
    CHECK(replay::import_slice(path, directory.path()).error().find("is not empty") !=
          std::string::npos);
    std::filesystem::resize_file(path, 4000);
    const std::string other = directory.outside() + "/other";
    const auto cut = replay::import_slice(path, other);
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.error().find("bug.partyline: offset 4000: the file ends") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(other));
    CHECK_FALSE(std::filesystem::exists(other + ".partial"));
}

TEST_CASE("captured sound goes along with a slice and with a backup") {
    World world;
    tests::tell_story(world);
    const TempDirectory directory;
    put_on_disk(world.log(), directory.path());
    {
        auto store = journal::Store::open(directory.path());
        for (const char* room : {"conference/471100", "conference/471200"}) {
            for (const std::uint64_t epoch : {1u, 2u}) {
                std::string records;
                journal::append_audio_record(records, {5, room});
                REQUIRE(store.value()->put_audio({room, epoch, 1, 5}, records).ok());
            }
        }
    }
    const auto sound_in = [](const std::string& folder) {
        std::vector<journal::AudioKey> keys;
        const auto reader = journal::Reader::open(folder);
        static_cast<void>(journal::walk_audio(*reader.value(), {}, {},
                                              [&](const journal::AudioKey& key, std::string_view) {
                                                  keys.push_back(key);
                                                  return true;
                                              }));
        return keys;
    };
    const auto reader = journal::Reader::open(directory.path());
    const std::string path = directory.outside() + "/bug.partyline";
    const std::string bug = directory.outside() + "/bug", all = directory.outside() + "/all";
    REQUIRE(replay::slice(world.log(), "471100", path, {.sound = reader.value().get()}).ok());
    CHECK(replay::import_slice(path, bug).value().sounds == 2);
    REQUIRE(sound_in(bug).size() == 2);
    CHECK(sound_in(bug)[0].room == "conference/471100");
    CHECK_FALSE(replay::slice(world.log(), "471100", path,
                              {.pseudonymise = true, .sound = reader.value().get()})
                    .ok());
    const std::string backup = directory.outside() + "/backup";
    REQUIRE(journal::back_up(*reader.value(), backup).value().sounds == 4);
    CHECK(replay::restore(backup, all).value().sounds == 4);
    CHECK(sound_in(all) == sound_in(directory.path()));
    // What a start heard that is not restored would stand in the way of the next one.
    const std::string cut = directory.outside() + "/cut";
    CHECK(replay::restore(backup, cut, {.to_position = 20}).value().sounds == 2);
}
