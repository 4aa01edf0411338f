#include "sim/scenario/overrides.hpp"

#include <charconv>
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace sim {
namespace {

constexpr std::size_t wish_bytes_max = 4'096, depth_max = 8;

std::vector<std::string> steps_of(std::string_view path) {
    std::vector<std::string> steps;
    for (;;) {
        const std::size_t dot = path.find('.');
        steps.emplace_back(path.substr(0, dot));
        if (dot == std::string_view::npos) return steps;
        path.remove_prefix(dot + 1);
    }
}

/// As TOML would read it; text that TOML does not know ("30/h", "5m", turn_taking) as text.
void put(toml::table& table, const std::string& key, const std::string& value) {
    const std::string text = "x = " + value;
    if (!base::is_utf8(text) || base::line_of_strange_letter(text)) {
        table.insert_or_assign(key, value);
        return;
    }
    try {  // toml++ reports by exceptions; they end here
        toml::table read = toml::parse(text);
        if (toml::node* node = read.get("x"); node && read.size() == 1) {
            // A copy has no line of its own: that is how mistakes in it are told from the file's.
            node->visit([&](const auto& each) { table.insert_or_assign(key, each); });
            return;
        }
    } catch (const toml::parse_error&) {
    } catch (const base::TomlConfused&) {
    }
    table.insert_or_assign(key, value);
}

/// A class without a name has its list's: the only class of calls is "calls".
toml::table* element(toml::array& list, const std::string& list_name, const std::string& step) {
    for (toml::node& each : list) {
        toml::table* table = each.as_table();
        const auto* name = table ? table->get_as<std::string>("name") : nullptr;
        if (table && (name ? name->get() : list_name) == step) return table;
    }
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool number = error == std::errc{} && end == step.data() + step.size();
    return number && index < list.size() ? list.get(index)->as_table() : nullptr;
}

}  // namespace

std::string apply_override(toml::table& root, const std::string& wish) {
    const std::size_t equals = wish.find('=');
    if (equals == std::string::npos || equals == 0 || wish.size() > wish_bytes_max) {
        return "must be key.path=value, like trunk.lines=30";
    }
    std::string path = wish.substr(0, equals), value = wish.substr(equals + 1);
    path.erase(path.find_last_not_of(' ') + 1);
    value.erase(0, value.find_first_not_of(' '));
    const std::vector<std::string> steps = steps_of(path);
    if (steps.size() > depth_max) return "is too deep";
    toml::table* table = &root;
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
        toml::node* node = table->get(steps[i]);
        if (toml::array* list = node ? node->as_array() : nullptr) {
            if (++i + 1 >= steps.size()) return "says which, but not which key of it";
            table = element(*list, steps[i - 1], steps[i]);
            if (!table) return "there is no " + steps[i] + " among " + steps[i - 1];
            continue;
        }
        if (!node || !node->is_table()) table->insert_or_assign(steps[i], toml::table{});
        table = table->get_as<toml::table>(steps[i]);
    }
    put(*table, steps.back(), value);
    return {};
}

}  // namespace sim
