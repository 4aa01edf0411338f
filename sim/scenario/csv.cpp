#include "sim/scenario/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace sim {
namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\"");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\"") - first + 1);
}

/// A file name may not lead out of the scenario's folder, nor hide control characters.
bool is_plain_name(const std::string& name) {
    return name != "." && name != ".." && name.find_first_of("/\\") == std::string::npos &&
           std::ranges::all_of(name, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

}  // namespace

Result<std::vector<double>, std::string> parse_column(std::string_view text,
                                                      const std::string& name, Range range) {
    std::vector<double> values;
    bool heading_seen = false;
    std::size_t line = 0;
    const auto at = [&] { return name + ":" + std::to_string(line) + ": "; };
    while (!text.empty()) {
        ++line;
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view whole = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (whole.empty() || whole.starts_with('#')) continue;
        const std::string_view cell = trimmed(whole.substr(0, whole.find_first_of(",;\t")));
        double value = 0;
        const auto [stop, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
        if (error != std::errc{} || stop != cell.data() + cell.size()) {
            const bool heading = values.empty() && !heading_seen && !cell.empty();
            heading_seen = true;
            if (heading) continue;
            return fail(at() + '"' + std::string{cell.substr(0, 40)} + "\" is not a number");
        }
        const bool inside =
            (range.above ? value > range.least : value >= range.least) && value <= range.most;
        if (!inside) {
            return fail(at() + std::string{cell.substr(0, 40)} + " is outside " +
                        say(range, Unit::number));
        }
        if (values.size() == values_max) {
            return fail(at() + "more than " + std::to_string(values_max) + " values");
        }
        values.push_back(value);
    }
    if (values.empty()) return fail(name + ": there are no numbers in its first column");
    return values;
}

Result<std::vector<double>, std::string> read_column(const std::string& name,
                                                     const ReadBeside& read_beside, Range range) {
    if (!is_plain_name(name)) {
        return fail(std::string{"must be the name of a file in the scenario's own folder"});
    }
    if (!read_beside) return fail(name + " cannot be read here");
    const auto text = read_beside(name);
    if (!text.ok()) return fail(text.error());
    return parse_column(text.value(), name, range);
}

}  // namespace sim
