#include "actors/entity.hpp"

#include "base/text.hpp"

namespace actors {

std::string_view person_behind(std::string_view by) noexcept {
    for (const std::string_view prefix : {"user/", "admin/"}) {
        if (by.starts_with(prefix)) return by.substr(prefix.size());
    }
    if (by.starts_with("phone/")) {
        const std::string_view account = by.substr(6);
        return account.substr(0, account.rfind('-'));  // labels hold no '-'
    }
    return {};
}

std::string shown(std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max) {
        std::size_t end = bytes_max;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
        text = text.substr(0, end);
    }
    return base::is_text(text, bytes_max, false) ? std::string{text} : std::string{};
}

}  // namespace actors
