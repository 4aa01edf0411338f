// Names of things: streams and commands. What could be swapped does not compile.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The entities, in the order of their numbers on disk. New ones go to the end.
enum class StreamKind : std::uint8_t { user, conversation, conference, call_leg, number, guard };

inline constexpr std::size_t stream_name_bytes_max = 120;  // fits two user names and a separator

[[nodiscard]] std::string_view name_of(StreamKind kind) noexcept;

/// One entity's history: "conference/471100". The name has 1..120 bytes of printable ASCII without
/// space.
struct StreamId {
    StreamKind kind = StreamKind::user;
    std::string name;
    auto operator<=>(const StreamId&) const = default;
    [[nodiscard]] std::string text() const;
};

/// Parses "kind/name"; nothing when the kind is unknown or the name is not allowed.
[[nodiscard]] std::optional<StreamId> parse_stream(std::string_view text);
[[nodiscard]] bool stream_name_allowed(std::string_view name) noexcept;

/// 128 bits that name one wish, unique for ever: a command that comes twice is decided once.
struct CommandId {
    std::uint64_t high = 0, low = 0;
    auto operator<=>(const CommandId&) const = default;
    [[nodiscard]] std::string text() const;  // 32 hexadecimal digits
};

/// A fresh id of the system's randomness. Only edges call it.
[[nodiscard]] CommandId random_command_id();

/// The id that `text` always gives: a client's own id ("alice:42") becomes ours.
[[nodiscard]] CommandId command_id_of(std::string_view text);

/// The id of the command that transition `sequence` of `stream` causes as its `index`-th effect.
[[nodiscard]] CommandId derived_command_id(std::string_view stream, std::uint64_t sequence,
                                           std::uint32_t index);
