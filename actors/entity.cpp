#include "actors/entity.hpp"

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

}  // namespace actors
