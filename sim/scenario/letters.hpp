// Guards the TOML parser from letters that it does not expect: outside of quotes and comments only
// ASCII has a meaning, and toml++ 3.3.0 reaches code there that it declares unreachable.
//
// Thread: pure. Time: one pass.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sim {

/// The first line with a byte above 127 outside of strings and comments; nothing: there is none.
[[nodiscard]] std::optional<std::uint32_t> line_of_strange_letter(std::string_view toml);

}  // namespace sim
