#include "base/ids.hpp"

#include <array>
#include <cstdio>

#include "base/hash.hpp"

namespace {

constexpr std::array<std::string_view, 6> kind_names{"user",     "conversation", "conference",
                                                     "call_leg", "number",       "guard"};

}  // namespace

std::string_view name_of(StreamKind kind) noexcept {
    return kind_names[static_cast<std::size_t>(kind)];
}

bool stream_name_allowed(std::string_view name) noexcept {
    if (name.empty() || name.size() > stream_name_bytes_max) return false;
    for (const char c : name) {
        if (c <= ' ' || c > '~') return false;
    }
    return true;
}

std::string StreamId::text() const {
    const std::string_view kind_name = name_of(kind);
    std::string joined;
    joined.reserve(kind_name.size() + 1 + name.size());
    joined += kind_name;
    joined += '/';
    joined += name;
    return joined;
}

std::optional<StreamId> parse_stream(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view name = text.substr(slash + 1);
    if (!stream_name_allowed(name)) return std::nullopt;
    for (std::size_t i = 0; i < kind_names.size(); ++i) {
        if (kind_names[i] == text.substr(0, slash)) {
            return StreamId{static_cast<StreamKind>(i), std::string{name}};
        }
    }
    return std::nullopt;
}

std::string CommandId::text() const {
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high),
                  static_cast<unsigned long long>(low));
    return text;
}

CommandId random_command_id() { return {base::random_u64(), base::random_u64()}; }

CommandId command_id_of(std::string_view text) {
    const base::Hash hash = base::blake2b(text);
    return {hash.a, hash.b};
}

CommandId derived_command_id(std::string_view stream, std::uint64_t sequence, std::uint32_t index) {
    constexpr std::size_t numbers_bytes_max = 32;
    std::string text;
    text.reserve(stream.size() + numbers_bytes_max);
    text += stream;
    text += '#';
    text += std::to_string(sequence);
    text += '.';
    text += std::to_string(index);
    return command_id_of(text);
}
