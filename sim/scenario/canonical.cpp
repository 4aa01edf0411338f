// The canonical text: every key that has a meaning, in the schema's order, as TOML that reads back.
#include <algorithm>
#include <array>

#include "sim/scenario/scenario_file.hpp"
#include "sim/scenario/schema.hpp"

namespace sim {
namespace {

std::string quoted(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

/// `key = value` lines under [headers], or, inside braces, `key = value, key = value`.
class Printer : public Visitor {
public:
    explicit Printer(bool inside_braces) : inside_braces_(inside_braces) {}

    [[nodiscard]] std::string text() const { return text_; }

    void text(const Key& key, std::string& value, std::size_t) override { add(key, quoted(value)); }
    void truth(const Key& key, bool& value) override { add(key, value ? "true" : "false"); }
    void count(const Key& key, std::uint32_t& value, Range) override {
        add(key, std::to_string(value));
    }
    void number(const Key& key, double& value, Range, Unit unit) override {
        add(key, one(value, unit));
    }
    void time_or_auto(const Key& key, double& seconds, bool& automatic, Range) override {
        add(key, automatic ? "\"auto\"" : say_number(seconds));
    }
    void rate(const Key& key, double& per_second, Range) override {
        add(key, say_number(per_second));
    }
    void choose(const Key& key, std::size_t& value,
                std::span<const std::string_view> names) override {
        add(key, quoted(value < names.size() ? names[value] : "?"));
    }
    void list(const Key& key, std::vector<double>& values, Range, Unit unit, std::size_t,
              std::size_t) override {
        std::string all;
        for (const double value : values) all += (all.empty() ? "" : ", ") + one(value, unit);
        add(key, "[" + all + "]");
    }
    void file(const Key&, std::vector<double>&, Range) override {}
    void spans(const Key& key, std::vector<std::pair<double, double>>& spans_s) override {
        std::string all;
        for (const auto& [from, to] : spans_s) {
            if (!all.empty()) all += ", ";
            all += "[" + say_number(from) + ", " + say_number(to) + "]";
        }
        add(key, "[" + all + "]");
    }
    void table(const Key& key, const Inside& inside) override {
        if (!key.used) return;
        Printer within{deep()};
        inside(within);
        if (deep())
            add(key, "{ " + within.text_ + " }");
        else
            tables_ += "\n[" + std::string{key.name} + "]\n" + within.whole();
    }
    void tables(const Key& key, const List& list) override {
        if (!key.used) return;
        std::string all;
        for (std::size_t i = 0; i < list.size; ++i) {
            Printer within{deep()};
            list.visit(i, within);
            if (deep())
                all += (all.empty() ? "{ " : ", { ") + within.text_ + " }";
            else
                tables_ += "\n[[" + std::string{key.name} + "]]\n" + within.whole();
        }
        if (deep()) add(key, "[" + all + "]");
    }
    void spread(const Key& key, Spread& value, Range range, Unit unit) override {
        if (value.shape == Spread::Shape::constant) return add(key, one(value.mean, unit));
        Printer within{true};
        visit_spread(value, range, unit, within);
        add(key, "{ " + within.text_ + " }");
    }
    void maybe_spread(const Key& key, std::optional<Spread>& value, Range range,
                      Unit unit) override {
        if (value) spread(key, *value, range, unit);
    }

    [[nodiscard]] std::string whole() const { return text_ + tables_; }

    bool top = false;

private:
    /// Tables of the file itself have headers; what lies deeper stands in braces.
    [[nodiscard]] bool deep() const { return !top; }

    [[nodiscard]] static std::string one(double value, Unit unit) {
        return unit == Unit::milliseconds ? quoted(say_number(value) + "ms") : say_number(value);
    }
    void add(const Key& key, const std::string& value) {
        if (!key.used) return;
        if (inside_braces_ && !text_.empty()) text_ += ", ";
        text_ += std::string{key.name} + " = " + value;
        if (!inside_braces_) text_ += "\n";
    }

    bool inside_braces_;
    std::string text_, tables_;
};

}  // namespace

std::string canonical(const Scenario& scenario) {
    Scenario copy = scenario;
    // Which class stands first in the file means nothing.
    std::ranges::sort(copy.calls, {}, &CallClass::name);
    std::ranges::sort(copy.meetings, {}, &MeetingClass::name);
    Printer printer{false};
    printer.top = true;
    visit_scenario(copy, printer);
    return printer.whole();
}

base::Hash configuration_hash(const Scenario& scenario) {
    return base::blake2b(canonical(scenario));
}

}  // namespace sim
