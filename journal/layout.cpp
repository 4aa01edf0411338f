#include "journal/layout.hpp"

#include <cstring>

#include "journal/crc32c.hpp"

namespace journal {

namespace {

void put_big_endian(char* out, std::uint64_t number) noexcept {
    for (int i = 7; i >= 0; --i, number >>= 8) out[i] = static_cast<char>(number & 0xff);
}

std::uint64_t big_endian_at(const char* in) noexcept {
    std::uint64_t number = 0;
    for (int i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(in[i]);
    return number;
}

void put_little_endian(char* out, std::uint64_t number, int bytes) noexcept {
    for (int i = 0; i < bytes; ++i, number >>= 8) out[i] = static_cast<char>(number & 0xff);
}

std::uint64_t little_endian_at(const char* in, int bytes) noexcept {
    std::uint64_t number = 0;
    for (int i = bytes - 1; i >= 0; --i) number = number << 8 | static_cast<unsigned char>(in[i]);
    return number;
}

std::uint32_t finish_checksum(std::uint32_t begun, Position position) noexcept {
    char bytes[8];
    put_big_endian(bytes, position);
    return crc32c(begun, {bytes, sizeof bytes});
}

}  // namespace

std::uint32_t begin_checksum(Durability durability, std::string_view payload) noexcept {
    const char head[4] = {
        record_format, durability == Durability::relaxed ? static_cast<char>(flag_relaxed) : '\0',
        0, 0};
    return crc32c(crc32c(0, {head, sizeof head}), payload);
}

RecordHeader record_header(Durability durability, Position position,
                           std::uint32_t checksum_begun) noexcept {
    RecordHeader header{};
    header.bytes[0] = record_format;
    header.bytes[1] = durability == Durability::relaxed ? static_cast<char>(flag_relaxed) : '\0';
    put_little_endian(header.bytes + 4, finish_checksum(checksum_begun, position), 4);
    return header;
}

std::string_view describe(RecordFault fault) noexcept {
    switch (fault) {
        case RecordFault::too_short: return "is shorter than its header";
        case RecordFault::newer_format: return "has a format that this program does not know";
        case RecordFault::bad_checksum: return "does not match its checksum";
    }
    return "is damaged";
}

Result<std::string_view, RecordFault> parse_record(Position position, std::string_view value) {
    if (value.size() < record_header_bytes) return fail(RecordFault::too_short);
    const std::string_view payload = value.substr(record_header_bytes);
    const std::uint32_t begun = crc32c(crc32c(0, value.substr(0, 4)), payload);
    if (finish_checksum(begun, position) != little_endian_at(value.data() + 4, 4)) {
        return fail(RecordFault::bad_checksum);
    }
    if (static_cast<std::uint8_t>(value[0]) != record_format)
        return fail(RecordFault::newer_format);
    return payload;
}

PositionKey position_key(Position position) { return encode_number(position); }

std::optional<Position> parse_position_key(std::string_view key) { return parse_number(key); }

std::string stream_key(std::string_view stream, std::uint64_t sequence) {
    std::string key;
    key.reserve(stream.size() + 9);
    key += stream;
    key += '\0';
    char bytes[8];
    put_big_endian(bytes, sequence);
    key.append(bytes, sizeof bytes);
    return key;
}

std::string after_stream(std::string_view stream) { return std::string{stream} + '\x01'; }

std::optional<StreamKey> parse_stream_key(std::string_view key) {
    if (key.size() < 10 || key[key.size() - 9] != '\0') return std::nullopt;
    const std::string_view stream = key.substr(0, key.size() - 9);
    if (stream.find('\0') != std::string_view::npos) return std::nullopt;
    return StreamKey{stream, big_endian_at(key.data() + key.size() - 8)};
}

StreamValueBytes encode_stream_value(const StreamValue& value) noexcept {
    StreamValueBytes out{};
    put_big_endian(out.bytes, value.position);
    put_little_endian(out.bytes + 8, value.hash.a, 8);
    put_little_endian(out.bytes + 16, value.hash.b, 8);
    put_little_endian(out.bytes + 24, value.hash.c, 8);
    put_little_endian(out.bytes + 32, value.hash.d, 8);
    return out;
}

std::optional<StreamValue> parse_stream_value(std::string_view value) {
    if (value.size() != stream_value_bytes) return std::nullopt;
    const char* at = value.data();
    return StreamValue{big_endian_at(at),
                       {little_endian_at(at + 8, 8), little_endian_at(at + 16, 8),
                        little_endian_at(at + 24, 8), little_endian_at(at + 32, 8)}};
}

std::string encode_snapshot(const StoredSnapshot& snapshot) {
    std::string value = encode_number(snapshot.sequence);
    char checksum[4];
    put_little_endian(checksum, crc32c(crc32c(0, value), snapshot.payload), 4);
    value.reserve(12 + snapshot.payload.size());
    value.append(checksum, sizeof checksum);
    value += snapshot.payload;
    return value;
}

std::optional<StoredSnapshot> parse_snapshot(std::string_view value) {
    if (value.size() < 12) return std::nullopt;
    const std::string_view payload = value.substr(12);
    if (crc32c(crc32c(0, value.substr(0, 8)), payload) != little_endian_at(value.data() + 8, 4)) {
        return std::nullopt;
    }
    return StoredSnapshot{big_endian_at(value.data()), std::string{payload}};
}

std::string encode_agenda(const Agenda& agenda) {
    std::string value = encode_number(static_cast<std::uint64_t>(agenda.wake_at.us));
    value += agenda.on_restart ? '\x01' : '\x00';
    return value;
}

std::optional<Agenda> parse_agenda(std::string_view value) {
    if (value.size() != 9) return std::nullopt;
    return Agenda{.wake_at = {static_cast<std::int64_t>(big_endian_at(value.data()))},
                  .on_restart = (value[8] & 1) != 0};
}

std::string encode_number(std::uint64_t number) {
    char bytes[8];
    put_big_endian(bytes, number);
    return {bytes, sizeof bytes};
}

std::optional<std::uint64_t> parse_number(std::string_view value) {
    if (value.size() != 8) return std::nullopt;
    return big_endian_at(value.data());
}

}  // namespace journal
