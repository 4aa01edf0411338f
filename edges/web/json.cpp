#include "edges/web/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace web {
namespace {

// Counted before parsing, so that hostile nesting costs no memory at all.
std::size_t depth_of(std::string_view text) {
    std::size_t depth = 0, deepest = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

std::string range(std::size_t min, std::size_t max) {
    return std::to_string(min) + ".." + std::to_string(max);
}

}  // namespace

Result<Json, std::string> parse_object(std::string_view text) {
    if (depth_of(text) > json_depth_max) {
        return fail("JSON nested deeper than " + std::to_string(json_depth_max) + " levels");
    }
    if (!base::is_utf8(text)) return fail(std::string("JSON must be UTF-8"));
    // The parser names the byte where it stopped; its exception ends here.
    try {
        Json json = Json::parse(text.begin(), text.end());
        if (!json.is_object()) return fail(std::string("JSON must be an object"));
        return json;
    } catch (const Json::parse_error& error) {
        return fail("not JSON at byte " + std::to_string(error.byte));
    } catch (const Json::exception&) {
        return fail(std::string("JSON has a number that is out of range"));
    }
}

std::string print(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json instant_json(std::int64_t us) { return us == 0 ? Json(nullptr) : Json(us / 1000); }

Fields::Fields(const Json& object) : object_(object) {}

const Json* Fields::find(const char* name) {
    asked_.push_back(name);
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
}

const Json* Fields::required(const char* name, std::string_view must) {
    const Json* found = find(name);
    if (!found) complain(name, must);
    return found;
}

bool Fields::has(const char* name) const { return object_.contains(name); }

void Fields::complain(const char* name, std::string_view what) {
    if (!complaint_) complaint_ = "field '" + std::string(name) + "' " + std::string(what);
}

std::string Fields::string(const char* name, std::size_t bytes_min, std::size_t bytes_max,
                           bool lines_allowed) {
    const std::string must = "must be a string of " + range(bytes_min, bytes_max) + " bytes" +
                             (lines_allowed ? "" : " without control characters");
    const Json* found = required(name, must);
    if (!found) return {};
    const auto* text = found->get_ptr<const std::string*>();
    const bool fits = text && text->size() >= bytes_min && text->size() <= bytes_max &&
                      (text->empty() || base::is_text(*text, bytes_max, lines_allowed));
    if (!fits) {
        complain(name, must);
        return {};
    }
    return *text;
}

std::string Fields::text(const char* name, std::size_t bytes_min, std::size_t bytes_max) {
    return string(name, bytes_min, bytes_max, false);
}

std::string Fields::lines(const char* name, std::size_t bytes_min, std::size_t bytes_max) {
    return string(name, bytes_min, bytes_max, true);
}

std::string Fields::user(const char* name) {
    constexpr std::string_view must = "must be a user name: a letter, then a-z 0-9 _ . (1..32)";
    const Json* found = required(name, must);
    if (!found) return {};
    const auto* text = found->get_ptr<const std::string*>();
    if (!text || !base::is_user_name(*text)) {
        complain(name, must);
        return {};
    }
    return *text;
}

bool Fields::flag(const char* name) {
    const Json* found = required(name, "must be true or false");
    if (!found) return false;
    if (!found->is_boolean()) {
        complain(name, "must be true or false");
        return false;
    }
    return found->get<bool>();
}

std::uint64_t Fields::whole(const char* name, std::uint64_t min, std::uint64_t max) {
    const std::string must = "must be a whole number of " + range(min, max);
    const Json* found = required(name, must);
    if (!found) return 0;
    // 3.0 and -1 are other types to the parser; both are refused.
    const std::uint64_t value = found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
    if (!found->is_number_unsigned() || value < min || value > max) {
        complain(name, must);
        return 0;
    }
    return value;
}

std::int64_t Fields::integer(const char* name, std::int64_t min, std::int64_t max) {
    const std::string must =
        "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    const Json* found = required(name, must);
    if (!found) return 0;
    const bool whole = found->is_number_integer();
    // What does not fit a signed number is too large whatever the bounds are.
    const bool huge = found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX;
    const std::int64_t value = whole && !huge ? found->get<std::int64_t>() : 0;
    if (!whole || huge || value < min || value > max) {
        complain(name, must);
        return 0;
    }
    return value;
}

std::vector<std::string> Fields::users(const char* name, std::size_t count_max) {
    const std::string must =
        "must be a list of at most " + std::to_string(count_max) + " user names";
    const Json* found = required(name, must);
    if (!found) return {};
    std::vector<std::string> names;
    bool fits = found->is_array() && found->size() <= count_max;
    for (std::size_t i = 0; fits && i < found->size(); ++i) {
        const auto* text = (*found)[i].get_ptr<const std::string*>();
        fits = text && base::is_user_name(*text);
        if (fits && std::ranges::find(names, *text) == names.end()) names.push_back(*text);
    }
    if (!fits) {
        complain(name, must);
        return {};
    }
    return names;
}

std::optional<std::string> Fields::complaint() {
    for (const auto& [name, value] : object_.items()) {
        if (complaint_) break;
        if (std::ranges::find(asked_, std::string_view(name)) == asked_.end()) {
            complaint_ = "field '" + name.substr(0, 40) + "' is not known here";
        }
    }
    return complaint_;
}

}  // namespace web
