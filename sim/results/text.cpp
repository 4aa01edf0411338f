#include "sim/results/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace sim {
namespace {

std::string with_decimals(double value, int decimals) {
    char text[400];
    std::snprintf(text, sizeof text, "%.*f", std::clamp(decimals, 0, 12), value);
    return text;
}

// 10^e <= |value| < 10^(e + 1), by the text itself: no logarithm that could round differently.
int exponent_of(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.15e", std::fabs(value));
    const std::string all = text;
    return std::atoi(all.c_str() + all.find('e') + 1);
}

// A byte that goes on with a character is none of its own.
std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string rounded(double value, int digits) {
    if (value == 0) return "0";
    if (!std::isfinite(value)) return "-";
    const int exponent = exponent_of(value);
    if (exponent < -6 || exponent > 15) {
        char text[40];
        std::snprintf(text, sizeof text, "%.*e", digits - 1, value);
        return text;
    }
    return with_decimals(value, digits - 1 - exponent);
}

std::string brief(double value, int digits) {
    std::string text = rounded(value, digits);
    if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string exact_text(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

std::string short_text(double value, int digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    return text;
}

std::string grouped_digits(double value) {
    std::string digits = with_decimals(std::fabs(value), 0);
    for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
        digits.insert(static_cast<std::size_t>(i), ",");
    return (value < 0 ? "-" : "") + digits;
}

Written written(const Interval& interval) {
    if (!interval.told()) return {"-", "-"};
    if (!interval.bounded()) return {rounded(interval.mean), "-"};
    // Rounding errors of equal values are no width.
    if (interval.half_width <= 1e-12 * std::fabs(interval.mean))
        return {rounded(interval.mean), "0"};
    const int exponent = exponent_of(interval.half_width);
    // Nobody reads a tenth digit of a mean.
    if (exponent < -9 || interval.half_width < 1e-6 * std::fabs(interval.mean))
        return {rounded(interval.mean), rounded(interval.half_width, 2)};
    const int decimals = 1 - exponent;
    return {with_decimals(interval.mean, decimals), with_decimals(interval.half_width, decimals)};
}

std::string aligned(const std::vector<std::vector<std::string>>& rows,
                    const std::vector<std::size_t>& left) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], characters(row[i]));
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string gap(widths[i] - characters(row[i]), ' ');
            const bool to_left = i == 0 || std::ranges::find(left, i) != left.end();
            line += (i > 0 ? "  " : "") + (to_left ? row[i] + gap : gap + row[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string clock_time(double seconds) {
    const auto all = static_cast<long long>(seconds + 0.5);
    char text[60];
    if (all >= 3600)
        std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", all / 3600, all / 60 % 60, all % 60);
    else
        std::snprintf(text, sizeof text, "%lld:%02lld", all / 60, all % 60);
    return text;
}

}  // namespace sim
