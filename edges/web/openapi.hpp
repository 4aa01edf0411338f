// edges/web/openapi.json, embedded when the program is built.
#pragma once

#include <string_view>

namespace web {

[[nodiscard]] std::string_view openapi_json() noexcept;

}  // namespace web
