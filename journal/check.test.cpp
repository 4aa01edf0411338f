#include "journal/check.hpp"

#include <doctest.h>

#include <algorithm>
#include <fstream>

#include "journal/database.hpp"
#include "journal/layout.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"

using namespace journal;
using namespace journal::testing;

namespace {

// Too short and random for a compressor to find twice, so that it stands in a file as it is.
std::string text_of(int i) { return base::hex(base::blake2b(std::to_string(i))).substr(0, 16); }

// Thirty transitions of three streams: position p is sequence (p - 1) / 3 + 1 of "user/<(p - 1) %
// 3>".
void make_journal(const std::string& path) {
    auto store = Store::open(path);
    REQUIRE(store.ok());
    History history;
    for (int i = 0; i < 30; ++i) {
        const Append append = history.next("user/" + std::to_string(i % 3), text_of(i));
        REQUIRE(append_and_wait(*store.value(), Append{append}).fault == Fault::none);
    }
}

// Does to the database what no writer of ours would.
void meddle(const std::string& path, const std::function<void(Database&)>& change) {
    Database database;
    database.path = path;
    REQUIRE(open_database(database, Recovery::exact, false, nullptr).ok());
    change(database);
}

std::string record_at(Database& database, Position position) {
    std::string value;
    REQUIRE(
        database.db->Get({}, database.family(Family::log), position_key(position), &value).ok());
    return value;
}

void put_record(Database& database, Position position, const std::string& value) {
    REQUIRE(database.db->Put({}, database.family(Family::log), position_key(position), value).ok());
}

CheckReport check_of(const std::string& path) {
    const auto reader = Reader::open(path);
    REQUIRE(reader.ok());
    return check(*reader.value());
}

Damage damage_of(const std::string& path) {
    const CheckReport report = check_of(path);
    REQUIRE_FALSE(report.ok());
    return *report.first_damage;
}

}  // namespace

TEST_CASE("a whole journal is found whole and counted") {
    const TempDirectory directory;
    make_journal(directory.path());
    const CheckReport report = check_of(directory.path());
    CHECK(report.ok());
    CHECK(report.transitions == 30);
    CHECK(report.streams == 3);
    CHECK(report.last_position == 30);
    CHECK(report.epoch == 1);
    CHECK(report.payload_bytes > 30 * 100);
}

TEST_CASE("every flipped bit of a record is found and named") {
    const TempDirectory directory;
    make_journal(directory.path());
    meddle(directory.path(), [&](Database& database) {
        const std::string good = record_at(database, 8);
        const Reader reader{std::shared_ptr<Database>{&database, [](Database*) {}}};
        for (std::size_t byte = 0; byte < good.size(); ++byte) {
            std::string bad = good;
            bad[byte] = static_cast<char>(bad[byte] ^ (1 << (byte % 8)));
            put_record(database, 8, bad);
            const CheckReport report = check(reader);
            REQUIRE_FALSE(report.ok());
            REQUIRE(report.transitions == 7);
            REQUIRE(report.first_damage->position == 8);
            REQUIRE(report.first_damage->stream == "user/1");
            REQUIRE(report.first_damage->sequence == 3);
        }
    });
    CHECK(damage_of(directory.path()).sentence() ==
          "position 8 (user/1, sequence 3) does not match its checksum");
    const auto opened = Store::open(directory.path());
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == OpenError::Kind::damaged);
    CHECK(opened.error().position == 8);
    CHECK(opened.error().stream == "user/1");
    CHECK(opened.error().sentence.find("positions before 8 are readable") != std::string::npos);
}

TEST_CASE("a removed record is found and named, in the middle, at the start and at the end") {
    for (const Position removed : {15, 1, 30}) {
        CAPTURE(removed);
        const TempDirectory directory;
        make_journal(directory.path());
        meddle(directory.path(), [&](Database& database) {
            REQUIRE(
                database.db->Delete({}, database.family(Family::log), position_key(removed)).ok());
        });
        const Damage damage = damage_of(directory.path());
        CHECK(damage.position == removed);
        CHECK(damage.stream == "user/" + std::to_string((removed - 1) % 3));
        CHECK(damage.sequence == (removed - 1) / 3 + 1);
        if (removed != 30) CHECK_FALSE(Store::open(directory.path()).ok());
    }
}

