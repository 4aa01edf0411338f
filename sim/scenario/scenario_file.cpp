#include "sim/scenario/scenario_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "base/toml.hpp"
#include "sim/models/talk.hpp"
#include "sim/scenario/overrides.hpp"
#include "sim/scenario/schema.hpp"
#include "sim/scenario/toml_reader.hpp"

namespace sim {
namespace {

bool is_class_name(const std::string& name) {
    return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

/// What no key can be blamed for alone.
class Together {
public:
    Together(Scenario& scenario, Reading& reading) : s_(scenario), reading_(reading) {}

    void check() {
        classes(s_.calls, "calls");
        classes(s_.meetings, "meetings");
        if (!base::is_text(s_.title, 200, false) && !s_.title.empty()) {
            wrong("title", "must be UTF-8 without control characters");
        }
        if (!s_.warm_up_auto && s_.warm_up_s >= s_.until_s) {
            wrong("warm_up", "must end before `until` (" + say_time(s_.until_s) + ")");
        }
        // The sum of three shares written as 0.1 + 0.2 + 0.7 may pass 1 by its last bit.
        if (s_.trunk.busy + s_.trunk.no_answer + s_.trunk.refused > 1 + 1e-9) {
            wrong("trunk.busy", "busy, no_answer and refused together are more than 1");
        }
        for (const CallClass& c : s_.calls) arrivals(c.arrivals, "calls.arrivals");
        for (const MeetingClass& m : s_.meetings) {
            arrivals(m.arrivals, "meetings.arrivals");
            if (m.arrivals.model != Arrivals::Model::none && s_.population.users < 2) {
                wrong("meetings", "meetings need population.users of at least 2");
            }
        }
        if (s_.talk.model == Talk::Model::p59 && !p59_chain(s_.talk)) {
            wrong("talk.model",
                  "no conversation of two has these four means; P.59's are 1.004, "
                  "1.587, 0.228 and 0.508 s");
        }
        if (!s_.precision.metric.empty() && s_.precision.half_width <= 0) {
            wrong("precision.half_width", "must be above 0 when there is a metric");
        }
    }

private:
    template <class Class>
    void classes(std::vector<Class>& all, const std::string& key) {
        // Which stands first means nothing: the order is the names'.
        std::ranges::sort(all, {}, &Class::name);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!is_class_name(all[i].name)) {
                wrong(key + ".name", "must be 1 .. 32 letters, digits, '_' or '-'");
            } else if (i > 0 && all[i - 1].name == all[i].name) {
                wrong(key + ".name", "two are called \"" + all[i].name + "\"; each needs a name");
            }
        }
    }

    void arrivals(const Arrivals& plan, const std::string& key) {
        using enum Arrivals::Model;
        const auto idle = [](double factor) { return factor <= 0; };
        if (plan.model == markov && plan.states.empty()) wrong(key, "markov needs `states`");
        if (plan.model == time_of_day && std::ranges::all_of(plan.by_hour, idle)) {
            wrong(key, "by_hour has no factor above 0");
        }
        if (plan.model == trace && plan.instants_s.empty()) {
            wrong(key, "trace needs `file` or `instants`");
        }
    }

    void wrong(const std::string& key, const std::string& what) {
        const auto line = reading_.lines.find(key);
        if (line == reading_.lines.end())
            reading_.wrong_in(reading_.file, 0, key, what);
        else
            reading_.wrong(line->second, key, what);
    }

    Scenario& s_;
    Reading& reading_;
};

Result<std::string, std::string> read_text(const std::filesystem::path& path,
                                           const std::string& name) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return fail(name + ": there is no such file");
    const auto bytes = std::filesystem::file_size(path, error);
    if (error || bytes > scenario_bytes_max) {
        return fail(name + ": larger than " + std::to_string(scenario_bytes_max >> 20) + " MiB");
    }
    std::ifstream stream{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{stream}, {}};
    if (stream.bad()) return fail(name + ": cannot be read");
    return text;
}

}  // namespace

std::string print(const Mistake& mistake) {
    std::string out = mistake.file;
    if (mistake.line > 0) out += ":" + std::to_string(mistake.line);
    out += ": ";
    if (!mistake.key.empty()) out += mistake.key + ": ";
    return out + mistake.what;
}

ScenarioRead parse_scenario(std::string_view text, const std::string& file,
                            const std::vector<std::string>& overrides,
                            const ReadBeside& read_beside) {
    Reading reading{.file = file, .read_beside = read_beside};
    Scenario scenario;
    if (text.size() > scenario_bytes_max) {
        reading.wrong_in(file, 0, {},
                         "larger than " + std::to_string(scenario_bytes_max >> 20) + " MiB");
        return fail(std::move(reading.mistakes));
    }
    if (!base::is_utf8(text)) {
        reading.wrong_in(file, 0, {}, "is not UTF-8 text");
        return fail(std::move(reading.mistakes));
    }
    if (const auto line = base::line_of_strange_letter(text)) {
        reading.wrong(*line, {}, "outside of quotes there are only ASCII letters");
        return fail(std::move(reading.mistakes));
    }
    toml::table root;
    try {  // toml++ reports by exceptions; they end here
        root = toml::parse(text);
    } catch (const toml::parse_error& bad) {
        reading.wrong(bad.source().begin.line, {}, std::string{bad.description()});
        return fail(std::move(reading.mistakes));
    } catch (const base::TomlConfused&) {
        reading.wrong_in(file, 0, {}, "is not TOML");
        return fail(std::move(reading.mistakes));
    }
    for (const std::string& wish : overrides) {
        const std::string what = apply_override(root, wish);
        if (!what.empty()) {
            reading.mistakes.push_back({"--set " + wish.substr(0, 100), 0, {}, what});
        }
    }
    read_table(root, scenario, reading);
    if (reading.mistakes.empty()) Together{scenario, reading}.check();
    if (reading.mistakes.empty()) return scenario;
    std::ranges::stable_sort(reading.mistakes, {}, &Mistake::line);
    return fail(std::move(reading.mistakes));
}

ScenarioRead read_scenario(const std::string& path, const std::vector<std::string>& overrides) {
    const auto text = read_text(path, path);
    if (!text.ok()) {
        std::string what = text.error().substr(path.size() + 2);
        return fail(std::vector<Mistake>{{path, 0, {}, std::move(what)}});
    }
    const auto folder = std::filesystem::path{path}.parent_path();
    return parse_scenario(text.value(), path, overrides,
                          [&](const std::string& name) { return read_text(folder / name, name); });
}

}  // namespace sim
