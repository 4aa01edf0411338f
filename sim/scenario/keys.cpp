#include "sim/scenario/keys.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sim/scenario/schema.hpp"

namespace sim {
namespace {

struct Row {
    std::string key, about, kind, usual, range;
};

std::string default_of(const Spread& spread, Unit unit) {
    const auto one = [&](double value) {
        return unit == Unit::number ? say_number(value) : say_time(value);
    };
    using enum Spread::Shape;
    switch (spread.shape) {
        case exponential: return "exponential, mean " + one(spread.mean);
        case lognormal:
            return "lognormal, mean " + one(spread.mean) + ", sigma " + say_number(spread.sigma);
        case geometric: return "geometric, mean " + one(spread.mean);
        case constant:
        case uniform:
        case empirical: break;
    }
    return one(spread.mean);
}

/// Gathers the rows of each table, with the values that stand in a fresh Scenario.
class Lister : public Visitor {
public:
    explicit Lister(std::string section) : section_(std::move(section)) {}

    struct Section {
        std::string name, about;
        std::vector<Row> rows;
    };
    [[nodiscard]] std::vector<Row> rows() const { return rows_; }
    [[nodiscard]] std::vector<Section> sections() const { return sections_; }

    void text(const Key& key, std::string& value, std::size_t bytes_max) override {
        add(key, "text", value.empty() ? "empty" : '"' + value + '"',
            "at most " + std::to_string(bytes_max) + " bytes");
    }
    void truth(const Key& key, bool& value) override {
        add(key, "true or false", value ? "true" : "false", "");
    }
    void count(const Key& key, std::uint32_t& value, Range range) override {
        add(key, "whole number", std::to_string(value), say(range, Unit::number));
    }
    void number(const Key& key, double& value, Range range, Unit unit) override {
        const double seconds = unit == Unit::milliseconds ? value / 1'000 : value;
        add(key, unit == Unit::number ? "number" : "time",
            unit == Unit::number ? say_number(value) : say_time(seconds), say(range, unit));
    }
    void time_or_auto(const Key& key, double& seconds, bool&, Range range) override {
        add(key, "time or \"auto\"", say_time(seconds), say(range, Unit::seconds));
    }
    void rate(const Key& key, double& per_second, Range range) override {
        add(key, "rate", say_number(per_second), say(range, Unit::number) + " per second");
    }
    void choose(const Key& key, std::size_t& value,
                std::span<const std::string_view> names) override {
        std::string all;
        for (const std::string_view name : names) {
            all += (all.empty() ? "`" : ", `") + std::string{name} + '`';
        }
        add(key, "one of", std::string{names[std::min(value, names.size() - 1)]}, all);
    }
    void list(const Key& key, std::vector<double>&, Range range, Unit unit, std::size_t count_min,
              std::size_t count_max) override {
        const Range count{static_cast<double>(count_min), static_cast<double>(count_max)};
        const std::string how_many =
            count_min == count_max ? std::to_string(count_min) : say(count, Unit::number);
        add(key, unit == Unit::number ? "list of numbers" : "list of times", "empty",
            how_many + " of " + say(range, unit));
    }
    void file(const Key& key, std::vector<double>&, Range) override {
        add(key, "name of a file", "none", "at most 1,000,000 lines");
    }
    void spans(const Key& key, std::vector<std::pair<double, double>>&) override {
        add(key, "list of pairs of times", "empty", "at most 1,000");
    }
    void table(const Key& key, const Inside& inside) override {
        if (key.name == "arrivals") return add(key, "arrivals", "model none", "see below");
        if (!section_.empty()) {  // a table within a table: its keys stand among the others
            Lister within{section_ + "." + std::string{key.name}};
            within.prefix_ = prefix_ + std::string{key.name} + ".";
            inside(within);
            for (Row& row : within.rows_) rows_.push_back(std::move(row));
            return;
        }
        Lister within{std::string{key.name}};
        inside(within);
        sections_.push_back(
            {"[" + std::string{key.name} + "]", std::string{key.about}, within.rows_});
    }
    void tables(const Key& key, const List& list) override {
        if (list.size == 0) list.resize(1);
        Lister within{std::string{key.name}};
        list.visit(0, within);
        if (!section_.empty())
            return add(key, "list of tables", "empty", "1 .. " + std::to_string(list.most));
        sections_.push_back(
            {"[[" + std::string{key.name} + "]]",
             std::string{key.about} + " (at most " + std::to_string(list.most) + ")",
             within.rows_});
    }
    void spread(const Key& key, Spread& value, Range range, Unit unit) override {
        add(key, unit == Unit::number ? "distribution" : "distribution of times",
            default_of(value, unit), say(range, unit));
    }
    void maybe_spread(const Key& key, std::optional<Spread>&, Range range, Unit unit) override {
        add(key, unit == Unit::number ? "distribution" : "distribution of times", "absent",
            say(range, unit));
    }

