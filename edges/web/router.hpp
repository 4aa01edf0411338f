// Finds the route of a method and a path. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "edges/web/call.hpp"

namespace web {

struct Found {
    const Route* route = nullptr;
    bool path_known = false;  // some other method has this path
    std::vector<std::string> params;
};

/// Segments are compared undecoded; parameters come out decoded. O(routes).
[[nodiscard]] Found find_route(const std::vector<Route>& routes, std::string_view method,
                               std::string_view path);

/// "a=1&b=%20" as a map, the last of a name winning; nothing when an escape is broken.
[[nodiscard]] std::optional<std::map<std::string, std::string>> parse_query(std::string_view query);

}  // namespace web
