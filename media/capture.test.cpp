#include "media/capture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/prng.hpp"
#include "media/test_allocations.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;
using Kind = media::CapturePiece::Kind;

media::CaptureHead random_head(Prng& prng) {
    static constexpr std::uint32_t rates[]{8'000, 16'000, 44'100, 48'000};
    const auto flag = [&] { return prng.below(2) == 1; };
    return {.merged = flag(),
            .stretched = flag(),
            .deaf = flag(),
            .restarted = flag(),
            .admitted = flag(),
            .contributes = flag(),
            .prompted = flag(),
            .format = {static_cast<media::Codec>(prng.below(5)), rates[prng.below(4)]},
            .room_rate_hz = rates[prng.below(4)],
            .gain_in_db = static_cast<std::int8_t>(static_cast<int>(prng.below(61)) - 40),
            .heard = prng.next(),
            .serial = static_cast<std::uint16_t>(prng.next()),
            .fresh = flag(),
            .glanced = flag(),
            .wants = flag(),
            .levels = flag(),
            .gates = flag(),
            .hears = flag(),
            .whispers = flag(),
            .gain_out_db = static_cast<std::int8_t>(static_cast<int>(prng.below(61)) - 40),
            .part = static_cast<std::uint8_t>(prng.next())};
}

Bytes example() {
    static const Bytes payload{1, 2, 3};
    media::CaptureWriter writer;
    writer.begin();
    writer.piece({.kind = Kind::packet, .units = 160, .timestamp = 0xfff0, .payload = payload});
    writer.piece({.kind = Kind::lost, .units = 80});
    const auto record = writer.close({.merged = true,
                                      .contributes = true,
                                      .format = media::opus_format,
                                      .room_rate_hz = 16'000,
                                      .gain_in_db = -3,
                                      .heard = 0x0102'0304'0506'0708,
                                      .serial = 0x0203,
                                      .wants = true,
                                      .gain_out_db = 7,
                                      .part = 4});
    return {record.begin(), record.end()};
}

}  // namespace

TEST_CASE("a capture record has the bytes that docs/capture.md draws") {
    CHECK(example() == Bytes{2, 0x21, 4, 0x13, 0xfd, 2, 0x24, 7,              // head
                             8, 7,    6, 5,    4,    3, 2,    1,              // hash
                             3, 2,    4, 0,    0,    0, 0,    0,              // serial, part
                             0, 160,  0, 0xf0, 0xff, 0, 0,    3, 0, 1, 2, 3,  // packet
                             1, 80,   0, 0,    0,    0, 0,    0, 0});         // lost
}

TEST_CASE("what was captured is decoded again, whatever it was") {
    Prng prng{11};
    media::CaptureWriter writer;
    for (int round = 0; round < 2'000; ++round) {
        const media::CaptureHead head = random_head(prng);
        std::vector<Bytes> payloads;
        std::vector<media::CapturePiece> pieces;
        writer.begin();
        for (std::size_t i = prng.below(6); i-- > 0;) {
            payloads.emplace_back(prng.below(1'440), static_cast<std::uint8_t>(prng.next()));
            pieces.push_back({.kind = static_cast<Kind>(prng.below(5)),
                              .units = static_cast<std::uint16_t>(prng.next()),
                              .timestamp = static_cast<std::uint32_t>(prng.next())});
        }
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            pieces[i].payload = payloads[i];
            writer.piece(pieces[i]);
        }
        const auto decoded = media::decode_capture(writer.close(head));
        REQUIRE(decoded.ok());
        REQUIRE(decoded.value().head == head);
        REQUIRE(decoded.value().pieces.size() == pieces.size());
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const media::CapturePiece& piece = decoded.value().pieces[i];
            REQUIRE(piece.kind == pieces[i].kind);
            REQUIRE(piece.units == pieces[i].units);
            REQUIRE(piece.timestamp == pieces[i].timestamp);
            REQUIRE(std::ranges::equal(piece.payload, payloads[i]));
        }
    }
}

