#include "sim/scenario/toml_reader.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "sim/scenario/csv.hpp"
#include "sim/scenario/quantities.hpp"
#include "sim/scenario/schema.hpp"

namespace sim {
namespace {

std::uint32_t line_of(const toml::node& node) { return node.source().begin.line; }

/// What was written, for a sentence about it.
std::string shown(const toml::node& node) {
    if (const auto* text = node.as_string()) return '"' + text->get().substr(0, 40) + '"';
    if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* real = node.as_floating_point()) return say_number(real->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    return node.is_table() ? "a table" : node.is_array() ? "a list" : "a date";
}

std::optional<double> plain_number(const toml::node& node) {
    if (const auto* whole = node.as_integer()) return static_cast<double>(whole->get());
    if (const auto* real = node.as_floating_point()) return real->get();
    return std::nullopt;
}

class TomlReader : public Visitor {
public:
    TomlReader(const toml::table& table, std::string prefix, Reading& reading)
        : table_(table), prefix_(std::move(prefix)), reading_(reading) {}

    void text(const Key& key, std::string& value, std::size_t bytes_max) override {
        const toml::node* node = find(key);
        if (!node) return;
        const auto* given = node->as_string();
        if (!given) return wrong(*node, key, shown(*node) + " must be text in quotes");
        if (given->get().size() > bytes_max) {
            return wrong(*node, key, "at most " + std::to_string(bytes_max) + " bytes");
        }
        value = given->get();
    }

    void truth(const Key& key, bool& value) override {
        const toml::node* node = find(key);
        if (!node) return;
        if (const auto* given = node->as_boolean())
            value = given->get();
        else
            wrong(*node, key, shown(*node) + " must be true or false, without quotes");
    }

    void count(const Key& key, std::uint32_t& value, Range range) override {
        const toml::node* node = find(key);
        if (!node) return;
        const auto* given = node->as_integer();
        if (!given) {
            return wrong(*node, key, shown(*node) + " must be a whole number without quotes");
        }
        if (within(*node, key, static_cast<double>(given->get()), range, Unit::number)) {
            value = static_cast<std::uint32_t>(given->get());
        }
    }

    void number(const Key& key, double& value, Range range, Unit unit) override {
        const toml::node* node = find(key);
        if (!node) return;
        if (const auto read = one(*node, key.name, range, unit)) value = *read;
    }

    void time_or_auto(const Key& key, double& seconds, bool& automatic, Range range) override {
        const auto* given = table_.get_as<std::string>(key.name);
        automatic = given && given->get() == "auto";
        if (automatic)
            find(key);
        else
            number(key, seconds, range, Unit::seconds);
    }

