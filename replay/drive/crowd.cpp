#include "replay/drive/crowd.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/hash.hpp"

namespace replay {
namespace {

using Json = nlohmann::json;

constexpr Duration registration_patience = seconds(8);
constexpr const char* operator_name = "recorded_operator";  // who acts for the command line

std::string plain_number(std::string number) {
    return number.starts_with("00") ? "+" + number.substr(2) : number;
}

std::string user_in(const std::string& address) { return std::string{sim::user_of(address)}; }

}  // namespace

Crowd::Crowd(const journal::Reader& reader, const Script& script, const DriveWish& wish,
             Client& client, Wait wait)
    : reader_(reader), script_(script), wish_(wish), client_(client), wait_(std::move(wait)) {}

// ---- people

Done<std::string> Crowd::prepare() {
    media::Format format = media::pcmu_format;
    if (auto made = sim::make_sounds(format, 1))
        sounds_.emplace(format, std::move(*made));
    else
        return fail(std::string{"there is no G.711 to speak with"});
    if (wish_.trunk) {
        auto line = Line::open_at(wish_.sip, *wish_.trunk);
        if (!line.ok()) return fail("--trunk " + sim::text_of(*wish_.trunk) + ": " + line.error());
        trunk_ = line.value();
    }
    for (const auto& [name, person] : script_.people) {
        if (auto done = make_person(name, person); !done.ok()) return done;
        if (auto done = give_telephone(name); !done.ok()) return done;
    }
    const bool operated =
        std::ranges::any_of(script_.steps, [](const Step& step) { return step.by == "cli"; });
    if (!operated) return {};
    return make_person("", {.display_name = "Command line", .may_dial_numbers = true});
}

std::string Crowd::there(const std::string& name) {
    if (name.empty()) return operator_name;
    return name == "admin" ? "recorded_admin" : name;
}

std::string Crowd::here(const std::string& name) {
    return name == "recorded_admin" ? "admin" : name;
}

Json Crowd::names_there(Json body) {
    for (const char* field : {"user", "with"}) {
        if (body.contains(field)) body[field] = there(body[field]);
    }
    for (const char* field : {"people", "members"}) {
        if (!body.contains(field)) continue;
        for (Json& name : body[field]) name = there(name);
    }
    return body;
}

Done<std::string> Crowd::make_person(const std::string& name, const Person& person) {
    const std::string user = there(name), password = base::hex(base::random_bytes(12));
    const auto made =
        client_.call("POST", "/api/users",
                     {{"user", user},
                      {"display_name", person.display_name.empty() ? user : person.display_name},
                      {"password", password},
                      {"may_dial_numbers", person.may_dial_numbers}},
                     wish_.token);
    if (!made.ok())
        return fail(user + " cannot be made there: " + made.error() +
                    (made.error().find(" was answered with ") == std::string::npos
                         ? ""
                         : " (a drive needs an administrator's token on a server where none of "
                           "its people exist)"));
    const auto in =
        client_.call("POST", "/api/sign_in", {{"user", user}, {"password", password}}, "");
    if (!in.ok()) return fail(in.error());
    accounts_[name].token = in.value().value("token", "");
    return {};
}

std::string Crowd::token_of(const std::string& person) const {
    const auto found = accounts_.find(person);
    return found == accounts_.end() ? std::string{} : found->second.token;
}

bool Crowd::needs_telephone(const std::string& name) const {
    return std::ranges::any_of(script_.legs,
                               [&](const auto& leg) { return leg.second.user == name; }) ||
           std::ranges::any_of(script_.steps, [&](const Step& step) {
               return (step.command == "Dial" && step.fields.value("target", "") == name) ||
                      (step.command == "SendMessage" && step.by.starts_with("phone/") &&
                       person_of(step.by) == name);
           });
}

Done<std::string> Crowd::give_telephone(const std::string& name) {
    if (!needs_telephone(name)) return {};
    const auto made = client_.call("POST", "/api/users/" + there(name) + "/phones",
                                   {{"label", "drive"}}, wish_.token);
    if (!made.ok()) return fail(made.error());
    Account& account = accounts_[name];
    account.phone = made.value().value("user", "");
    account.password = made.value().value("password", "");
    auto opened = open(account.phone, account.password, {});
    if (!opened.ok()) return fail(opened.error());
    of_users_[name] = opened.value();
    return register_phone(name, true);
}

Telephone* Crowd::phone_of(const std::string& person) const {
    const auto found = of_users_.find(person);
    return found == of_users_.end() ? nullptr : found->second;
}

Done<std::string> Crowd::register_phone(const std::string& person, bool on) {
    Telephone* telephone = phone_of(person);
    if (telephone == nullptr || telephone->enrolled() == on) return {};
    on ? telephone->enrol(base::steady_now()) : telephone->withdraw(base::steady_now());
    if (wait_(registration_patience, [&] { return telephone->enrolled() == on; })) return {};
    return fail("the telephone of " + person + " cannot be " + (on ? "" : "un") + "registered at " +
                sim::text_of(wish_.sip));
}

// ---- telephones

Result<Telephone*, std::string> Crowd::open(const std::string& name, const std::string& password,
                                            std::shared_ptr<Line> shared) {
    const bool carried = shared != nullptr;
    auto opened =
        Telephone::open({.server = wish_.sip,
                         .name = name,
                         .password = password,
                         .number = static_cast<unsigned>(telephones_.size() + carried_.size()),
                         .shared = std::move(shared)},
                        media::pcmu_format, sounds_.at(media::pcmu_format));
    if (!opened.ok()) return fail(opened.error());
    auto& list = carried ? carried_ : telephones_;
    list.push_back(std::move(opened).value());
    return list.back().get();
}

const sim::Sounds& Crowd::sounds_of(media::Format& format) {
    if (!sounds_.contains(format)) {
        auto made = sim::make_sounds(format, 1);
        if (made)
            sounds_.emplace(format, std::move(*made));
        else
            format = media::pcmu_format;
    }
    return sounds_.at(format);
}

std::optional<CapturedVoice> Crowd::voice_of(const std::string& leg) const {
    const auto story = script_.legs.find(leg);
    if (story == script_.legs.end()) return std::nullopt;
    return CapturedVoice::find(reader_, "conference/" + story->second.conference,
                               story->second.epoch, std::strtoull(leg.c_str(), nullptr, 16));
}

Telephone* Crowd::play(const std::string& leg, Telephone* telephone) {
    const auto voice = voice_of(leg);
    media::Format format = voice ? voice->format() : media::pcmu_format;
    const sim::Sounds& sounds = sounds_of(format);
    telephone->speak_as(format, sounds);
    of_legs_[leg] = telephone;
    leg_of_[telephone] = leg;
    return telephone;
}

Result<Telephone*, std::string> Crowd::caller_of(const std::string& leg) {
    const LegStory& story = script_.legs.at(leg);
    Telephone* known = story.user.empty() ? nullptr : phone_of(story.user);
    if (known != nullptr && !known->busy()) return play(leg, known);
    const auto account = accounts_.find(story.user);
    const bool has_account = !story.user.empty() && account != accounts_.end();
    auto opened = open(has_account ? account->second.phone : story.caller,
                       has_account ? account->second.password : "",
                       story.source.starts_with("trunk:") ? trunk_ : nullptr);
    if (!opened.ok()) return fail(opened.error());
    return play(leg, opened.value());
}

Result<Telephone*, std::string> Crowd::called_of(const std::string& leg, const std::string& kind,
                                                 const std::string& target) {
    if (kind == "user") {
        Telephone* known = phone_of(target);
        if (known == nullptr) return fail(target + " has no telephone");
        return play(leg, known);
    }
    Telephone*& known = of_targets_[target];
    if (known == nullptr) {
        const bool number = kind == "number";
        auto opened =
            open(number ? plain_number(target) : user_in(target), "", number ? trunk_ : nullptr);
        if (!opened.ok()) return fail(opened.error());
        known = opened.value();
    }
    return play(leg, known);
}

Telephone* Crowd::of_leg(const std::string& leg) const {
    const auto found = of_legs_.find(leg);
    return found == of_legs_.end() ? nullptr : found->second;
}

// ---- time

void Crowd::read_trunk(Instant now) {
    if (trunk_ == nullptr) return;
    for (const std::string& text : trunk_->receive()) {
        const auto message = sim::parse_sip(text);
        if (!message) continue;
        const auto whose = std::ranges::find_if(
            carried_, [&](const auto& telephone) { return telephone->concerns(*message); });
        if (whose != carried_.end())
            (*whose)->take(*message, now);
        else if (message->method == "INVITE" && message->status == 0)
            trunk_->send({sim::plain_response(*message, "404 Not Found")});
        else if (message->method == "OPTIONS" && message->status == 0)
            trunk_->send({sim::plain_response(*message, "200 OK")});
    }
}

void Crowd::pump(Instant now, const std::function<void(const std::string&, std::string)>& noticed) {
    read_trunk(now);
    for (const auto* list : {&telephones_, &carried_}) {
        for (const auto& telephone : *list) {
            telephone->pump(now);
            for (std::string& news : telephone->take_news())
                noticed(leg_of_[telephone.get()], std::move(news));
        }
    }
}

void Crowd::forget_calls() {
    for (const auto* list : {&telephones_, &carried_})
        for (const auto& telephone : *list) telephone->forget();
}

void Crowd::hang_up_all(Instant now) {
    for (const auto* list : {&telephones_, &carried_}) {
        for (const auto& telephone : *list) {
            if (telephone->rings()) telephone->refuse("480 Temporarily Unavailable");
            telephone->hang_up(now);
        }
    }
}

}  // namespace replay
