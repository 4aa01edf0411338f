#include "journal/backup.hpp"

#include <doctest.h>

#include <fstream>
#include <thread>

#include "journal/audio.hpp"
#include "journal/bulk.hpp"
#include "journal/check.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"

using namespace journal;
using namespace journal::testing;

namespace {

void append_some(Store& store, History& history, int count) {
    for (int i = 0; i < count; ++i) {
        Append append = history.next("user/" + std::to_string(i % 3));
        REQUIRE(append_and_wait(store, std::move(append)).fault == Fault::none);
    }
}

Result<BackupReport, std::string> back_up_to(const std::string& journal,
                                             const std::string& backup) {
    const auto reader = Reader::open(journal);
    REQUIRE(reader.ok());
    return back_up(*reader.value(), backup);
}

std::vector<std::string> payloads(const std::string& backup) {
    std::vector<std::string> all;
    const auto segments = segments_of(backup);
    REQUIRE(segments.ok());
    Chain chain;
    const auto done = walk_segments(segments.value(), chain, [&](const Frame& frame) {
        if (frame.kind == Frame::Kind::transition) all.push_back(frame.payload);
        return Done<std::string>{};
    });
    REQUIRE(done.ok());
    return all;
}

}  // namespace

TEST_CASE("a backup beside a writer holds a whole prefix, and the next one what came since") {
    const TempDirectory directory;
    const std::string backup = directory.outside() + "/backup";
    auto store = Store::open(directory.path());
    REQUIRE(store.ok());
    History history;
    append_some(*store.value(), history, 10);
    std::atomic<bool> enough{false};
    std::atomic<int> written{0};
    std::thread writer{[&] {
        while (!enough) {
            Append append = history.next("user/busy");
            static_cast<void>(append_and_wait(*store.value(), std::move(append)));
            ++written;
        }
    }};
    Position last = 0;
    for (int run = 0; run < 5; ++run) {
        // One write that the last backup holds may be counted only now: wait for one more than 20.
        const int before = written;
        while (written < before + 21) std::this_thread::yield();
        const auto report = back_up_to(directory.path(), backup);
        CAPTURE(run);
        if (!report.ok()) MESSAGE(report.error());
        REQUIRE(report.ok());
        CHECK(report.value().first == last + 1);
        CHECK(report.value().last >= last + 20);
        CHECK(report.value().segments == static_cast<std::uint64_t>(run) + 1);
        last = report.value().last;
        CHECK(report.value().transitions == last);
    }
    enough = true;
    writer.join();
    const auto kept = payloads(backup);
    REQUIRE(kept.size() == last);
    for (Position position = 1; position <= last; ++position)
        REQUIRE(store.value()->read_all(position, 1).value()[0].payload == kept[position - 1]);
    CHECK_FALSE(std::filesystem::exists(backup + "/000006.partyline.partial"));
}

TEST_CASE("a backup without news adds nothing; sound is news, once") {
    const TempDirectory directory;
    const std::string backup = directory.outside() + "/backup";
    {
        auto store = Store::open(directory.path());
        History history;
        append_some(*store.value(), history, 5);
    }
    CHECK(back_up_to(directory.path(), backup).value().last == 5);
    CHECK(back_up_to(directory.path(), backup).value().segment.empty());
    {
        auto store = Store::open(directory.path());
        std::string records;
        append_audio_record(records, {3, "packets"});
        REQUIRE(store.value()->put_audio({"conference/1", 2, 2, 3}, records).ok());
    }
    const auto sound = back_up_to(directory.path(), backup);
    REQUIRE(sound.ok());
    CHECK(sound.value().sounds == 1);
    CHECK(back_up_to(directory.path(), backup).value().segment.empty());
}

