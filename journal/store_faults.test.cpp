// Disks that fail, fill up and tear. What was acknowledged must be there.
#include <doctest.h>
#include <fstream>
#include <thread>

#include "base/prng.hpp"
#include "journal/check.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"
#include "journal/testing_disk.hpp"

using namespace journal;
using namespace journal::testing;

namespace {

// A start, some appends one after the other, a stop; returns what was acknowledged.
Acknowledged work_on(const std::string& path, const std::shared_ptr<Plan>& plan, int& fatal) {
    Acknowledged acknowledged;
    StoreOptions options;
    options.file_system = std::make_shared<FaultyDisk>(plan);
    options.on_fatal = [&](Fault, const std::string&) { ++fatal; };
    options.relaxed_sync_after = milliseconds(1);
    options.reserve_bytes = 0;
    auto opened = Store::open(path, std::move(options));
    if (!opened.ok()) return acknowledged;
    Store& store = *opened.value();
    History history{store.epoch()};
    for (int i = 0; i < 12; ++i) {
        const std::string stream = "user/" + std::to_string(i % 2);
        const Append append =
            history.next(stream, "x", i % 3 == 0 ? Durability::relaxed : Durability::sync);
        Appended answer = append_and_wait(store, Append{append});
        for (int retry = 0; answer.fault == Fault::disk_full && retry < 100; ++retry) {
            answer = append_and_wait(store, Append{append});
        }
        if (answer.fault != Fault::none) {
            CHECK((answer.fault == Fault::io || answer.fault == Fault::disk_full));
            CHECK_FALSE((answer.fault == Fault::io && store.read_all(1, 9).ok()));
            break;
        }
        acknowledged[stream] = append.sequence;
        if (i == 6) store.put_snapshot(stream, {append.sequence, "a cache"});
    }
    return acknowledged;
}

void fail_every_operation(Trouble trouble, bool stays) {
    int runs_without_hit = 0;
    for (int n = 1; runs_without_hit == 0; ++n) {
        CAPTURE(n);
        REQUIRE(n < 500);
        const TempDirectory directory;
        const auto plan = std::make_shared<Plan>();
        plan->countdown = n;
        plan->stays = stays;
        plan->trouble = trouble;
        int fatal = 0;
        const Acknowledged acknowledged = work_on(directory.path(), plan, fatal);
        CHECK(fatal <= 1);
        if (plan->hits == 0) {
            ++runs_without_hit;
            CHECK(acknowledged.at("user/1") == 6);
        }
        REQUIRE(lost_of(directory.path(), acknowledged) == "");
    }
}

// Appends once a moment until one succeeds; the number of tries is bounded.
Appended append_until_taken(Store& store, const Append& append) {
    for (int i = 0; i < 100; ++i) {
        const Appended answer = append_and_wait(store, Append{append});
        if (answer.fault != Fault::disk_full) return answer;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return {Fault::disk_full, 0};
}

std::filesystem::path newest_log_of(const std::string& path) {
    std::filesystem::path newest;
    for (const auto& entry : std::filesystem::directory_iterator{path}) {
        if (entry.path().extension() == ".log" && entry.file_size() > 0 && entry.path() > newest) {
            newest = entry.path();
        }
    }
    return newest;
}

// What a disk has when the power goes: the files as they are, without a clean close.
void make_crash_copy(const std::string& path, const std::string& copy, Acknowledged& acknowledged,
                     int appends) {
    auto store = Store::open(path);
    REQUIRE(store.ok());
    History history;
    for (int i = 0; i < appends; ++i) {
        const std::string stream = "user/" + std::to_string(i % 3);
        const Append append = history.next(stream, "number " + std::to_string(i));
        REQUIRE(append_and_wait(*store.value(), Append{append}).fault == Fault::none);
        acknowledged[stream] = append.sequence;
    }
    std::filesystem::copy(path, copy, std::filesystem::copy_options::recursive);
}

}  // namespace

TEST_CASE("whichever write or sync fails, what was acknowledged is there after the next start") {
    fail_every_operation(Trouble::error, false);
}

TEST_CASE("whenever the disk dies for good, what was acknowledged is there after the next start") {
    fail_every_operation(Trouble::error, true);
}

TEST_CASE("whichever write finds the disk full, the journal goes on by itself") {
    fail_every_operation(Trouble::no_space, false);
}

TEST_CASE("a full disk stops acknowledging, says so, and goes on when space returns") {
    const SmallDisk disk{32};
    if (!disk.mounted()) {
        MESSAGE("skipped: this user may not mount a small disk");
        return;
    }
    std::mutex mutex;
    std::vector<std::string> notices;
    StoreOptions options;
    options.on_notice = [&](const std::string& sentence) {
        const std::scoped_lock lock{mutex};
        notices.push_back(sentence);
    };
    Acknowledged acknowledged;
    {
        auto store = Store::open(disk.path(), std::move(options));
        REQUIRE(store.ok());
        History history;
        for (int round = 0; round < 3; ++round) {
            CHECK(append_until_taken(*store.value(), history.next("user/a")).fault == Fault::none);
            disk.fill();
            const Append append = history.next("user/a", std::string(1000, 'm'));
            CHECK(append_and_wait(*store.value(), Append{append}).fault == Fault::disk_full);
            CHECK(append_and_wait(*store.value(), Append{append}).fault == Fault::disk_full);
            CHECK(store.value()->disk_is_full());
            CHECK(store.value()->read_stream("user/a", 1, 99).ok());  // reading goes on
            disk.free();
            CHECK(append_until_taken(*store.value(), append).fault == Fault::none);
            acknowledged["user/a"] = append.sequence;
        }
    }
    REQUIRE(lost_of(disk.path(), acknowledged) == "");
    REQUIRE(notices.size() == 6);
    CHECK(notices[0].find("the disk is full") != std::string::npos);
    CHECK(notices[1].find("room again") != std::string::npos);
}

TEST_CASE("a journal on a disk that others fill at any moment never loses and never crashes") {
    const SmallDisk disk{24};
    if (!disk.mounted()) {
        MESSAGE("skipped: this user may not mount a small disk");
        return;
    }
    Acknowledged acknowledged;
    for (int round = 0; round < 4; ++round) {
        StoreOptions options;
        options.free_bytes_min =
            0;  // nothing is foreseen: every shortage is found by a failing write
        options.reserve_bytes = 0;
        auto store = Store::open(disk.path(), std::move(options));
        if (!store.ok()) MESSAGE(store.error().sentence);
        REQUIRE(store.ok());
        History history{store.value()->epoch()};
        history.follow("user/a", store.value()->head("user/a").value());
        disk.fill();
        Answers answers;
        for (int i = 0; i < 40; ++i) {
            Append append = history.next("user/a", base::random_bytes(100'000));
            append.done = answers.take();
            store.value()->append(std::move(append));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        if (round % 2 == 0) disk.free();
        store.value()->close();
        for (const Appended& answer : answers.wait_for(40)) {
            if (answer.fault == Fault::none) ++acknowledged["user/a"];
            CHECK(answer.fault != Fault::io);
        }
        store.value().reset();
        disk.free();
        REQUIRE(lost_of(disk.path(), acknowledged) == "");
        auto again = Store::open(disk.path());
        REQUIRE(again.ok());
        // Nothing of what was reported as not written has come back.
        CHECK(again.value()->head("user/a").value().sequence == acknowledged["user/a"]);
        CHECK(append_and_wait(*again.value(),
                              History{again.value()->epoch()}.next("user/" + std::to_string(round)))
                  .fault == Fault::none);
    }
}

TEST_CASE("a write that runs into a full disk waits for space and then is whole") {
    const TempDirectory directory;
    const auto plan = std::make_shared<Plan>();
    StoreOptions options;
    options.file_system = std::make_shared<FaultyDisk>(plan);
    {
        auto store = Store::open(directory.path(), std::move(options));
        REQUIRE(store.ok());
        plan->full = true;
        History history;
        Answers answers;
        Append append = history.next("user/a");
        append.done = answers.take();
        store.value()->append(std::move(append));
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        CHECK(answers.now().empty());
        CHECK(store.value()->disk_is_full());
        plan->full = false;
        CHECK(answers.wait_for(1).front().position == 1);
        CHECK_FALSE(store.value()->disk_is_full());
    }
    REQUIRE(lost_of(directory.path(), {{"user/a", 1}}) == "");
}

TEST_CASE("closing while a write waits for space does not hang, and its answer is disk_full") {
    const TempDirectory directory;
    const auto plan = std::make_shared<Plan>();
    StoreOptions options;
    options.file_system = std::make_shared<FaultyDisk>(plan);
    Answers answers;
    {
        auto store = Store::open(directory.path(), std::move(options));
        REQUIRE(store.ok());
        History history;
        CHECK(append_and_wait(*store.value(), history.next("user/a")).fault == Fault::none);
        plan->full = true;
        for (int i = 0; i < 3; ++i) {
            Append append = history.next("user/a");
            append.done = answers.take();
            store.value()->append(std::move(append));
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    for (const Appended& answer : answers.wait_for(3)) CHECK(answer.fault == Fault::disk_full);
    auto store = Store::open(directory.path());
    REQUIRE(store.ok());
    CHECK(store.value()->head("user/a").value().sequence == 1);  // nothing came back
    CHECK(check(store.value()->reader()).ok());
}

TEST_CASE("a torn tail is cut wherever it tears, and all before it is there") {
    const TempDirectory directory;
    Acknowledged ignored;
    const std::string copy = directory.outside() + "/copy";
    make_crash_copy(directory.path(), copy, ignored, 12);
    const auto log_bytes = std::filesystem::file_size(newest_log_of(copy));
    Prng prng{7};
    for (int i = 0; i < 15; ++i) {
        const std::uint64_t kept = i == 0 ? log_bytes - 1 : prng.below(log_bytes);
        CAPTURE(kept);
        const std::string torn = directory.outside() + "/torn" + std::to_string(i);
        std::filesystem::copy(copy, torn, std::filesystem::copy_options::recursive);
        std::filesystem::resize_file(newest_log_of(torn), kept);
        Position last = 0;
        {
            auto store = Store::open(torn);
            if (!store.ok()) MESSAGE(store.error().sentence);
            REQUIRE(store.ok());
            last = store.value()->last_position();
            CHECK(last <= 12);
            if (i == 0) CHECK(last == 11);
            CHECK(check(store.value()->reader()).ok());
            History history{store.value()->epoch()};
            CHECK(append_and_wait(*store.value(), history.next("user/new")).position == last + 1);
        }
        REQUIRE(lost_of(torn, {{"user/new", 1}}) == "");  // and the cut stays cut
        std::filesystem::remove_all(torn);
    }
}

TEST_CASE(
    "a flipped bit before the tail of the write-ahead log is no torn tail: the start refuses") {
    const TempDirectory directory;
    Acknowledged ignored;
    const std::string copy = directory.outside() + "/copy";
    make_crash_copy(directory.path(), copy, ignored, 12);
    const auto log_bytes = std::filesystem::file_size(newest_log_of(copy));
    std::ifstream file{newest_log_of(copy), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    int refusals = 0;
    for (int number = 0; number < 12; ++number) {
        CAPTURE(number);
        const std::string flawed = directory.outside() + "/flawed" + std::to_string(number);
        std::filesystem::copy(copy, flawed, std::filesystem::copy_options::recursive);
        {
            const std::size_t at = bytes.find("number " + std::to_string(number));
            REQUIRE(at != std::string::npos);
            std::fstream log{newest_log_of(flawed),
                             std::ios::in | std::ios::out | std::ios::binary};
            log.seekp(static_cast<std::streamoff>(at));
            log.put('N');
        }
        const auto store = Store::open(flawed);
        if (store.ok()) {
            // Only the very last batch may look like a tear: nothing after it says that it was
            // whole.
            CHECK(number == 11);
            CHECK(store.value()->last_position() == 11);
        } else {
            ++refusals;
            CHECK(store.error().kind == OpenError::Kind::damaged);
            CHECK(store.error().position == static_cast<Position>(number) + 1);
            const auto reader = Reader::open(flawed);
            CHECK(reader.value()->last_position() == static_cast<Position>(number));
            const CheckReport report = check(*reader.value());
            REQUIRE_FALSE(report.ok());
            CHECK(report.first_damage->position == static_cast<Position>(number) + 1);
            // What docs/journal_format.md says of salvage: the rest opens without the damaged file.
            std::filesystem::remove(newest_log_of(flawed));
            const auto rest = Store::open(flawed);
            REQUIRE(rest.ok());
            CHECK(check(rest.value()->reader()).ok());
        }
    }
    CHECK(refusals == 11);
    CHECK(log_bytes > 0);
}
