// Between a transition in memory and its bytes on disk.
//
// Thread: any. Memory: encode keeps one growing buffer per thread. Time: under a microsecond for a
// transition of usual size; to_json some microseconds.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "journal/log.hpp"

namespace schema {
struct TransitionT;
struct SnapshotT;
struct CommandUnion;
struct EventUnion;
struct StateUnion;
}  // namespace schema

namespace journal {

// Edges refuse far smaller inputs; this bounds what one record can make a reader allocate.
inline constexpr std::size_t transition_bytes_max = 4u << 20;
inline constexpr std::size_t snapshot_bytes_max = 64u << 20;

/// A finished FlatBuffer with identifier "PLTR". The same transition gives the same bytes, always.
/// Asserts that command and events are set and that the result has at most transition_bytes_max
/// bytes.
[[nodiscard]] std::string encode(const schema::TransitionT& transition);

/// A finished FlatBuffer with identifier "PLSN".
[[nodiscard]] std::string encode(const schema::SnapshotT& snapshot);

/// Total: any bytes give a transition or Fault::corrupt. A transition that came out has a stream, a
/// sequence, a command and only events that this program knows.
[[nodiscard]] Result<schema::TransitionT, Fault> decode_transition(std::string_view payload);
[[nodiscard]] Result<schema::SnapshotT, Fault> decode_snapshot(std::string_view payload);

/// The stream's name as the bytes tell it, without a look at the rest; empty when they do not. It
/// points into `payload`. Total.
[[nodiscard]] std::string_view stream_of(std::string_view payload) noexcept;

/// What the next transition of the stream carries as `previous`.
[[nodiscard]] base::Hash hash_of(std::string_view payload);
/// The same of many payloads, in their order: the faster way.
void hashes_of(std::span<const std::string_view> payloads, std::span<base::Hash> hashes);

/// `relaxed` when every event of the transition is marked so in the schema, else `sync`.
[[nodiscard]] Durability durability_of(const schema::TransitionT& transition);

/// One line, keys in the order of the schema:
/// {"position":7,"stream":"user/alice","sequence":1,"epoch":1,"now":"2026-11-21T05:36:29.123456Z",
///  "by":"cli","command_id":"<32 hex>","cause_id":"<32 hex>","previous":"<64 hex>",
///  "command":{"type":"CreateUser","fields":{...}},"events":[{"type":"UserCreated","fields":{...}}]}
/// Without a position when `position` is 0. Text that is not UTF-8 comes out with U+FFFD in its
/// place.
[[nodiscard]] std::string to_json(const schema::TransitionT& transition, Position position = 0);

/// {"type":"SeatMuted","fields":{"seat":1,"muted":true,"by_host":false}}: every field is there;
/// instants stay microseconds, enums are their names, hashes and ids hexadecimal.
[[nodiscard]] std::string to_json(const schema::CommandUnion& command);
[[nodiscard]] std::string to_json(const schema::EventUnion& event);
[[nodiscard]] std::string to_json(const schema::StateUnion& state);

}  // namespace journal
