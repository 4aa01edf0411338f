#include "journal/browse.hpp"

#include <doctest.h>

#include "journal/database.hpp"
#include "journal/layout.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"

using namespace journal;
using namespace journal::testing;

namespace {

void make_journal(const std::string& path, int transitions) {
    auto store = Store::open(path);
    REQUIRE(store.ok());
    History history;
    Answers answers;
    for (int i = 0; i < transitions; ++i) {
        const bool chat = i % 3 == 0;
        Append append = history.next(chat ? "conversation/1" : "user/" + std::to_string(i % 3));
        append.done = answers.take();
        store.value()->append(std::move(append));
    }
    static_cast<void>(answers.wait_for(static_cast<std::size_t>(transitions)));
}

std::vector<Position> positions_of(const Reader& reader, const CatOptions& options, CatEnd& end) {
    std::vector<Position> positions;
    end = cat(reader, options, [&](const schema::TransitionT&, Position position) {
        positions.push_back(position);
        return true;
    });
    return positions;
}

}  // namespace

TEST_CASE("cat shows all, one stream, or one kind, from where it is told") {
    const TempDirectory directory;
    make_journal(directory.path(), 900);
    const auto reader = Reader::open(directory.path());
    REQUIRE(reader.ok());
    CatEnd end;
    CHECK(positions_of(*reader.value(), {}, end).size() == 900);
    CHECK(end.next_position == 901);
    CHECK(positions_of(*reader.value(), {.from_position = 899}, end) ==
          std::vector<Position>{899, 900});
    CHECK(positions_of(*reader.value(), {.stream = "conversation/1"}, end).size() == 300);
    CHECK(end.next_sequence == 301);
    CHECK(positions_of(*reader.value(), {.stream = "conversation/1", .from_sequence = 299}, end) ==
          std::vector<Position>{895, 898});
    CHECK(positions_of(*reader.value(), {.stream = "user/"}, end).size() == 600);
    CHECK(positions_of(*reader.value(), {.stream = "user/", .count_max = 5}, end).size() == 5);
    CHECK(positions_of(*reader.value(), {.stream = "user/nobody"}, end).empty());
    CHECK(end.fault == Fault::none);
    int shown = 0;
    end =
        cat(*reader.value(), {}, [&](const schema::TransitionT&, Position) { return ++shown < 3; });
    CHECK(shown == 3);
    CHECK(end.next_position == 4);
}

TEST_CASE("stat counts by kind, command and event") {
    const TempDirectory directory;
    make_journal(directory.path(), 900);
    const auto reader = Reader::open(directory.path());
    const StatReport report = stat(*reader.value());
    CHECK(report.fault == Fault::none);
    CHECK(report.transitions == 900);
    CHECK(report.streams == 3);
    CHECK(report.by_kind.at("user").transitions == 600);
    CHECK(report.streams_by_kind.at("user") == 2);
    CHECK(report.by_command.at("SendMessage").transitions == 900);
    CHECK(report.by_event.at("MessageSent") == 900);
    CHECK(report.payload_bytes > 900 * 100);
    CHECK(report.disk_bytes > 10'000);
    CHECK(report.first < report.last);
    CHECK(report.epoch == 1);
}

TEST_CASE("cat and stat show what stands before a damaged record, then say so") {
    const TempDirectory directory;
    make_journal(directory.path(), 30);
    {
        Database database;
        database.path = directory.path();
        REQUIRE(open_database(database, Recovery::exact, false, nullptr).ok());
        REQUIRE(
            database.db->Put({}, database.family(Family::log), position_key(20), "damaged record")
                .ok());
    }
    const auto reader = Reader::open(directory.path());
    CatEnd end;
    CHECK(positions_of(*reader.value(), {}, end).size() == 19);
    CHECK(end.fault == Fault::corrupt);
    CHECK(end.next_position == 20);
    CHECK(stat(*reader.value()).transitions == 19);
    CHECK(stat(*reader.value()).fault == Fault::corrupt);
}
