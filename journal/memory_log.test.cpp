#include "journal/memory_log.hpp"

#include <doctest.h>

#include "base/hash.hpp"

using journal::Append;
using journal::Appended;
using journal::Durability;
using journal::Fault;
using journal::MemoryLog;

namespace {

Append append_of(std::string stream, std::uint64_t sequence, std::vector<Appended>* answers,
                 Durability durability = Durability::sync) {
    const std::string payload = stream + "#" + std::to_string(sequence);
    return {.stream = std::move(stream),
            .sequence = sequence,
            .payload = payload,
            .durability = durability,
            .done = [answers](const Appended& answer) { answers->push_back(answer); }};
}

}  // namespace

TEST_CASE("appends complete in order when the owner says so") {
    MemoryLog log{{.complete_at_once = false}};
    std::vector<Appended> answers;
    log.append(append_of("user/a", 1, &answers));
    log.append(append_of("user/b", 1, &answers));
    log.append(append_of("user/a", 2, &answers));
    CHECK(answers.empty());
    CHECK(log.last_position() == 0);
    CHECK(log.complete_one());
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].position == 1);
    log.complete_all();
    REQUIRE(answers.size() == 3);
    CHECK(answers[2].position == 3);
    CHECK_FALSE(log.complete_one());
    CHECK(log.read_stream("user/a", 2, 9).value().at(0).payload == "user/a#2");
    CHECK(log.read_all(2, 1).value().at(0).payload == "user/b#1");
    CHECK(log.head("user/a").value().sequence == 2);
    CHECK(log.head("user/a").value().hash == base::blake2b("user/a#2"));
    CHECK(log.head("user/c").value().sequence == 0);
}

TEST_CASE("a completion may append again") {
    MemoryLog log;
    std::vector<Appended> answers;
    Append first = append_of("user/a", 1, &answers);
    first.done = [&](const Appended& answer) {
        answers.push_back(answer);
        log.append(append_of("user/a", 2, &answers));
        CHECK(answers.size() == 1);  // completions never nest
    };
    log.append(std::move(first));
    CHECK(answers.size() == 2);
}

TEST_CASE("a sequence out of order is refused until the failed one is repeated") {
    MemoryLog log;
    std::vector<Appended> answers;
    log.fail_append(2, Fault::disk_full);
    for (const std::uint64_t sequence : {1, 2, 3, 2, 3}) {
        log.append(append_of("user/a", sequence, &answers));
    }
    REQUIRE(answers.size() == 5);
    CHECK(answers[0].fault == Fault::none);
    CHECK(answers[1].fault == Fault::disk_full);
    CHECK(answers[2].fault == Fault::wrong_expected_sequence);
    CHECK(answers[3].fault == Fault::none);
    CHECK(answers[4].fault == Fault::none);
    CHECK(answers[4].position == 3);
}

TEST_CASE("a crash takes unsynced transitions and leaves synced ones") {
    MemoryLog log;
    std::vector<Appended> answers;
    log.append(append_of("user/a", 1, &answers, Durability::relaxed));
    log.append(append_of("user/b", 1, &answers));
    log.append(append_of("user/b", 2, &answers, Durability::relaxed));
    log.append(append_of("user/a", 2, &answers, Durability::relaxed));
    log.put_snapshot("user/b", {2, "snapshot"});
    log.mark_released(4);
    CHECK(log.unsynced_count() == 2);
    const auto kept_one = log.crash(1);
    CHECK(kept_one->last_position() == 3);
    CHECK(kept_one->snapshot("user/b")->payload == "snapshot");
    const auto kept_none = log.crash();
    CHECK(kept_none->last_position() == 2);
    CHECK(kept_none->head("user/a").value().sequence == 1);
    CHECK_FALSE(kept_none->snapshot("user/b").has_value());
    CHECK(kept_none->released() == 2);
    CHECK(kept_none->epoch() == 2);
    log.append(append_of("user/a", 3, &answers));
    CHECK(answers.back().fault == Fault::fenced);
}

TEST_CASE("a crash may keep what nobody was told of") {
    MemoryLog log{{.complete_at_once = false}};
    std::vector<Appended> answers;
    log.append(append_of("user/a", 1, &answers));
    log.append(append_of("user/a", 2, &answers));
    CHECK(log.unsynced_count() == 2);
    const auto next = log.crash(1);
    CHECK(next->last_position() == 1);
    log.complete_all();
    CHECK(answers.empty());
}

TEST_CASE("the agenda follows the last append that set it") {
    MemoryLog log;
    std::vector<Appended> answers;
    Append first = append_of("call_leg/1", 1, &answers);
    first.agenda = journal::Agenda{.wake_at = {5}, .on_restart = true};
    log.append(std::move(first));
    log.append(append_of("call_leg/1", 2, &answers));
    REQUIRE(log.agenda().size() == 1);
    CHECK(log.agenda()[0].agenda.wake_at == Instant{5});
    CHECK(log.crash()->agenda().size() == 1);
    MemoryLog other;
    Append set = append_of("call_leg/1", 1, &answers);
    set.agenda = journal::Agenda{.wake_at = {5}};
    other.append(std::move(set));
    Append clear = append_of("call_leg/1", 2, &answers);
    clear.agenda = journal::Agenda{};
    other.append(std::move(clear));
    CHECK(other.agenda().empty());
}

TEST_CASE("streams are listed by prefix in byte order, page by page") {
    MemoryLog log;
    std::vector<Appended> answers;
    for (const char* name : {"user/b", "user/a", "conference/1", "user/c", "users/x"}) {
        log.append(append_of(name, 1, &answers));
    }
    using Names = std::vector<std::string>;
    CHECK(log.list_streams("user/", "", 2).value() == Names{"user/a", "user/b"});
    CHECK(log.list_streams("user/", "user/b", 2).value() == Names{"user/c"});
    CHECK(log.list_streams("", "", 9).value().size() == 5);
    CHECK(log.list_streams("guard/", "", 9).value().empty());
}

TEST_CASE("after io nothing is taken any more") {
    MemoryLog log;
    std::vector<Appended> answers;
    log.fail_append(1, Fault::io);
    log.append(append_of("user/a", 1, &answers));
    log.append(append_of("user/a", 1, &answers));
    CHECK(answers[0].fault == Fault::io);
    CHECK(answers[1].fault == Fault::io);
}