    void rate(const Key& key, double& per_second, Range range) override {
        // Three names for one thing; the first that stands there counts, two are a mistake.
        const std::string name{key.name};
        std::vector<const toml::node*> given;
        for (const auto& [alias, factor] : {std::pair{name, 1.0},
                                            {std::string{"per_second"}, 1.0},
                                            {std::string{"per_hour"}, 3'600.0}}) {
            Key called = key;
            called.name = alias;
            called.needed = false;
            const toml::node* node = find(called);
            if (!node) continue;
            given.push_back(node);
            std::optional<double> read = plain_number(*node);
            if (const auto* text = node->as_string(); text && alias == name) {
                read = rate_per_second(text->get());
            }
            if (!read) {
                wrong(*node, called,
                      shown(*node) +
                          " must be a number per second, or text like \"30/h\" or "
                          "\"2/s\"");
            } else if (within(*node, called, *read / factor, range, Unit::number)) {
                per_second = *read / factor;
            }
        }
        if (given.size() > 1) wrong(*given[1], key, "the rate stands there twice");
        if (given.empty() && key.needed && key.used) missing(key);
    }

    void choose(const Key& key, std::size_t& value,
                std::span<const std::string_view> names) override {
        const toml::node* node = find(key);
        if (!node) return;
        const auto* given = node->as_string();
        const auto found =
            given ? std::ranges::find(names, std::string_view{given->get()}) : names.end();
        if (found != names.end()) {
            value = static_cast<std::size_t>(found - names.begin());
            return;
        }
        std::string all;
        for (const std::string_view name : names) {
            all += (all.empty() ? "\"" : ", \"") + std::string{name} + '"';
        }
        wrong(*node, key, shown(*node) + " must be one of " + all);
        broken_ = true;
    }

    void list(const Key& key, std::vector<double>& values, Range range, Unit unit,
              std::size_t count_min, std::size_t count_max) override {
        const toml::node* node = find(key);
        if (!node) return;
        const auto* given = node->as_array();
        if (!given) return wrong(*node, key, shown(*node) + " must be a list like [1, 2]");
        if (given->size() < count_min || given->size() > count_max) {
            return wrong(*node, key,
                         "a list of " + std::to_string(given->size()) + "; there must be " +
                             say({static_cast<double>(count_min), static_cast<double>(count_max)},
                                 Unit::number));
        }
        if (!values.empty() && from_file_) {
            return wrong(*node, key, "the values come from the file already");
        }
        values.clear();
        for (const toml::node& each : *given) {
            const auto read = one(each, key.name, range, unit);
            if (!read) return;
            values.push_back(*read);
        }
    }

    void file(const Key& key, std::vector<double>& values, Range range) override {
        const toml::node* node = find(key);
        if (!node) return;
        std::string name;
        text(key, name, 200);
        if (name.empty()) return;
        const auto read = read_column(name, reading_.read_beside, range);
        if (!read.ok()) return wrong(*node, key, read.error());
        values = read.value();
        from_file_ = true;
    }

    void spans(const Key& key, std::vector<std::pair<double, double>>& spans_s) override {
        const toml::node* node = find(key);
        if (!node) return;
        const auto* given = node->as_array();
        if (!given || given->size() > 1'000) {
            return wrong(*node, key, "must be a list of at most 1000, like [[\"1h\", \"1h5m\"]]");
        }
        spans_s.clear();
        for (const toml::node& each : *given) {
            const auto* pair = each.as_array();
            if (!pair || pair->size() != 2) {
                return wrong(each, key, "must be two times, from and to: [\"1h\", \"1h5m\"]");
            }
            const Range range{0, 366 * 86'400.0};
            const auto from = one(*pair->get(0), key.name, range, Unit::seconds);
            const auto to = one(*pair->get(1), key.name, range, Unit::seconds);
            if (!from || !to) return;
            if (*from >= *to) return wrong(each, key, "ends before it begins");
            spans_s.emplace_back(*from, *to);
        }
    }

    void table(const Key& key, const Inside& inside) override {
        const toml::node* node = find(key);
        if (!node) return;
        const auto* given = node->as_table();
        if (!given) return wrong(*node, key, shown(*node) + " must be a table: { ... }");
        TomlReader within{*given, path(key.name) + ".", reading_};
        inside(within);
        within.finish();
    }

    void tables(const Key& key, const List& list) override {
        const toml::node* node = find(key);
        if (!node) return;
        const auto* given = node->as_array();
        const bool all = given && std::ranges::all_of(*given, [](const toml::node& each) {
                             return each.is_table();
                         });
        if (!all) {
            return wrong(*node, key,
                         "must be a list of tables: [[" + path(key.name) + "]] before each");
        }
        if (given->size() > list.most) {
            return wrong(*node, key, "at most " + std::to_string(list.most));
        }
        list.resize(given->size());
        for (std::size_t i = 0; i < given->size(); ++i) {
            TomlReader within{*given->get(i)->as_table(), path(key.name) + ".", reading_};
            list.visit(i, within);
            within.finish();
        }
    }

    void spread(const Key& key, Spread& value, Range range, Unit unit) override {
        const toml::node* node = find(key);
        if (!node) return;
        if (const auto* given = node->as_table()) {
            // Without a shape it keeps the default's, and what it does not say of it.
            if (given->contains("shape")) value = Spread{};
            TomlReader within{*given, path(key.name) + ".", reading_};
            within.keeps_defaults_ = !given->contains("shape");
            visit_spread(value, range, unit, within);
            within.finish();
            if (value.shape == Spread::Shape::uniform && value.low > value.high) {
                wrong(*node, key, "low is above high");
            }
            const bool told = given->contains("file") || given->contains("values");
            if (value.shape == Spread::Shape::empirical && value.values.empty() && !told) {
                wrong(*node, key, "empirical needs `file` or `values`");
            }
        } else if (const auto constant = one(*node, key.name, range, unit)) {
            value = {.shape = Spread::Shape::constant, .mean = *constant};
        }
    }

    void maybe_spread(const Key& key, std::optional<Spread>& value, Range range,
                      Unit unit) override {
        if (!table_.contains(key.name)) return (void)find(key);
        value.emplace();
        spread(key, *value, range, unit);
    }

    /// Names every key that nobody asked for.
    void finish() {
        if (broken_) return;  // what is known depends on what was not understood
        for (const auto& [name, node] : table_) {
            if (known_.contains(name.str())) continue;
            std::vector<std::string_view> names(used_.begin(), used_.end());
            reading_.wrong(line_of(node), path(name.str().substr(0, 60)),
                           "there is no such key. Did you mean " +
                               std::string{nearest(name.str(), names)} + "?");
        }
    }

private:
    [[nodiscard]] std::string path(std::string_view name) const {
        return prefix_ + std::string{name};
    }
    void wrong(const toml::node& node, const Key& key, const std::string& what) {
        reading_.wrong(line_of(node), path(key.name), what);
    }
    void missing(const Key& key) {
        if (broken_ || keeps_defaults_) return;
        const std::string of =
            key.unless.empty() ? "" : " (" + std::string{key.unless} + " needs it)";
        reading_.wrong(line_of(table_), path(key.name), "is missing" + of);
    }

    /// The key's node; nothing when it does not stand there, or has no business there.
    const toml::node* find(const Key& key) {
        known_.emplace(key.name);
        if (key.used) used_.emplace(key.name);
        const toml::node* node = table_.get(key.name);
        if (!node) {
            if (key.needed && key.used) missing(key);
            return nullptr;
        }
        reading_.lines.emplace(path(key.name), line_of(*node));
        if (!key.used) {
            if (!broken_)
                wrong(*node, key, std::string{key.unless} + " has no " + std::string{key.name});
            return nullptr;
        }
        return node;
    }

    bool within(const toml::node& node, const Key& key, double value, Range range, Unit unit) {
        const bool inside =
            (range.above ? value > range.least : value >= range.least) && value <= range.most;
        if (!inside) {  // NaN, too
            wrong(node, key, shown(node) + " is outside " + say(range, unit));
        }
        return inside;
    }

    /// A number, or a time as number of seconds or text, in the unit of the field.
    std::optional<double> one(const toml::node& node, std::string_view name, Range range,
                              Unit unit) {
        const double field_ms = unit == Unit::milliseconds ? 1 : 1'000;
        std::optional<double> value = plain_number(node);
        if (value && unit == Unit::milliseconds) *value *= 1'000;
        if (const auto* text = node.as_string(); text && unit != Unit::number) {
            value = time_ms(text->get());
            if (value) *value /= field_ms;
        }
        if (!value) {
            wrong(node, {name},
                  shown(node) + (unit == Unit::number
                                     ? " must be a number without quotes"
                                     : " must be a number of seconds or text like \"90s\", \"5m\", "
                                       "\"1h30m\" or \"20ms\""));
            return std::nullopt;
        }
        if (!within(node, {name}, unit == Unit::milliseconds ? *value / 1'000 : *value, range,
                    unit)) {
            return std::nullopt;
        }
        return value;
    }

    const toml::table& table_;
    std::string prefix_;
    Reading& reading_;
    std::set<std::string, std::less<>> known_, used_;
    bool broken_ = false, keeps_defaults_ = false, from_file_ = false;
};

}  // namespace

void read_table(const toml::table& root, Scenario& scenario, Reading& reading) {
    TomlReader reader{root, {}, reading};
    visit_scenario(scenario, reader);
    reader.finish();
}

}  // namespace sim
