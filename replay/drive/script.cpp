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
constexpr std::array compared{"seat",    "user",   "from",   "role",      "kind",  "muted",
                              "by_host", "raised", "locked", "recording", "what",  "in_db",
                              "out_db",  "deaf",   "to",     "on",        "cause", "sip_status",
                              "blocked", "via",    "text"};
constexpr std::array described{"title",  "seat",   "user",  "kind",  "target",     "muted",
                               "raised", "locked", "what",  "in_db", "out_db",     "deaf",
                               "to",     "on",     "phase", "cause", "sip_status", "caller",
                               "called", "digits", "code",  "text"};
constexpr std::size_t shown_max = 40;

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

// What its telephone could notice of this event.
std::string noticed(const LegStory& leg, const std::string& type, const Json& fields) {
    if (type == "LegAnswered" && leg.inbound) return "call_answered";
    if (type != "LegEnded" || !fields.value("by_us", false)) return {};
    const std::string cause = fields.value("cause", "");
    if (cause == "lost") return {};  // in a restart: nobody is told
    if (leg.answered) return "hung_up_by_server";
    if (leg.kind.empty() && !leg.inbound) return {};  // it was taken back before it was placed
    return leg.inbound ? "call_refused sip_status=" + std::to_string(fields.value("sip_status", 0))
                       : "cancelled_by_server";
}

struct Reading {
    const ScriptWish& wish;
    Script script;
    std::string chat;  // of the one conference, once it is known
    std::map<std::string, Person> known;

    bool is_wanted(const Step& step) const {
        if (wish.conference.empty()) return true;
        if (step.stream.starts_with("call_leg/")) {
            const auto leg = script.legs.find(step.leg);
            return leg != script.legs.end() && leg->second.conference == wish.conference;
        }
        return step.stream == "conference/" + wish.conference ||
               (!chat.empty() && step.stream == chat);
    }

    void meet(const std::string& name) {
        if (name.empty() || script.people.contains(name)) return;
        const auto found = known.find(name);
        if (found != known.end()) script.people.insert(*found);
    }
    void meet_all(const Step& step) {
        meet(person_of(step.by));
        if (step.fields.contains("user")) meet(step.fields["user"]);
        for (const char* field : {"people", "members"}) {
            if (!step.fields.contains(field)) continue;
            for (const Json& name : step.fields[field]) meet(name);
        }
        if (step.command == "Dial" && step.fields.value("kind", "") == "user")
            meet(step.fields.value("target", ""));
    }

    void take(const schema::TransitionT& transition) {
        const std::string& stream = transition.stream;
        if (stream.starts_with("user/")) take_user(transition);
        const bool leg = stream.starts_with("call_leg/");
        if (!leg && !stream.starts_with("conference/") && !stream.starts_with("conversation/")) {
            ++script.left_out;
            return;
        }
        if (stream == "conference/" + wish.conference)
            if (const auto* made = transition.command.AsCreateConference();
                made != nullptr && !made->conversation.empty())
                chat = "conversation/" + made->conversation;
        const Json command = Json::parse(journal::to_json(transition.command));
        Step step{.at = Instant{transition.now},
                  .stream = stream,
                  .by = transition.by,
                  .epoch = transition.epoch,
                  .command = command["type"],
                  .fields = command["fields"]};
        step.leg = leg ? stream.substr(9) : step.fields.value("leg", "");
        for (const auto& event : transition.events) {
            const Json json = Json::parse(journal::to_json(event));
            leg ? take_leg_event(step, json) : take_event(step, json);
        }
        if ((wish.from && step.at < *wish.from) || (wish.to && step.at > *wish.to)) return;
        script.steps.push_back(std::move(step));
    }

    static void take_event(Step& step, const Json& event) {
        const auto line = line_of(event["type"].get<std::string>(), event["fields"]);
        if (line) step.expected.push_back(*line);
        if (event["type"] == "SeatDialled") step.leg = event["fields"].value("leg", "");
    }

    void take_leg_event(Step& step, const Json& event) {
        LegStory& leg = script.legs[step.leg];
        const Json& fields = event["fields"];
        const std::string type = event["type"];
        const std::string line = noticed(leg, type, fields);
        if (!line.empty()) step.expected.push_back(line);
        if (type == "CallOffered") {
            leg.inbound = true;
            leg.caller = fields.value("caller", "");
            leg.user = fields.value("user", "");
            leg.source = fields.value("source", "");
            leg.called = fields.value("called", "");
            leg.route = fields.value("route", "");
            leg.unfit = step.fields.value("unfit", 0u);
        }
        if (type == "CallPlaced") {
            leg.kind = fields.value("kind", "user");
            leg.target = fields.value("target", "");
        }
        if (fields.contains("conference") && !fields["conference"].get<std::string>().empty())
            leg.conference = fields["conference"];
        if (leg.epoch == 0) leg.epoch = step.epoch;
        leg.answered = leg.answered || type == "LegAnswered";
        if (type == "LegEnded" && leg.cause.empty()) leg.cause = fields.value("cause", "");
    }

    void take_user(const schema::TransitionT& transition) {
        Person& person = known[transition.stream.substr(5)];
        if (const auto* made = transition.command.AsCreateUser())
            person = {made->display_name, made->admin, made->may_dial_numbers};
        if (const auto* may = transition.command.AsSetMayDialNumbers())
            person.may_dial_numbers = may->allowed;
    }

    // Whose conference a leg is of is known at its end only.
    void finish() {
        std::erase_if(script.steps, [&](const Step& step) { return !is_wanted(step); });
        std::set<std::string> wanted;
        for (const Step& step : script.steps) {
            meet_all(step);
            wanted.insert(step.leg);
        }
        std::erase_if(script.legs, [&](const auto& leg) { return !wanted.contains(leg.first); });
        for (const auto& [name, leg] : script.legs) meet(leg.user);
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

std::string sentence_of(const Step& step) {
    std::string text = step.command;
    for (const char* name : described) {
        if (!step.fields.contains(name)) continue;
        std::string value = value_of(step.fields[name]);
        if (value.empty()) continue;
        if (value.size() > shown_max) value = value.substr(0, shown_max) + "...";
        text += std::string{" "} + name + "=" + value;
    }
    return text;
}

std::string person_of(std::string_view by) {
    if (by.starts_with("user/")) return std::string{by.substr(5)};
    if (!by.starts_with("phone/")) return {};
    by.remove_prefix(6);
    return std::string{by.substr(0, by.rfind('-'))};
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
    reading.finish();
    if (reading.script.steps.empty())
        return fail(wish.conference.empty()
                        ? std::string{"nothing was recorded that could be driven"}
                        : "nothing of conference " + wish.conference + " was recorded then");
    return std::move(reading.script);
}

}  // namespace replay
