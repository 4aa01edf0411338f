// The bytes of the journal's keys and values (docs/journal_format.md draws them).
//
// Thread: any. Memory: what it returns. Time: a checksum per record, else nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "journal/log.hpp"

namespace journal {

inline constexpr std::uint8_t record_format = 1;
inline constexpr std::uint32_t journal_format = 1;

// Record in column family `log`: key: position, 8 bytes, big-endian. Value:
// offset  bytes  field
//      0      1  format: 1
//      1      1  flags: bit 0 relaxed
//      2      2  zero
//      4      4  CRC-32C, little-endian, over bytes 0..3, the payload, and the position as in the
//      key 8      n  payload: FlatBuffer Transition
inline constexpr std::size_t record_header_bytes = 8;
inline constexpr std::uint8_t flag_relaxed = 1;

struct RecordHeader {
    char bytes[record_header_bytes];
    [[nodiscard]] std::string_view view() const { return {bytes, record_header_bytes}; }
};

/// The part of the checksum that needs no position: computed by whoever appends, not by the writer.
[[nodiscard]] std::uint32_t begin_checksum(Durability durability,
                                           std::string_view payload) noexcept;
[[nodiscard]] RecordHeader record_header(Durability durability, Position position,
                                         std::uint32_t checksum_begun) noexcept;

enum class RecordFault : std::uint8_t { too_short, newer_format, bad_checksum };
[[nodiscard]] std::string_view describe(RecordFault fault) noexcept;

/// The payload inside `value`, whose checksum is right. Total.
[[nodiscard]] Result<std::string_view, RecordFault> parse_record(Position position,
                                                                 std::string_view value);

using PositionKey = std::string;  // small: lives inside the string object
[[nodiscard]] PositionKey position_key(Position position);
[[nodiscard]] std::optional<Position> parse_position_key(std::string_view key);

// Column family `streams`: key: stream name, a zero byte, sequence big-endian. Value: position
// big-endian, then the hash of the payload: 4 words, little-endian.
[[nodiscard]] std::string stream_key(std::string_view stream, std::uint64_t sequence);
/// After every key of `stream` and before every key of the next one: no name contains 0x00 or 0x01.
[[nodiscard]] std::string after_stream(std::string_view stream);
struct StreamKey {
    std::string_view stream;
    std::uint64_t sequence = 0;
};
[[nodiscard]] std::optional<StreamKey> parse_stream_key(std::string_view key);

struct StreamValue {
    Position position = 0;
    base::Hash hash;
};
inline constexpr std::size_t stream_value_bytes = 40;
struct StreamValueBytes {
    char bytes[stream_value_bytes];
    [[nodiscard]] std::string_view view() const { return {bytes, stream_value_bytes}; }
};
[[nodiscard]] StreamValueBytes encode_stream_value(const StreamValue& value) noexcept;
[[nodiscard]] std::optional<StreamValue> parse_stream_value(std::string_view value);

// Column family `snapshots`: key: stream. Value: sequence big-endian, CRC-32C little-endian over
// sequence and payload, payload.
[[nodiscard]] std::string encode_snapshot(const StoredSnapshot& snapshot);
[[nodiscard]] std::optional<StoredSnapshot> parse_snapshot(std::string_view value);

// Column family `agenda`: key: stream. Value: wake_at big-endian in microseconds, one byte of
// flags.
[[nodiscard]] std::string encode_agenda(const Agenda& agenda);
[[nodiscard]] std::optional<Agenda> parse_agenda(std::string_view value);

// Column family `meta`: text keys, 64-bit big-endian values.
inline constexpr std::string_view meta_format = "format";
inline constexpr std::string_view meta_epoch = "epoch";
inline constexpr std::string_view meta_released = "released";
inline constexpr std::string_view meta_synced =
    "synced";  // the disk had positions up to here for sure
[[nodiscard]] std::string encode_number(std::uint64_t number);
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view value);

}  // namespace journal
