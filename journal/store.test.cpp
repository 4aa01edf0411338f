#include "journal/store.hpp"

#include <doctest.h>

#include <fstream>
#include <thread>

#include "journal/check.hpp"
#include "journal/mark.hpp"
#include "journal/testing.hpp"

using namespace journal;
using namespace journal::testing;

namespace {

std::unique_ptr<Store> open_store(const std::string& path, StoreOptions options = {}) {
    auto opened = Store::open(path, std::move(options));
    if (!opened.ok()) MESSAGE(opened.error().sentence);
    REQUIRE(opened.ok());
    return std::move(opened).value();
}

OpenError refused(const std::string& path, StoreOptions options = {}) {
    auto opened = Store::open(path, std::move(options));
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().sentence.find(path) != std::string::npos);
    return opened.error();
}

}  // namespace

TEST_CASE("what was appended is there after closing and opening again") {
    const TempDirectory directory;
    History history;
    {
        const auto store = open_store(directory.path());
        CHECK(store->epoch() == 1);
        CHECK(store->last_position() == 0);
        CHECK(append_and_wait(*store, history.next("conversation/1", "one")).position == 1);
        CHECK(append_and_wait(*store, history.next("user/bob")).position == 2);
        CHECK(append_and_wait(*store, history.next("conversation/1", "two")).position == 3);
    }
    const auto store = open_store(directory.path());
    CHECK(store->epoch() == 2);
    CHECK(store->last_position() == 3);
    const auto records = store->read_stream("conversation/1", 1, 99).value();
    REQUIRE(records.size() == 2);
    CHECK(records[0].position == 1);
    CHECK(records[1].position == 3);
    CHECK(decode_transition(records[1].payload).value().events[0].AsMessageSent()->text == "two");
    CHECK(store->read_stream("conversation/1", 2, 99).value().size() == 1);
    CHECK(store->read_stream("conversation/1", 1, 1).value().size() == 1);
    CHECK(store->read_stream("conversation/2", 1, 99).value().empty());
    CHECK(store->read_all(2, 99).value().size() == 2);
    CHECK(store->read_all(4, 99).value().empty());
    CHECK(store->head("conversation/1").value().hash == history.head("conversation/1").hash);
    CHECK(store->head("conversation/").value().sequence == 0);
    CHECK(check(store->reader()).ok());
}

