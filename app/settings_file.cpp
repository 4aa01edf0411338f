// The configuration file: TOML in, mistakes with file, line and key out.
#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "app/settings.hpp"
#include "base/edit_distance.hpp"
#include "base/text.hpp"
#include "base/toml.hpp"

namespace app {
namespace {

constexpr std::string_view trunk_keys[]{"name", "host",     "port",   "match_port", "tcp",
                                        "user", "password", "caller", "srtp",       "prefixes"};

template <class Keys>
std::string did_you_mean(std::string_view wrong, const Keys& keys) {
    std::string_view best;
    for (const std::string_view key : keys) {
        if (best.empty() || base::edit_distance(wrong, key) < base::edit_distance(wrong, best))
            best = key;
    }
    return "there is no such key. Did you mean " + std::string{best} + "?";
}

std::string plain(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    return {};
}

bool fits(const toml::node& node, Shape shape) {
    switch (shape) {
        case Shape::text: return node.is_string();
        case Shape::number: return node.is_integer();
        case Shape::truth: return node.is_boolean();
        case Shape::list: return node.is_array();
    }
    return false;
}

std::string_view needs(Shape shape) {
    switch (shape) {
        case Shape::text: return "must be text in quotes";
        case Shape::number: return "must be a whole number without quotes";
        case Shape::truth: return "must be true or false, without quotes";
        case Shape::list: return "must be a list like [\"example.org\"]";
    }
    return "";
}

// One field of a trunk. Returns what is wrong with it, or nothing.
std::string set_trunk_field(sip::Trunk& trunk, std::string_view key, const std::string& value) {
    if (key == "name")
        trunk.name = value;
    else if (key == "host")
        trunk.host = value;
    else if (key == "user")
        trunk.user = value;
    else if (key == "password")
        trunk.password = value;
    else if (key == "caller")
        trunk.caller = value;
    else if (key == "srtp") {
        trunk.srtp = srtp_rule(value);
        if (!trunk.srtp) return "must be never, offer or require";
    } else if (key == "match_port" || key == "tcp") {
        if (value != "true" && value != "false") return "must be true or false";
        (key == "tcp" ? trunk.tcp : trunk.match_port) = value == "true";
    } else if (key == "port") {
        char* end = nullptr;
        const unsigned long port = std::strtoul(value.c_str(), &end, 10);
        if (value.empty() || *end != 0 || port == 0 || port > 65535)
            return "must be a port from 1 to 65535";
        trunk.port = static_cast<std::uint16_t>(port);
    } else if (key == "prefixes") {
        for (std::size_t at = 0; at < value.size();) {
            const std::size_t space = std::min(value.find(' ', at), value.size());
            const std::string prefix = value.substr(at, space - at);
            if (!prefix.empty()) trunk.prefixes.push_back(prefix == "*" ? "" : prefix);
            at = space + 1;
        }
    } else {
        return did_you_mean(key, trunk_keys);
    }
    return {};
}

std::string trunk_incomplete(const sip::Trunk& trunk) {
    if (trunk.name.empty()) return "a trunk needs a name";
    if (trunk.host.empty()) return "a trunk needs a host (an IPv4 address)";
    return {};
}

class FileReader {
public:
    FileReader(std::string path, Settings& settings)
        : path_(std::move(path)), settings_(settings) {}

