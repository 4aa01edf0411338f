#include "base/text.hpp"

#include <algorithm>
#include <cstdint>

namespace base {
namespace {

// One code point from the front of `text`; 0 bytes taken when it is malformed.
struct Taken {
    std::uint32_t code = 0;
    std::size_t bytes = 0;
};

Taken take(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    if (bytes == 0 || first > 0xf4 || text.size() < bytes) return {};
    std::uint32_t code = first & (0x7fu >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        code = code << 6 | (byte(i) & 0x3f);
    }
    constexpr std::uint32_t least[]{0, 0, 0x80, 0x800, 0x10000};
    if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
    return {code, bytes};
}

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const Taken taken = take(text);
        if (taken.bytes == 0) return false;
        text.remove_prefix(taken.bytes);
    }
    return true;
}

bool is_text(std::string_view text, std::size_t bytes_max, bool lines_allowed) noexcept {
    if (text.empty() || text.size() > bytes_max || !is_utf8(text)) return false;
    return std::ranges::none_of(text, [&](char c) {
        if (lines_allowed && (c == '\n' || c == '\t' || c == '\r')) return false;
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

bool is_user_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 32 && is_lower(name[0]) &&
           std::ranges::all_of(
               name, [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '.'; });
}

bool is_label(std::string_view label) noexcept {
    return !label.empty() && label.size() <= 16 && std::ranges::all_of(label, [](char c) {
        return is_lower(c) || is_digit(c) || c == '_';
    });
}

bool is_number(std::string_view number) noexcept {
    if (!number.empty() && number[0] == '+') number.remove_prefix(1);
    return !number.empty() && number.size() <= 31 &&
           std::ranges::all_of(number, [](char c) { return is_digit(c) || c == '*' || c == '#'; });
}

}  // namespace base