TEST_CASE("two swapped records do not match their checksums") {
    const TempDirectory directory;
    make_journal(directory.path());
    meddle(directory.path(), [](Database& database) {
        const std::string fourth = record_at(database, 4);
        put_record(database, 4, record_at(database, 5));
        put_record(database, 5, fourth);
    });
    CHECK(damage_of(directory.path()).position == 4);
}

TEST_CASE("a forged record with a right checksum breaks the chain or the index") {
    const TempDirectory directory;
    make_journal(directory.path());
    meddle(directory.path(), [](Database& database) {
        const std::string value = record_at(database, 10);
        const auto payload = parse_record(10, value);
        REQUIRE(payload.ok());
        auto transition = decode_transition(payload.value());
        REQUIRE(transition.ok());
        transition.value().events[0].AsMessageSent()->text = "never said";
        const std::string forged = encode(transition.value());
        const auto header =
            record_header(Durability::sync, 10, begin_checksum(Durability::sync, forged));
        put_record(database, 10, std::string{header.view()} + forged);
    });
    CHECK(damage_of(directory.path()).what == "has another hash than the index of streams says");
    meddle(directory.path(), [](Database& database) {
        const std::string record = record_at(database, 10);
        const StreamValueBytes value =
            encode_stream_value({10, hash_of(parse_record(10, record).value())});
        REQUIRE(database.db
                    ->Put({}, database.family(Family::streams), stream_key("user/0", 4),
                          slice(value.view()))
                    .ok());
    });
    const Damage damage = damage_of(directory.path());
    CHECK(damage.position == 13);
    CHECK(damage.what == "does not carry the hash of the transition before it in its stream");
}

TEST_CASE("an index entry without its record, and one too many, are found") {
    const TempDirectory directory;
    make_journal(directory.path());
    meddle(directory.path(), [](Database& database) {
        const StreamValueBytes value = encode_stream_value({31, {}});
        REQUIRE(database.db
                    ->Put({}, database.family(Family::streams), stream_key("user/0", 11),
                          slice(value.view()))
                    .ok());
    });
    CHECK(damage_of(directory.path()).what == "is in the index of streams, but not in the log");
    meddle(directory.path(), [](Database& database) {
        REQUIRE(database.db->Delete({}, database.family(Family::streams), stream_key("user/0", 11))
                    .ok());
        REQUIRE(database.db->Delete({}, database.family(Family::streams), stream_key("user/0", 2))
                    .ok());
    });
    CHECK(damage_of(directory.path()).what == "is not in the index of streams");
    CHECK(damage_of(directory.path()).position == 4);
}

TEST_CASE("a flipped bit in a table file on disk is found, and the record there is named") {
    const TempDirectory directory;
    make_journal(directory.path());  // closing flushed it to table files
    std::size_t flipped = 0;
    for (const auto& entry : std::filesystem::directory_iterator{directory.path()}) {
        if (entry.path().extension() != ".sst") continue;
        std::fstream file{entry.path(), std::ios::in | std::ios::out | std::ios::binary};
        std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        std::size_t at = std::string::npos;
        for (int i = 0; i < 30 && at == std::string::npos; ++i) at = bytes.find(text_of(i));
        if (at == std::string::npos) continue;
        file.clear();
        file.seekp(static_cast<std::streamoff>(at));
        file.put('X');
        ++flipped;
    }
    REQUIRE(flipped == 1);
    const Damage damage = damage_of(directory.path());
    CHECK(damage.position > 0);
    CHECK_FALSE(damage.stream.empty());
    const auto opened = Store::open(directory.path());
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == OpenError::Kind::damaged);
}

TEST_CASE("an epoch that goes back is found") {
    const TempDirectory directory;
    { REQUIRE(Store::open(directory.path()).ok()); }
    {
        auto store = Store::open(directory.path());
        REQUIRE(store.value()->epoch() == 2);
        History history{2};
        CHECK(append_and_wait(*store.value(), history.next("user/a")).fault == Fault::none);
        history.start_epoch(1);
        CHECK(append_and_wait(*store.value(), history.next("user/a")).fault == Fault::none);
    }
    CHECK(damage_of(directory.path()).what == "has epoch 1 after epoch 2");
}
