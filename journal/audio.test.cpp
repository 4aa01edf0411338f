#include "journal/audio.hpp"

#include <doctest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "base/prng.hpp"
#include "journal/browse.hpp"
#include "journal/check.hpp"
#include "journal/database.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"

using namespace journal;
using namespace journal::testing;

namespace {

std::string bytes_of(std::uint64_t seed, std::size_t count) {
    Prng prng{seed};
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(prng.next());
    return bytes;
}

std::string chunk_of(std::uint64_t tick, std::size_t count) {
    std::string records;
    for (std::uint64_t i = 0; i < count; ++i)
        append_audio_record(records, {tick + i, bytes_of(tick + i, 100 + (tick + i) % 80)});
    return records;
}

std::unique_ptr<Store> open(const std::string& path) {
    auto store = Store::open(path);
    REQUIRE(store.ok());
    return std::move(store).value();
}

using Found = std::vector<AudioKey>;
Found keys_in(const Reader& reader, std::string_view prefix = {}, const AudioKey& from = {}) {
    Found found;
    const AudioEnd end =
        walk_audio(reader, prefix, from, [&](const AudioKey& key, std::string_view records) {
            std::uint64_t tick = key.tick;
            CHECK(split_audio(records, [&](const AudioRecord& record) {
                CHECK(record.tick == tick);
                CHECK(record.bytes == bytes_of(tick, 100 + tick % 80));
                ++tick;
            }));
            found.push_back(key);
            return true;
        });
    CHECK(end.what.empty());
    CHECK(end.chunks == found.size());
    return found;
}

}  // namespace

TEST_CASE("captured sound comes back in order, room by room and leg by leg, after a clean stop") {
    const TempDirectory directory;
    const Found written{{"conference/1", 1, 7, 0},   {"conference/1", 1, 7, 50},
                        {"conference/1", 1, 256, 9}, {"conference/1", 2, 3, 5},
                        {"conference/10", 1, 1, 1},  {"conference/2", 1, 1, 300}};
    {
        const auto store = open(directory.path());
        for (auto key = written.rbegin(); key != written.rend(); ++key)
            REQUIRE(store->put_audio(*key, chunk_of(key->tick, 50)).ok());
        CHECK(keys_in(store->reader()) == written);
    }
    const auto reader = Reader::open(directory.path());
    REQUIRE(reader.ok());
    CHECK(keys_in(*reader.value()) == written);
    CHECK(keys_in(*reader.value(), std::string_view{"conference/1\0", 13}).size() == 4);
    CHECK(keys_in(*reader.value(), "conference/1", {"conference/1", 1, 7, 1}) ==
          Found(written.begin() + 1, written.begin() + 5));
}

TEST_CASE("stat and check count captured sound") {
    const TempDirectory directory;
    {
        const auto store = open(directory.path());
        for (std::uint64_t tick = 0; tick < 500; tick += 50)
            REQUIRE(store->put_audio({"conference/1", 1, 7, tick}, chunk_of(tick, 50)).ok());
    }
    const auto reader = Reader::open(directory.path());
    REQUIRE(reader.ok());
    const StatReport numbers = stat(*reader.value());
    CHECK(numbers.audio_chunks == 10);
    CHECK(numbers.audio_bytes > 500 * 112);
    const CheckReport report = check(*reader.value());
    CHECK(report.ok());
    CHECK(report.audio_chunks == 10);
    CHECK(report.audio_bytes == numbers.audio_bytes);
}

