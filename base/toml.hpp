// toml++ for files that strangers may have written. Where it is compiled in, what it takes for its
// own bug ("\x84[==" was enough for 3.3.0) is thrown instead of ending the process; Debian's shared
// library has no such checks, so that letters are looked at before: outside of quotes and comments
// only ASCII has a meaning, and toml++ reaches code there that it declares unreachable.
//
// Thread: pure. Whoever parses asks base::is_utf8 and line_of_strange_letter first, then catches
// toml::parse_error and base::TomlConfused.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace base {

struct TomlConfused {};

/// The first line with a byte above 127 outside of strings and comments; nothing: there is none.
[[nodiscard]] std::optional<std::uint32_t> line_of_strange_letter(std::string_view toml);

}  // namespace base

#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : throw ::base::TomlConfused{})
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wterminate"  // some of its checks stand in noexcept functions
#endif
#include <toml++/toml.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