TEST_CASE("ten thousand appends of a hundred streams complete in order, in few batches") {
    const TempDirectory directory;
    const auto store = open_store(directory.path());
    History history;
    Answers answers;
    for (int i = 0; i < 10'000; ++i) {
        Append append = history.next("user/" + std::to_string(i % 100));
        append.done = answers.take();
        store->append(std::move(append));
    }
    const auto all = answers.wait_for(10'000);
    for (std::size_t i = 0; i < all.size(); ++i) {
        REQUIRE(all[i].fault == Fault::none);
        REQUIRE(all[i].position == i + 1);
    }
    const CheckReport report = check(store->reader());
    CHECK(report.ok());
    CHECK(report.transitions == 10'000);
    CHECK(report.streams == 100);
}

TEST_CASE("many threads append at once and each stream keeps its order") {
    const TempDirectory directory;
    const auto store = open_store(directory.path());
    constexpr int threads_count = 8;
    constexpr int appends_each = 500;
    std::vector<std::thread> threads;
    std::atomic<int> failures{0};
    for (int t = 0; t < threads_count; ++t) {
        threads.emplace_back([&, t] {
            History history;
            Answers answers;
            Position before = 0;
            for (int i = 0; i < appends_each; ++i) {
                Append append = history.next("user/t" + std::to_string(t));
                append.done = answers.take();
                store->append(std::move(append));
            }
            for (const Appended& answer : answers.wait_for(appends_each)) {
                if (answer.fault != Fault::none || answer.position <= before) ++failures;
                before = answer.position;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failures == 0);
    CHECK(store->last_position() == threads_count * appends_each);
    CHECK(check(store->reader()).ok());
}

TEST_CASE("a sequence that is not the next one is refused, warm and cold") {
    const TempDirectory directory;
    History history;
    const auto store = open_store(directory.path());
    Append first = history.next("user/a");
    const Append again = first;
    CHECK(append_and_wait(*store, std::move(first)).fault == Fault::none);
    CHECK(append_and_wait(*store, Append{again}).fault == Fault::wrong_expected_sequence);
    store->forget("user/a");
    CHECK(append_and_wait(*store, Append{again}).fault == Fault::wrong_expected_sequence);
    static_cast<void>(history.next("user/a"));  // sequence 2 never comes
    CHECK(append_and_wait(*store, history.next("user/a")).fault == Fault::wrong_expected_sequence);
    Append zero = again;
    zero.sequence = 0;
    CHECK(append_and_wait(*store, std::move(zero)).fault == Fault::wrong_expected_sequence);
    CHECK(store->last_position() == 1);
}

TEST_CASE("a full queue refuses with overloaded, in turn, and drops nothing it took") {
    const TempDirectory directory;
    StoreOptions options;
    options.queue_bytes_max = 4096;
    const auto store = open_store(directory.path(), std::move(options));
    History history;
    Answers answers;
    for (int i = 0; i < 200; ++i) {
        Append append = history.next("user/" + std::to_string(i));
        append.done = answers.take();
        store->append(std::move(append));
    }
    std::size_t taken = 0;
    std::size_t refused_count = 0;
    for (const Appended& answer : answers.wait_for(200)) {
        if (answer.fault == Fault::none) {
            CHECK(answer.position == ++taken);
        } else {
            CHECK(answer.fault == Fault::overloaded);
            ++refused_count;
        }
    }
    CHECK(taken > 0);
    CHECK(refused_count > 0);
    CHECK(store->last_position() == taken);
}

TEST_CASE("agenda, snapshots and the released mark survive a restart") {
    const TempDirectory directory;
    History history;
    {
        const auto store = open_store(directory.path());
        Append leg = history.next("call_leg/1");
        leg.agenda = Agenda{.wake_at = {42}, .on_restart = true};
        CHECK(append_and_wait(*store, std::move(leg)).fault == Fault::none);
        Append done = history.next("call_leg/2");
        done.agenda = Agenda{.wake_at = {7}};
        CHECK(append_and_wait(*store, std::move(done)).fault == Fault::none);
        store->put_snapshot("call_leg/1", {1, "state"});
        store->put_snapshot("call_leg/2", {9, "ahead of its log"});
        store->mark_released(2);
        store->mark_released(1);
        Append cleared = history.next("call_leg/2");
        cleared.agenda = Agenda{};
        CHECK(append_and_wait(*store, std::move(cleared)).fault == Fault::none);
        CHECK(store->released() == 2);
    }
    const auto store = open_store(directory.path());
    REQUIRE(store->agenda().size() == 1);
    CHECK(store->agenda()[0].stream == "call_leg/1");
    CHECK(store->agenda()[0].agenda == Agenda{.wake_at = {42}, .on_restart = true});
    CHECK(store->snapshot("call_leg/1")->payload == "state");
    CHECK_FALSE(store->snapshot("call_leg/2").has_value());
    CHECK(store->released() == 2);
}

TEST_CASE("streams are listed from the index") {
    const TempDirectory directory;
    const auto store = open_store(directory.path());
    History history;
    for (const char* name : {"user/b", "user/a", "conference/1", "user/c", "users/x", "user/a!"}) {
        for (int i = 0; i < 3; ++i) {
            CHECK(append_and_wait(*store, history.next(name)).fault == Fault::none);
        }
    }
    using Names = std::vector<std::string>;
    CHECK(store->list_streams("user/", "", 2).value() == Names{"user/a", "user/a!"});
    CHECK(store->list_streams("user/", "user/a!", 9).value() == Names{"user/b", "user/c"});
    CHECK(store->list_streams("", "", 99).value().size() == 6);
    CHECK(store->list_streams("guard/", "", 9).value().empty());
}

TEST_CASE("relaxed appends complete without a sync and are synced soon after") {
    const TempDirectory directory;
    StoreOptions options;
    options.relaxed_sync_after = milliseconds(50);
    const auto store = open_store(directory.path(), std::move(options));
    History history;
    CHECK(append_and_wait(*store, history.next("user/a", "x", Durability::relaxed)).position == 1);
    CHECK(append_and_wait(*store, history.next("user/a", "y", Durability::sync)).position == 2);
    CHECK(store->read_stream("user/a", 1, 9).value().size() == 2);
    CHECK(check(store->reader()).ok());
}

TEST_CASE("a newer writer fences an older one, which then says so once") {
    const TempDirectory directory;
    std::vector<Fault> fatal;
    StoreOptions options;
    options.on_fatal = [&](Fault fault, const std::string&) { fatal.push_back(fault); };
    const auto store = open_store(directory.path(), std::move(options));
    History history;
    CHECK(append_and_wait(*store, history.next("user/a")).fault == Fault::none);
    // What a second server does that came past the lock (somebody deleted LOCK).
    REQUIRE(write_mark(directory.path(), {1, 2}).ok());
    CHECK(append_and_wait(*store, history.next("user/a")).fault == Fault::fenced);
    CHECK(append_and_wait(*store, history.next("user/b")).fault == Fault::fenced);
    CHECK(fatal == std::vector<Fault>{Fault::fenced});
}

TEST_CASE("appends after closing are answered with closed") {
    const TempDirectory directory;
    const auto store = open_store(directory.path());
    History history;
    Answers answers;
    for (int i = 0; i < 100; ++i) {
        Append append = history.next("user/a");
        append.done = answers.take();
        store->append(std::move(append));
    }
    store->close();
    CHECK(answers.now().size() == 100);  // what was handed over before is written
    CHECK(answers.now().back().position == 100);
    CHECK(append_and_wait(*store, history.next("user/a")).fault == Fault::closed);
}

TEST_CASE("a journal that cannot be opened says why, with its path") {
    const TempDirectory directory;
    using Kind = OpenError::Kind;
    {
        const auto store = open_store(directory.path());
        const OpenError error = refused(directory.path());
        CHECK(error.kind == Kind::in_use);
        CHECK(error.sentence.find("another partyline") != std::string::npos);
    }
    StoreOptions no_create;
    no_create.create_if_missing = false;
    CHECK(refused(directory.outside() + "/nowhere", no_create).kind == Kind::not_a_journal);
    const std::string file = directory.outside() + "/file";
    std::ofstream{file} << "text";
    CHECK(refused(file).kind == Kind::not_a_journal);
    CHECK(refused(directory.outside()).kind == Kind::not_a_journal);  // has files, but no journal
    REQUIRE(write_mark(directory.path(), {2, 9}).ok());
    CHECK(refused(directory.path()).kind == Kind::newer_format);
    CHECK(Reader::open(directory.path()).error().kind == Kind::newer_format);
}

TEST_CASE("a lost JOURNAL file does not take the epoch back") {
    const TempDirectory directory;
    { CHECK(open_store(directory.path())->epoch() == 1); }
    { CHECK(open_store(directory.path())->epoch() == 2); }
    std::filesystem::remove(directory.path() + "/JOURNAL");
    CHECK(open_store(directory.path())->epoch() == 3);
    CHECK(read_mark(directory.path()).value() == Mark{1, 3});
}

TEST_CASE("tools read beside a running server, and followers see what comes") {
    const TempDirectory directory;
    const auto store = open_store(directory.path());
    History history;
    CHECK(append_and_wait(*store, history.next("user/a")).fault == Fault::none);
    const auto reader = Reader::open(directory.path());
    const auto follower = Reader::open_follower(directory.path());
    REQUIRE(reader.ok());
    REQUIRE(follower.ok());
    CHECK(reader.value()->last_position() == 1);
    CHECK(check(*reader.value()).ok());
    CHECK(append_and_wait(*store, history.next("user/a")).fault == Fault::none);
    CHECK(reader.value()->last_position() == 1);
    REQUIRE(follower.value()->catch_up().ok());
    CHECK(follower.value()->last_position() == 2);
    CHECK(follower.value()->read_all(2, 9).value().size() == 1);
    CHECK(follower.value()->epoch() == 1);
    CHECK_FALSE(Reader::open(directory.outside() + "/nowhere").ok());
}