TEST_CASE("a flipped bit of captured sound is found and named") {
    const TempDirectory directory;
    const AudioKey key{"conference/1", 1, 7, 50};
    {
        const auto store = open(directory.path());
        REQUIRE(store->put_audio({"conference/1", 1, 7, 0}, chunk_of(0, 50)).ok());
        REQUIRE(store->put_audio(key, chunk_of(50, 50)).ok());
    }
    {
        Database database;
        database.path = directory.path();
        REQUIRE(open_database(database, Recovery::exact, false, nullptr).ok());
        std::string value;
        REQUIRE(database.db->Get({}, database.family(Family::audio), audio_key(key), &value).ok());
        value[1'000] ^= 4;
        REQUIRE(database.db->Put({}, database.family(Family::audio), audio_key(key), value).ok());
    }
    const auto reader = Reader::open(directory.path());
    REQUIRE(reader.ok());
    const CheckReport report = check(*reader.value());
    REQUIRE_FALSE(report.ok());
    CHECK(report.first_damage->sentence() ==
          "conference/1 captured sound at tick 50 of leg 7 does not match its checksum");
    CHECK(report.audio_chunks == 1);
}

TEST_CASE("sound is on disk some seconds after it was put, before anybody closes the store") {
    const TempDirectory directory;
    auto opened = Store::open(directory.path());
    REQUIRE(opened.ok());
    const auto store = std::move(opened).value();
    for (std::uint64_t tick = 0; tick <= 1'500; tick += 50)
        REQUIRE(store->put_audio({"conference/1", 1, 7, tick}, chunk_of(tick, 50)).ok());
    std::size_t found = 0;
    for (int i = 0; i < 200 && found < 21; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        const auto reader = Reader::open(directory.path());  // as it would be after kill -9
        REQUIRE(reader.ok());
        found = keys_in(*reader.value()).size();
    }
    CHECK(found >= 21);  // all of ticks 0 .. 1000, at least
}

TEST_CASE("any bytes are a chunk or not, and never read past their end") {
    Prng prng{4};
    const std::string key = audio_key({"conference/1", 1, 2, 3});
    const std::string value = encode_audio(key, chunk_of(3, 5));
    REQUIRE(parse_audio(key, value));
    int believed = 0, split = 0;
    for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
        std::string other = value;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
        believed += parse_audio(key, other) ? 1 : 0;
    }
    CHECK(believed == 0);
    CHECK_FALSE(parse_audio(audio_key({"conference/1", 1, 2, 4}), value));  // another's place
    for (std::size_t bytes = 0; bytes < value.size(); ++bytes)
        CHECK_FALSE(parse_audio(key, value.substr(0, bytes)));
    for (int round = 0; round < 5'000; ++round) {
        const std::string bytes = bytes_of(prng.next(), prng.below(40));
        split += split_audio(bytes, [](const AudioRecord&) {}) ? 1 : 0;
        if (const auto parsed = parse_audio_key(bytes)) CHECK(audio_key(*parsed) == bytes);
    }
    CHECK(split < 5'000);
}

TEST_CASE("a gatherer makes chunks of a second, and loses nothing of legs that leave") {
    std::map<AudioKey, std::string> put;
    std::size_t chunks = 0;
    AudioGatherer gatherer(3, [&](const AudioKey& key, const std::string& records) {
        put[key] = records;
        ++chunks;
    });
    for (std::uint64_t tick = 100; tick < 400; ++tick) {
        gatherer.add("conference/1", 1, {tick, bytes_of(tick, 180)});
        if (tick < 120) gatherer.add("conference/1", 2, {tick, bytes_of(tick, 180)});
    }
    CHECK(put.contains({"conference/1", 3, 2, 100}));
    gatherer.flush();
    CHECK(chunks == 7);
    CHECK(put.size() == 7);
    std::uint64_t next = 100;
    for (const auto& [key, records] : put) {
        if (key.leg != 1) continue;
        CHECK(split_audio(records, [&](const AudioRecord& record) {
            CHECK(record.tick == next);
            CHECK(record.bytes == bytes_of(next, 180));
            ++next;
        }));
    }
    CHECK(next == 400);
}

TEST_CASE("a closed store takes no sound, and too large a chunk is refused") {
    const TempDirectory directory;
    const auto store = open(directory.path());
    CHECK(store->put_audio({"conference/1", 1, 1, 0}, std::string(audio_chunk_bytes_max + 1, 'x'))
              .error() == Fault::overloaded);
    store->close();
    CHECK(store->put_audio({"conference/1", 1, 1, 0}, chunk_of(0, 1)).error() == Fault::closed);
    CHECK(keys_in(store->reader()).empty());
}