TEST_CASE("a record of version 1 is still read; what it did not say was nothing special") {
    const Bytes before{
        1, 0x31, 4, 0x13, 0xfd, 1, 0, 0,              // head
        8, 7,    6, 5,    4,    3, 2, 1,              // hash
        0, 160,  0, 0xf0, 0xff, 0, 0, 3, 0, 1, 2, 3,  // packet
    };
    const auto capture = media::decode_capture(before);
    REQUIRE(capture.ok());
    CHECK(capture.value().head == media::CaptureHead{.version = 1,
                                                     .merged = true,
                                                     .admitted = true,
                                                     .contributes = true,
                                                     .format = media::opus_format,
                                                     .room_rate_hz = 16'000,
                                                     .gain_in_db = -3,
                                                     .heard = 0x0102'0304'0506'0708,
                                                     .wants = true});
    REQUIRE(capture.value().pieces.size() == 1);
    CHECK(capture.value().pieces[0].payload.size() == 3);
    for (std::size_t bytes = 0; bytes < before.size(); ++bytes)
        CHECK(!media::decode_capture(std::span{before}.first(bytes)).ok());
    Bytes newer_piece = before;
    newer_piece[16] = 5;
    CHECK(media::decode_capture(newer_piece).error() == media::CaptureError::bad_piece);
}

TEST_CASE("a capture record that is no good is refused with the reason") {
    struct Case {
        const char* name;
        std::size_t at;
        std::uint8_t value;
        media::CaptureError why;
    };
    for (const Case& given : {
             Case{"version", 0, 3, media::CaptureError::newer_version},
             Case{"flags", 1, 0x80, media::CaptureError::bad_head},
             Case{"codec", 2, 5, media::CaptureError::bad_head},
             Case{"rate", 3, 0x14, media::CaptureError::bad_head},
             Case{"more flags", 6, 0x80, media::CaptureError::bad_head},
             Case{"zero", 20, 1, media::CaptureError::bad_head},
             Case{"too many", 5, 33, media::CaptureError::bad_head},
             Case{"one more", 5, 3, media::CaptureError::bad_piece},
             Case{"one less", 5, 1, media::CaptureError::trailing_bytes},
             Case{"kind", 24, 10, media::CaptureError::bad_piece},
             Case{"payload", 32, 1, media::CaptureError::bad_piece},
         }) {
        CAPTURE(given.name);
        Bytes bytes = example();
        bytes[given.at] = given.value;
        const auto decoded = media::decode_capture(bytes);
        REQUIRE(!decoded.ok());
        CHECK(decoded.error() == given.why);
        CHECK(!media::text_of(decoded.error()).empty());
    }
    const Bytes whole = example();
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
        CHECK(!media::decode_capture(std::span{whole}.first(bytes)).ok());
}

TEST_CASE("more than a record may hold is dropped whole, and the next one is fine") {
    media::CaptureWriter writer;
    const Bytes payload(1'400);
    writer.begin();
    for (int i = 0; i < 9; ++i) writer.piece({.kind = Kind::packet, .payload = payload});
    CHECK(writer.close({}).empty());
    writer.begin();
    for (int i = 0; i < 33; ++i) writer.piece({.kind = Kind::lost});
    CHECK(writer.close({}).empty());
    writer.begin();
    for (int i = 0; i < 8; ++i) writer.piece({.kind = Kind::packet, .payload = payload});
    CHECK(media::decode_capture(writer.close({})).ok());
}

TEST_CASE("capturing allocates nothing") {
    media::CaptureWriter writer;
    const Bytes payload(160);
    std::size_t bytes = 0;
    const auto made = media::test::allocations_during([&] {
        for (int i = 0; i < 100; ++i) {
            writer.begin();
            writer.piece({.kind = Kind::packet, .units = 160, .payload = payload});
            bytes += writer.close({}).size();
        }
    });
    CHECK(made == 0);
    CHECK(bytes == 100 * (24 + 9 + 160));
}

TEST_CASE("the hash of sound tells one wrong bit, another order and another length") {
    Prng prng{12};
    std::vector<std::int16_t> sound(960);
    for (auto& sample : sound) sample = static_cast<std::int16_t>(prng.next());
    std::set<std::uint64_t> hashes{media::hash_of(sound)};
    for (std::size_t bit = 0; bit < 960 * 16; ++bit) {
        auto other = sound;
        other[bit / 16] = static_cast<std::int16_t>(other[bit / 16] ^ 1 << bit % 16);
        hashes.insert(media::hash_of(other));
    }
    auto other = sound;
    std::swap(other[100], other[104]);
    hashes.insert(media::hash_of(other));
    hashes.insert(media::hash_of(std::span{sound}.first(959)));
    CHECK(hashes.size() == 960 * 16 + 3);
    // As it stands in journals: the same on every machine.
    CHECK(media::hash_of(std::vector<std::int16_t>{1, -1, 2, -2, 3}) == 15996180976239601871u);
}