    std::vector<Mistake> read() {
        std::ifstream file{path_, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        if (!file) return add(0, {}, "cannot be read"), mistakes_;
        if (!base::is_utf8(text)) return add(0, {}, "is not UTF-8 text"), mistakes_;
        if (const auto line = base::line_of_strange_letter(text)) {
            add(*line, {}, "outside of quotes there are only ASCII letters");
            return mistakes_;
        }
        toml::table root;
        try {  // toml++ reports by exceptions; they end here
            root = toml::parse(text);
        } catch (const toml::parse_error& wrong) {
            add(wrong.source().begin.line, {}, std::string{wrong.description()});
            return mistakes_;
        } catch (const base::TomlConfused&) {
            add(0, {}, "is not TOML");
            return mistakes_;
        }
        walk(root, {});
        std::ranges::stable_sort(mistakes_, {}, &Mistake::line);
        return mistakes_;
    }

private:
    void add(std::uint32_t line, std::string key, std::string what) {
        mistakes_.push_back({path_, line, std::move(key), std::move(what)});
    }

    void walk(const toml::table& table, const std::string& prefix) {
        for (const auto& [name, node] : table) {
            const std::string key = prefix + std::string{name.str()};
            if (key == "trunk") {
                read_trunks(node);
            } else if (const auto* inner = node.as_table(); inner && prefix.empty()) {
                walk(*inner, key + ".");
            } else {
                read_one(key, node);
            }
        }
    }

    void read_one(const std::string& key, const toml::node& node) {
        const std::uint32_t line = node.source().begin.line;
        const auto& table = setting_table();
        const auto known = std::ranges::find(table, key, &Setting::key);
        if (known == table.end()) {
            std::vector<std::string_view> keys{"trunk"};
            for (const Setting& setting : table) keys.push_back(setting.key);
            return add(line, key, did_you_mean(key, keys));
        }
        if (!fits(node, known->shape)) return add(line, key, std::string{needs(known->shape)});
        if (known->shape != Shape::list) return set(*known, line, plain(node));
        for (const toml::node& one : *node.as_array())
            set(*known, one.source().begin.line, plain(one));
    }

    void set(const Setting& setting, std::uint32_t line, const std::string& value) {
        if (std::string wrong = setting.set(settings_, value); !wrong.empty()) {
            add(line, std::string{setting.key}, std::move(wrong));
        }
    }

    void read_trunks(const toml::node& node) {
        const auto* trunks = node.as_array();
        if (!trunks || !trunks->is_homogeneous<toml::table>()) {
            return add(node.source().begin.line, "trunk",
                       "write each trunk below a line [[trunk]]");
        }
        for (const toml::node& one : *trunks) read_trunk(*one.as_table());
    }

    void read_trunk(const toml::table& table) {
        sip::Trunk trunk;
        for (const auto& [name, node] : table) {
            std::string value = plain(node);
            if (const auto* list = node.as_array()) {
                for (const toml::node& one : *list) value += plain(one) + " ";
            }
            std::string wrong = set_trunk_field(trunk, name.str(), value);
            if (!wrong.empty())
                add(node.source().begin.line, "trunk." + std::string{name.str()}, std::move(wrong));
        }
        std::string wrong = trunk_incomplete(trunk);
        if (!wrong.empty()) return add(table.source().begin.line, "trunk", std::move(wrong));
        settings_.trunks.push_back(std::move(trunk));
    }

    std::string path_;
    Settings& settings_;
    std::vector<Mistake> mistakes_;
};

}  // namespace

std::string Mistake::sentence() const {
    std::string text = file + ":" + std::to_string(line) + ": ";
    if (!key.empty()) text += key + ": ";
    return text + what;
}

std::vector<Mistake> read_settings(const std::string& path, Settings& settings) {
    return FileReader{path, settings}.read();
}

std::string add_trunk(Settings& settings, const std::string& text) {
    sip::Trunk trunk;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const std::string part = text.substr(at, comma - at);
        const std::size_t equals = part.find('=');
        if (equals == std::string::npos) return "'" + part + "' is not of the form key=value";
        std::string wrong = set_trunk_field(trunk, part.substr(0, equals), part.substr(equals + 1));
        if (!wrong.empty()) return part.substr(0, equals) + ": " + wrong;
        at = comma + 1;
    }
    std::string wrong = trunk_incomplete(trunk);
    if (wrong.empty()) settings.trunks.push_back(std::move(trunk));
    return wrong;
}

}  // namespace app