TEST_CASE("a backup wants a folder of its own, and leaves a folder's mode as it is") {
    namespace fs = std::filesystem;
    const TempDirectory directory;
    {
        auto store = Store::open(directory.path());
        History history;
        append_some(*store.value(), history, 5);
    }
    const fs::path theirs = directory.outside() + "/theirs", empty = directory.outside() + "/empty";
    const auto mode = fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec;
    for (const fs::path& folder : {theirs, empty}) {
        fs::create_directories(folder);
        fs::permissions(folder, mode);
    }
    std::ofstream{theirs / "passwd"} << "root";
    const auto refused = back_up_to(directory.path(), theirs.string());
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().find("has other files (passwd) and no backup") != std::string::npos);
    CHECK_FALSE(fs::exists(theirs / "000001.partyline"));
    std::ofstream{empty / "000001.partyline.partial"} << "broken off";
    CHECK(back_up_to(directory.path(), empty.string()).ok());
    for (const fs::path& folder : {theirs, empty})
        CHECK((fs::status(folder).permissions() & fs::perms::all) == mode);
    CHECK_FALSE(back_up_to(directory.path(), directory.path()).ok());
}

TEST_CASE("a damaged, an incomplete and a foreign backup are refused") {
    const TempDirectory directory;
    const std::string backup = directory.outside() + "/backup";
    History history;
    for (int run = 0; run < 3; ++run) {
        auto store = Store::open(directory.path());
        history.start_epoch(store.value()->epoch());
        append_some(*store.value(), history, 5);
        store.value()->close();
        REQUIRE(back_up_to(directory.path(), backup).ok());
    }
    SUBCASE("a flipped bit") {
        std::fstream file{backup + "/000002.partyline",
                          std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(-40, std::ios::end);
        file.put('!');
        file.close();
        const auto again = back_up_to(directory.path(), backup);
        REQUIRE_FALSE(again.ok());
        CHECK(again.error().find("000002.partyline: offset ") != std::string::npos);
    }
    SUBCASE("a segment is missing") {
        std::filesystem::remove(backup + "/000002.partyline");
        CHECK(segments_of(backup).error().find("000002.partyline: this segment is missing") !=
              std::string::npos);
    }
    SUBCASE("the last segment is missing: what is left is a backup, and is added to") {
        std::filesystem::remove(backup + "/000003.partyline");
        CHECK(back_up_to(directory.path(), backup).value().first == 11);
    }
    SUBCASE("another journal") {
        const TempDirectory other;
        {
            auto store = Store::open(other.path());
            History stranger{7};
            append_some(*store.value(), stranger, 30);
        }
        CHECK(back_up_to(other.path(), backup).error().find("the backup of another journal") !=
              std::string::npos);
    }
    CHECK_FALSE(segments_of(directory.outside() + "/nothing").ok());
}

TEST_CASE("a journal made in bulk is one that every check likes") {
    const TempDirectory directory;
    History history{3};
    {
        auto bulk = Bulk::create(directory.path());
        REQUIRE(bulk.ok());
        for (int i = 0; i < 1000; ++i) {
            const std::string stream = "user/" + std::to_string(i % 7);
            REQUIRE(bulk.value()->add(history.next(stream).payload).ok());
        }
        CHECK_FALSE(bulk.value()->add("rubbish").ok());
        REQUIRE(bulk.value()->set_agenda("user/1", {.wake_at = {42}}).ok());
        CHECK(bulk.value()->reader().value()->last_position() == 1000);
        REQUIRE(bulk.value()->finish(900).ok());
    }
    const auto reader = Reader::open(directory.path());
    REQUIRE(reader.ok());
    CHECK(check(*reader.value()).ok());
    CHECK(reader.value()->last_position() == 1000);
    CHECK(reader.value()->released() == 900);
    CHECK(reader.value()->epoch() == 3);
    CHECK(reader.value()->agenda().size() == 1);
    auto store = Store::open(directory.path());
    REQUIRE(store.ok());
    CHECK(store.value()->epoch() == 4);
    history.start_epoch(4);
    CHECK(append_and_wait(*store.value(), history.next("user/0")).fault == Fault::none);
}

TEST_CASE("bulk leaves nothing behind when it is not finished, and takes no place that is taken") {
    const TempDirectory directory;
    {
        auto bulk = Bulk::create(directory.path());
        REQUIRE(bulk.ok());
        CHECK(Bulk::create(directory.path()).error().find("Remove it and try again") !=
              std::string::npos);
    }
    CHECK(std::filesystem::is_empty(directory.outside()));
    std::filesystem::create_directory(directory.path());
    CHECK(why_not_fresh(directory.path()).empty());
    std::ofstream{directory.path() + "/a file"} << "x";
    CHECK(Bulk::create(directory.path()).error().find("is not empty") != std::string::npos);
}
