#include "edges/web/router.hpp"

namespace web {
namespace {

/// Cuts the first segment off `path`, which starts with '/'.
std::string_view next_segment(std::string_view& path) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& params) {
    params.clear();
    while (!pattern.empty() && !path.empty()) {
        if (path.front() != '/') return false;
        const std::string_view wanted = next_segment(pattern), given = next_segment(path);
        if (!wanted.starts_with('{')) {
            if (wanted != given) return false;
            continue;
        }
        auto decoded = percent_decoded(given);
        if (!decoded || decoded->empty()) return false;
        params.push_back(std::move(*decoded));
    }
    return pattern.empty() && path.empty();
}

}  // namespace

Found find_route(const std::vector<Route>& routes, std::string_view method, std::string_view path) {
    Found found;
    for (const Route& route : routes) {
        if (!matches(route.pattern, path, found.params)) continue;
        found.path_known = true;
        if (method != route.method) continue;
        found.route = &route;
        return found;
    }
    return found;
}

std::optional<std::map<std::string, std::string>> parse_query(std::string_view query) {
    std::map<std::string, std::string> out;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        auto name = percent_decoded(pair.substr(0, equals));
        auto value =
            percent_decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
        if (!name || !value) return std::nullopt;
        out[std::move(*name)] = std::move(*value);
    }
    return out;
}

}  // namespace web
