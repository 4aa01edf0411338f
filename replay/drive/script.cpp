#include "replay/drive/script.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/clock.hpp"
#include "journal/browse.hpp"
#include "journal/codec.hpp"
#include "schema/transition_generated.h"

namespace replay {
namespace {

using Json = nlohmann::json;

// What follows from sound or from where a telephone stands, not from anybody's wish.
constexpr std::array uncompared{"seat_talking", "seat_silent", "conference_created",
                                "conversation_created"};
// In this order in a line. "what" is how the journal calls "recording".
constexpr std::array compared{
    "seat", "user",  "from",   "role", "kind", "muted", "by_host", "raised",  "locked", "recording",
    "what", "in_db", "out_db", "deaf", "to",   "on",    "cause",   "blocked", "text"};

std::string snake_of(std::string_view type) {
    std::string snake;
    for (const char c : type) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !snake.empty()) snake += '_';
        snake += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return snake;
}

// Nothing, none and no are left out: one side has null where the other has an empty text.
std::string value_of(const Json& value) {
    if (value.is_string() && value != "none") return value;
    if (value.is_boolean()) return value ? "true" : "";
    if (value.is_number_integer() && value != 0) return value.dump();
    return {};
}

struct Reading {
    const ScriptWish& wish;
    Script script;
    std::string chat;  // of the one conference, once it is known
    std::map<std::string, Person> known;

    bool is_wanted(const std::string& stream) const {
        const bool conference = stream.starts_with("conference/");
        if (!conference && !stream.starts_with("conversation/")) return false;
        if (wish.conference.empty()) return true;
        return stream == "conference/" + wish.conference || (!chat.empty() && stream == chat);
    }

    void meet(const std::string& name) {
        if (name.empty() || script.people.contains(name)) return;
        const auto found = known.find(name);
        if (found != known.end()) script.people.insert(*found);
    }
    void meet_all(const Step& step) {
        if (step.by.starts_with("user/")) meet(step.by.substr(5));
        for (const char* field : {"user"}) {
            if (step.fields.contains(field)) meet(step.fields[field]);
        }
        for (const char* field : {"people", "members"}) {
            if (!step.fields.contains(field)) continue;
            for (const Json& name : step.fields[field]) meet(name);
        }
        if (step.command == "Dial" && step.fields.value("kind", "") == "user")
            meet(step.fields.value("target", ""));
    }

    void take(const schema::TransitionT& transition) {
        if (transition.stream.starts_with("user/")) return take_user(transition);
        if (transition.stream == "conference/" + wish.conference)
            if (const auto* made = transition.command.AsCreateConference();
                made != nullptr && !made->conversation.empty())
                chat = "conversation/" + made->conversation;
        if (!is_wanted(transition.stream)) return;
        const Instant at{transition.now};
        if ((wish.from && at < *wish.from) || (wish.to && at > *wish.to)) return;
        const Json command = Json::parse(journal::to_json(transition.command));
        Step step{.at = at,
                  .stream = transition.stream,
                  .by = transition.by,
                  .epoch = transition.epoch,
                  .command = command["type"],
                  .fields = command["fields"]};
        for (const auto& event : transition.events) {
            const Json json = Json::parse(journal::to_json(event));
            const auto line = line_of(json["type"].get<std::string>(), json["fields"]);
            if (line) step.expected.push_back(*line);
            if (json["type"] == "SeatDialled") step.leg = json["fields"].value("leg", "");
        }
        meet_all(step);
        script.steps.push_back(std::move(step));
    }

    void take_user(const schema::TransitionT& transition) {
        Person& person = known[transition.stream.substr(5)];
        if (const auto* made = transition.command.AsCreateUser())
            person = {made->display_name, made->admin, made->may_dial_numbers};
        if (const auto* may = transition.command.AsSetMayDialNumbers())
            person.may_dial_numbers = may->allowed;
    }
};

}  // namespace

std::optional<std::string> line_of(std::string_view type, const Json& fields) {
    std::string line = snake_of(type);
    if (std::ranges::find(uncompared, line) != uncompared.end()) return std::nullopt;
    for (const char* name : compared) {
        if (!fields.contains(name)) continue;
        const std::string value = value_of(fields[name]);
        if (value.empty()) continue;
        line += ' ';
        line += std::string_view{name} == "what" ? "recording" : name;
        line += '=' + value;
    }
    return line;
}

Result<Script, std::string> read_script(const journal::Reader& reader, const ScriptWish& wish) {
    Reading reading{.wish = wish};
    const auto end =
        journal::cat(reader, {}, [&](const schema::TransitionT& transition, journal::Position) {
            reading.take(transition);
            return true;
        });
    if (end.fault != journal::Fault::none)
        return fail("the journal cannot be read behind position " +
                    std::to_string(end.next_position - 1) + ": " + std::string{name_of(end.fault)});
    if (reading.script.steps.empty())
        return fail(wish.conference.empty()
                        ? std::string{"nothing was recorded that could be driven"}
                        : "nothing of conference " + wish.conference + " was recorded then");
    return std::move(reading.script);
}

}  // namespace replay
