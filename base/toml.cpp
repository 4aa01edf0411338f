#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// Declared in base/toml.hpp, which is not included here: whoever only links base needs no parser.
namespace base {

[[nodiscard]] std::optional<std::uint32_t> line_of_strange_letter(std::string_view toml);

namespace {

/// Where the string that begins at `at` ends (one past it). Strings on one line end with the line.
std::size_t end_of_string(std::string_view toml, std::size_t at) {
    const char quote = toml[at];
    const std::size_t run = std::min(toml.find_first_not_of(quote, at), toml.size()) - at;
    if (run == 2) return at + 2;  // empty
    const bool lines = run >= 3;
    for (at += lines ? 3 : 1; at < toml.size(); ++at) {
        if (toml[at] == '\\' && quote == '"') {
            ++at;
        } else if (!lines && (toml[at] == quote || toml[at] == '\n')) {
            return at + 1;
        } else if (lines && toml[at] == quote) {
            // Up to two quotes before the closing three belong to the text.
            const std::size_t all = std::min(toml.find_first_not_of(quote, at), toml.size()) - at;
            if (all >= 3) return at + std::min<std::size_t>(all, 5);
            at += all - 1;
        }
    }
    return toml.size();
}

}  // namespace

std::optional<std::uint32_t> line_of_strange_letter(std::string_view toml) {
    for (std::size_t at = 0; at < toml.size();) {
        const char c = toml[at];
        if (c == '"' || c == '\'') {
            at = end_of_string(toml, at);
        } else if (c == '#') {
            at = std::min(toml.find('\n', at), toml.size());
        } else if (static_cast<unsigned char>(c) > 127) {
            return static_cast<std::uint32_t>(std::ranges::count(toml.substr(0, at), '\n') + 1);
        } else {
            ++at;
        }
    }
    return std::nullopt;
}

}  // namespace base
