#include "journal/layout.hpp"

#include <doctest.h>
#include <rapidcheck.h>

#include "base/prng.hpp"
#include "journal/crc32c.hpp"

using namespace journal;

TEST_CASE("the checksum is CRC-32C, by instruction and by table alike") {
    CHECK(crc32c(0, "123456789") ==
          0xe3069283u);  // RFC 3720, B.4 gives the polynomial's check value
    CHECK(crc32c(0, std::string(32, '\0')) == 0x8a9136aau);
    CHECK(crc32c(0, "") == 0);
    CHECK(
        rc::check("both ways agree, and in pieces", [](const std::string& a, const std::string& b) {
            RC_ASSERT(crc32c(0, a + b) == crc32c_by_table(0, a + b));
            RC_ASSERT(crc32c(crc32c(0, a), b) == crc32c(0, a + b));
        }));
}

TEST_CASE("a record gives its payload back at its position and nowhere else") {
    CHECK(rc::check("", [](const std::string& payload, std::uint64_t position, bool relaxed) {
        const Durability durability = relaxed ? Durability::relaxed : Durability::sync;
        const RecordHeader header =
            record_header(durability, position, begin_checksum(durability, payload));
        const std::string value = std::string{header.view()} + payload;
        RC_ASSERT(parse_record(position, value).value() == payload);
        RC_ASSERT(parse_record(position + 1, value).error() == RecordFault::bad_checksum);
    }));
    CHECK(parse_record(1, "short").error() == RecordFault::too_short);
}

TEST_CASE("keys sort as their streams and sequences do") {
    CHECK(rc::check("", [](std::uint64_t a, std::uint64_t b) {
        RC_ASSERT((position_key(a) < position_key(b)) == (a < b));
        RC_ASSERT((stream_key("user/a", a) < stream_key("user/a", b)) == (a < b));
        RC_ASSERT(stream_key("user/a", a) < stream_key("user/a!", b));
        RC_ASSERT(stream_key("user/a", a) < after_stream("user/a"));
        RC_ASSERT(after_stream("user/a") < stream_key("user/a!", b));
        RC_ASSERT(parse_stream_key(stream_key("user/a", a))->sequence == a);
        RC_ASSERT(parse_position_key(position_key(a)) == a);
    }));
    CHECK_FALSE(parse_stream_key("").has_value());
    CHECK_FALSE(parse_stream_key("user/a").has_value());
}

TEST_CASE("small values come back, and damaged ones are nothing") {
    CHECK(rc::check(
        "", [](std::uint64_t number, std::int64_t wake, bool restart, const std::string& text) {
            const Agenda agenda{.wake_at = {wake}, .on_restart = restart};
            RC_ASSERT(parse_agenda(encode_agenda(agenda)) == agenda);
            const StreamValue value{number, {1, number, 3, 4}};
            RC_ASSERT(parse_stream_value(encode_stream_value(value).view())->hash == value.hash);
            std::string snapshot = encode_snapshot({number, text});
            RC_ASSERT(parse_snapshot(snapshot)->payload == text);
            snapshot[0] = static_cast<char>(snapshot[0] ^ 1);
            RC_ASSERT(!parse_snapshot(snapshot).has_value());
        }));
    CHECK_FALSE(parse_number("1234567").has_value());
    CHECK_FALSE(parse_agenda("12345678").has_value());
    CHECK_FALSE(parse_stream_value("1").has_value());
    CHECK_FALSE(parse_snapshot("1").has_value());
}
