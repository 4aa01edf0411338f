#include "journal/container.hpp"

#include <doctest.h>
#include <unistd.h>

#include <fstream>

#include "base/prng.hpp"
#include "journal/audio.hpp"
#include "journal/open_log.hpp"
#include "journal/testing.hpp"

using namespace journal;
using namespace journal::testing;

namespace {

void put_file(const std::string& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

std::string whole(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string a_key() { return audio_key({"conference/1", 1, 2, 3}); }
std::string a_chunk() {
    std::string records;
    append_audio_record(records, {3, "packets"});
    return encode_audio(a_key(), records);
}

/// Two transitions of two streams and a chunk of sound.
void make_slice(const std::string& path) {
    History history;
    auto writer = ContainerWriter::create(path, {{"kind", "slice"}, {"source", "a place\nof two"}});
    REQUIRE(writer.ok());
    REQUIRE(writer.value().add(7, history.next("user/a").payload).ok());
    REQUIRE(writer.value().add(9, history.next("user/b").payload).ok());
    REQUIRE(writer.value().add_sound(a_key(), a_chunk()).ok());
    REQUIRE(writer.value().finish().ok());
}

/// Empty when all is well.
std::string read_all(const std::string& path) {
    auto reader = ContainerReader::open(path);
    if (!reader.ok()) return reader.error();
    for (;;) {
        const auto next = reader.value().next();
        if (!next.ok()) return next.error();
        if (!next.value()) return {};
    }
}

}  // namespace

TEST_CASE("frames come back as they were written, and so do notes") {
    const TempDirectory directory;
    const std::string path = directory.outside() + "/a.partyline";
    make_slice(path);
    auto reader = ContainerReader::open(path);
    REQUIRE(reader.ok());
    CHECK(reader.value().notes().at("kind") == "slice");
    CHECK(reader.value().notes().at("source") == "a place of two");
    const auto first = reader.value().next().value();
    REQUIRE(first);
    CHECK(first->position == 7);
    CHECK(first->payload == History{}.next("user/a").payload);
    CHECK(reader.value().next().value()->position == 9);
    const auto sound = reader.value().next().value();
    CHECK(sound->kind == Frame::Kind::sound);
    CHECK(sound->key == a_key());
    CHECK(sound->payload == a_chunk());
    CHECK_FALSE(reader.value().next().value());
    CHECK(reader.value().offset() == whole(path).size());
}

TEST_CASE("a container that is cut or changed anywhere is refused with the offset") {
    const TempDirectory directory;
    const std::string path = directory.outside() + "/a.partyline";
    make_slice(path);
    const std::string good = whole(path);
    for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
        CAPTURE(bytes);
        put_file(path, good.substr(0, bytes));
        const std::string wrong = read_all(path);
        REQUIRE(wrong.find(": offset ") != std::string::npos);
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x20);
        put_file(path, bad);
        CAPTURE(at);
        REQUIRE_FALSE(read_all(path).empty());
    }
    put_file(path, good + "more");
    CHECK(read_all(path).find("bytes behind the end frame") != std::string::npos);
    put_file(path, "#!/bin/sh");
    CHECK(read_all(path).find("this is no file of") != std::string::npos);
    std::string newer = good;
    newer[8] = 2;
    put_file(path, newer);
    CHECK(read_all(path).find("version 2; this program knows 1") != std::string::npos);
    CHECK(ContainerReader::open(directory.outside()).error().find("is a directory") !=
          std::string::npos);
    CHECK_FALSE(ContainerReader::open(directory.outside() + "/absent").ok());
}

TEST_CASE("frames that change places are found, although each is whole") {
    const TempDirectory directory;
    const std::string path = directory.outside() + "/a.partyline";
    make_slice(path);
    auto reader = ContainerReader::open(path);
    REQUIRE(reader.ok());
    const auto begin = reader.value().offset();
    REQUIRE(reader.value().next().ok());
    const auto middle = reader.value().offset();
    REQUIRE(reader.value().next().ok());
    const auto end = reader.value().offset();
    const std::string good = whole(path);
    put_file(path, good.substr(0, begin) + good.substr(middle, end - middle) +
                       good.substr(begin, middle - begin) + good.substr(end));
    CHECK(read_all(path).find("does not match its checksum") != std::string::npos);
}

TEST_CASE("what was not finished is not there, and a full disk is called so") {
    const TempDirectory directory;
    const std::string path = directory.outside() + "/a.partyline";
    {
        auto writer = ContainerWriter::create(path, {});
        REQUIRE(writer.ok());
        REQUIRE(writer.value().add(1, History{}.next("user/a").payload).ok());
    }
    CHECK(std::filesystem::is_empty(directory.outside()));
    REQUIRE(::symlink("/dev/full", (path + ".partial").c_str()) == 0);
    auto writer = ContainerWriter::create(path, {});
    REQUIRE(writer.ok());
    const auto end = writer.value().finish();
    REQUIRE_FALSE(end.ok());
    CHECK(end.error().find("the disk is full") != std::string::npos);
}

TEST_CASE("a slice is read like a journal, and one that does not chain is refused") {
    const TempDirectory directory;
    const std::string path = directory.outside() + "/a.partyline";
    make_slice(path);
    const auto log = open_log(path);
    REQUIRE(log.ok());
    CHECK(log.value()->last_position() == 2);
    CHECK(log.value()->list_streams("", "", 10).value().size() == 2);
    History history;
    static_cast<void>(history.next("user/a"));
    {
        auto writer = ContainerWriter::create(path, {});
        REQUIRE(writer.value().add(1, history.next("user/a").payload).ok());
        REQUIRE(writer.value().finish().ok());
    }
    CHECK(open_log(path).error().find("user/a, sequence 2: follows sequence 0") !=
          std::string::npos);
    CHECK(open_log(directory.outside() + "/absent").error().find("no journal here") !=
          std::string::npos);
}
