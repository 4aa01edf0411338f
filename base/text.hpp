// What people type: UTF-8 that is well formed, names and numbers that are allowed.
#pragma once

#include <string_view>

namespace base {

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Well-formed, 1..bytes_max bytes, no control characters but (where allowed) tab and newline.
[[nodiscard]] bool is_text(std::string_view text, std::size_t bytes_max,
                           bool lines_allowed) noexcept;

/// A person's name for signing in: a letter, then letters, digits, '_' or '.', lower case, 1..32
/// bytes.
[[nodiscard]] bool is_user_name(std::string_view name) noexcept;

/// A phone's label: letters, digits or '_', lower case, 1..16 bytes.
[[nodiscard]] bool is_label(std::string_view label) noexcept;

/// A dialable number: an optional '+', then 1..31 digits, '*' or '#'.
[[nodiscard]] bool is_number(std::string_view number) noexcept;

}  // namespace base
