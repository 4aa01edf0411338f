// The keys of a scenario, described once: who reads them, who prints them and who documents them
// visit the same description.
//
// Thread: pure. A visitor of a file may fill the values in as it goes: what a key means can depend
// on one that was visited before (a distribution's shape comes before its mean).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scenario/scenario.hpp"

namespace sim {

struct Key {
    std::string_view name;
    std::string_view about;   // one line of docs/scenarios.md
    bool used = true;         // false: what was read before makes it meaningless
    bool needed = false;      // without it there is no meaning
    std::string_view unless;  // who does not use it: "the model poisson"
};

struct Range {
    double least = 0, most = 0;
    bool above = false;  // `least` itself is not allowed
};

enum class Unit : std::uint8_t { number, seconds, milliseconds };

class Visitor {
public:
    using Inside = std::function<void(Visitor&)>;
    struct List {  // of tables
        std::size_t size = 0, most = 0;
        std::function<void(std::size_t)> resize;
        std::function<void(std::size_t, Visitor&)> visit;
    };

    virtual ~Visitor() = default;
    virtual void text(const Key& key, std::string& value, std::size_t bytes_max) = 0;
    virtual void truth(const Key& key, bool& value) = 0;
    virtual void count(const Key& key, std::uint32_t& value, Range range) = 0;
    virtual void number(const Key& key, double& value, Range range, Unit unit = Unit::number) = 0;
    /// A time, or "auto".
    virtual void time_or_auto(const Key& key, double& seconds, bool& automatic, Range range) = 0;
    virtual void rate(const Key& key, double& per_second, Range range) = 0;
    virtual void choose(const Key& key, std::size_t& value,
                        std::span<const std::string_view> names) = 0;
    virtual void list(const Key& key, std::vector<double>& values, Range range, Unit unit,
                      std::size_t count_min, std::size_t count_max) = 0;
    /// The first column of a CSV file; the values are printed elsewhere.
    virtual void file(const Key& key, std::vector<double>& values, Range range) = 0;
    virtual void spans(const Key& key, std::vector<std::pair<double, double>>& spans_s) = 0;
    virtual void table(const Key& key, const Inside& inside) = 0;
    virtual void tables(const Key& key, const List& list) = 0;
    /// A table, or a number or time alone when it is constant.
    virtual void spread(const Key& key, Spread& value, Range range, Unit unit) = 0;
    virtual void maybe_spread(const Key& key, std::optional<Spread>& value, Range range,
                              Unit unit) = 0;

    template <class Enum>
    void choice(const Key& key, Enum& value, std::span<const std::string_view> names) {
        auto index = static_cast<std::size_t>(value);
        choose(key, index, names);
        value = static_cast<Enum>(index);
    }
};

/// All keys, in the order of the page and of the canonical text.
void visit_scenario(Scenario& scenario, Visitor& visitor);
/// Of one distribution, whose values lie in `range`.
void visit_spread(Spread& spread, Range range, Unit unit, Visitor& visitor);

/// How calls or meetings begin.
void visit_arrivals(Arrivals& arrivals, Visitor& visitor);

/// "0 .. 1", "0s .. 366d".
[[nodiscard]] std::string say(Range range, Unit unit);
[[nodiscard]] std::string say_time(double seconds);
/// The fewest digits that read back as the same bits.
[[nodiscard]] std::string say_number(double value);
/// The name with the fewest letters to change.
[[nodiscard]] std::string_view nearest(std::string_view wrong,
                                       std::span<const std::string_view> names);

}  // namespace sim