    std::map<std::string, std::pair<bool, bool>> used;  // and needed, by key

private:
    void add(const Key& key, const std::string& kind, const std::string& usual,
             const std::string& range) {
        const std::string name = prefix_ + std::string{key.name};
        used[name] = {key.used, key.needed};
        rows_.push_back({name, std::string{key.about}, kind, usual, range});
    }

    std::string section_, prefix_;
    std::vector<Row> rows_;
    std::vector<Section> sections_;
};

std::string table_of(const std::vector<Row>& rows) {
    std::string out = "\n| key | meaning | value | default | range |\n|---|---|---|---|---|\n";
    for (const Row& row : rows) {
        out += "| `" + row.key + "` | " + row.about + " | " + row.kind + " | " + row.usual + " | " +
               row.range + " |\n";
    }
    return out;
}

/// Keys whose meaning depends on the first one: which of its values use them, and need them.
template <class Value, class Enum>
std::string dependent_table(Enum Value::*chooser, const std::vector<std::string>& names,
                            const std::function<void(Value&, Visitor&)>& visit) {
    std::vector<Row> rows;
    std::map<std::string, std::string> used_by;
    for (std::size_t i = 0; i < names.size(); ++i) {
        Value value;
        value.*chooser = static_cast<Enum>(i);
        Lister lister{"within"};
        visit(value, lister);
        rows = lister.rows();
        for (const auto& [key, use] : lister.used) {
            if (!use.first) continue;
            std::string& by = used_by[key];
            by += (by.empty() ? "" : ", ") + names[i] + (use.second ? "" : " (may)");
        }
    }
    std::string out = "\n| key | meaning | value | of | range |\n|---|---|---|---|---|\n";
    for (const Row& row : rows) {
        const bool first = row.key == rows[0].key;
        out += "| `" + row.key + "` | " + row.about + " | " + row.kind + " | " +
               (first ? "all" : used_by[row.key]) + " | " + row.range + " |\n";
    }
    return out;
}

}  // namespace

std::string describe_keys() {
    Scenario scenario;
    Lister lister{""};
    visit_scenario(scenario, lister);
    std::string out = "### The file itself\n" + table_of(lister.rows());
    for (const Lister::Section& section : lister.sections()) {
        out += "\n### " + section.name + "\n\n" + section.about + ".\n" + table_of(section.rows);
    }
    out +=
        "\n### Arrivals\n\nOf the models, those that need a key are listed, and those that may "
        "have it.\n" +
        dependent_table<Arrivals, Arrivals::Model>(
            &Arrivals::model,
            {"none", "poisson", "markov", "time_of_day", "flash_crowd", "finite_sources", "trace"},
            [](Arrivals& arrivals, Visitor& visitor) { visit_arrivals(arrivals, visitor); });
    out +=
        "\n### Distributions\n\nA number or a time alone is constant. The values, and so mean, "
        "low and high, keep to the key's own range.\n" +
        dependent_table<Spread, Spread::Shape>(
            &Spread::shape,
            {"constant", "exponential", "lognormal", "uniform", "geometric", "empirical"},
            [](Spread& spread, Visitor& visitor) {
                visit_spread(spread, {0, 366 * 86'400.0}, Unit::seconds, visitor);
            });
    return out;
}

}  // namespace sim
