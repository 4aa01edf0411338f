#include "sim/scenario/quantities.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sim {

std::optional<double> time_ms(std::string_view text) {
    struct Length {
        std::string_view letters;
        double ms;
    };
    // "ms" before "m": the longer name first.
    static constexpr std::array<Length, 5> lengths{
        {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    double sum = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{}) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        while (text.starts_with(' ')) text.remove_prefix(1);
        const auto length = std::ranges::find_if(
            lengths, [&](const Length& each) { return text.starts_with(each.letters); });
        if (length == lengths.end()) return std::nullopt;
        text.remove_prefix(length->letters.size());
        while (text.starts_with(' ')) text.remove_prefix(1);
        sum += value * length->ms;
    }
    return sum;
}

std::optional<double> rate_per_second(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + slash, value);
    std::string_view rest{end, static_cast<std::size_t>(text.data() + slash - end)};
    if (error != std::errc{} || rest.find_first_not_of(' ') != std::string_view::npos) return {};
    std::string_view per = text.substr(slash + 1);
    while (per.starts_with(' ')) per.remove_prefix(1);
    if (per == "s" || per == "second") return value;
    if (per == "min" || per == "m" || per == "minute") return value / 60;
    if (per == "h" || per == "hour") return value / 3'600;
    if (per == "d" || per == "day") return value / 86'400;
    return std::nullopt;
}

}  // namespace sim
