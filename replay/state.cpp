#include "replay/state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/history.hpp"
#include "base/edit_distance.hpp"
#include "journal/codec.hpp"
#include "schema/transition_generated.h"

namespace replay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t page = 512;
constexpr std::size_t names_looked_at_max = 200'000;  // a second's work at most

std::string no_such(const journal::Log& log, const std::string& stream) {
    std::string text = "there is no stream '" + stream + "'";
    const auto near = nearest_streams(log, stream);
    for (std::size_t i = 0; i < near.size(); ++i) text += (i == 0 ? ". Near it: " : ", ") + near[i];
    return text;
}

// {"type":"UserState","fields":{...}}: the kind of the state stands in the stream's name.
std::string fields_of(const std::string& json) {
    constexpr std::string_view before = "\"fields\":";
    const std::size_t at = json.find(before) + before.size();
    return json.substr(at, json.size() - at - 1);
}

bool is_beyond(const schema::TransitionT& transition, const Moment& moment) {
    return (moment.number && transition.sequence > *moment.number) ||
           (moment.time && transition.now > moment.time->us);
}

/// How an element of an array is named: "id=2"; empty when nothing names it.
std::string name_of(const Json& element) {
    for (const char* field : {"id", "label", "contact", "user", "token"}) {
        if (element.is_object() && element.contains(field)) {
            const Json& value = element[field];
            return std::string{field} + '=' +
                   (value.is_string() ? value.get<std::string>() : value.dump());
        }
    }
    return {};
}

bool named(const Json& array) {
    std::vector<std::string> names;
    for (const Json& element : array) names.push_back(name_of(element));
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end() &&
           (names.empty() || !names[0].empty());
}

class Comparison {
public:
    void values(const std::string& path, const Json& before, const Json& after) {
        if (before == after) return;
        if (before.is_object() && after.is_object()) return objects(path, before, after);
        if (before.is_array() && after.is_array()) return arrays(path, before, after);
        found.push_back({path, before.dump(), after.dump()});
    }
    std::vector<FieldChange> found;

private:
    void objects(const std::string& path, const Json& before, const Json& after) {
        const std::string stem = path.empty() ? path : path + '.';
        for (const auto& [name, value] : before.items()) {
            if (after.contains(name)) {
                values(stem + name, value, after[name]);
            } else {
                found.push_back({stem + name, value.dump(), {}});
            }
        }
        for (const auto& [name, value] : after.items()) {
            if (!before.contains(name)) found.push_back({stem + name, {}, value.dump()});
        }
    }

    void arrays(const std::string& path, const Json& before, const Json& after) {
        const bool by_name = named(before) && named(after);
        const auto keyed = [&](const Json& array) {
            Json object = Json::object();
            for (std::size_t i = 0; i < array.size(); ++i)
                object[by_name ? name_of(array[i]) : std::to_string(i)] = array[i];
            return object;
        };
        const Json old_ones = keyed(before), new_ones = keyed(after);
        for (const auto& [name, value] : old_ones.items()) {
            const std::string place = path + '[' + name + ']';
            if (new_ones.contains(name)) {
                values(place, value, new_ones[name]);
            } else {
                found.push_back({place, value.dump(), {}});
            }
        }
        for (const auto& [name, value] : new_ones.items()) {
            if (!old_ones.contains(name))
                found.push_back({path + '[' + name + ']', {}, value.dump()});
        }
    }
};

}  // namespace

Result<StateAt, std::string> state_at(const journal::Log& log, const std::string& stream,
                                      const Moment& moment) {
    const auto parsed = parse_stream(stream);
    const auto head = parsed ? log.head(stream) : journal::Head{};
    if (!head.ok()) return fail(stream + ": cannot be read. Run 'partyline journal check'");
    if (head.value().sequence == 0) return fail(no_such(log, stream));
    if (moment.number && *moment.number > head.value().sequence) {
        return fail(stream + ": has " + std::to_string(head.value().sequence) +
                    " transitions, not " + std::to_string(*moment.number));
    }
    actors::History history{*parsed};
    StateAt found{.stream = stream};
    for (bool more = true; more;) {
        const auto records = log.read_stream(stream, history.sequence() + 1, page);
        if (!records.ok()) return fail(stream + ": cannot be read. Run 'partyline journal check'");
        more = records.value().size() == page;
        for (const journal::Record& record : records.value()) {
            const auto transition = journal::decode_transition(record.payload);
            if (transition.ok() && is_beyond(transition.value(), moment)) {
                more = false;
                break;
            }
            if (!transition.ok() || !history.fold(transition.value(), record.payload)) {
                return fail(stream + ", sequence " + std::to_string(history.sequence() + 1) +
                            ": does not follow the transition before it. Run 'partyline journal "
                            "check'");
            }
            found.position = record.position;
        }
    }
    const auto state = history.machine().state();
    found.sequence = history.sequence();
    found.now = history.last_now();
    found.state = fields_of(journal::to_json(state));
    found.hash = actors::state_hash(state);
    return found;
}

std::vector<FieldChange> changes(const std::string& before, const std::string& after) {
    Comparison comparison;
    const Json one = Json::parse(before, nullptr, false),
               other = Json::parse(after, nullptr, false);
    if (one.is_discarded() || other.is_discarded()) return {};
    comparison.values({}, one, other);
    return std::move(comparison.found);
}

std::vector<std::string> nearest_streams(const journal::Log& log, std::string_view name,
                                         std::size_t count_max) {
    std::vector<std::pair<std::size_t, std::string>> near;
    std::size_t looked_at = 0;
    for (std::string after; looked_at < names_looked_at_max;) {
        const auto names = log.list_streams({}, after, page);
        if (!names.ok() || names.value().empty()) break;
        for (const std::string& one : names.value()) {
            const std::string_view bare = std::string_view{one}.substr(one.find('/') + 1);
            // People leave out the kind.
            near.emplace_back(
                std::min(base::edit_distance(name, one), base::edit_distance(name, bare) + 1), one);
        }
        std::sort(near.begin(), near.end());
        if (near.size() > count_max) near.resize(count_max);
        looked_at += names.value().size();
        after = names.value().back();
    }
    std::vector<std::string> names;
    for (auto& [far, one] : near) {
        if (far <= std::max<std::size_t>(3, name.size() / 2)) names.push_back(std::move(one));
    }
    return names;
}

}  // namespace replay
