#include "replay/drive/drive.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "replay/drive/client.hpp"
#include "replay/drive/telephone.hpp"
#include "replay/drive/wishes.hpp"

namespace replay {
namespace {

using Json = nlohmann::json;

constexpr Duration answer_patience = seconds(8), event_patience = seconds(5), settle = seconds(1);
constexpr std::string_view wrong_pin = "0000000000";  // nobody makes one of ten zeros

class Driving {
public:
    Driving(const journal::Reader& reader, const Script& script, const DriveWish& wish,
            const DriveProgress& progress)
        : reader_(reader), script_(script), wish_(wish), progress_(progress), client_(wish.http) {}

    Result<DriveReport, std::string> run() {
        auto sounds = sim::make_sounds(media::pcmu_format, 1);
        if (!sounds) return fail(std::string{"there is no G.711 to speak with"});
        sounds_ = std::move(*sounds);
        if (auto done = prepare(); !done.ok()) return fail(done.error());
        const Instant begin = base::steady_now();
        for (const Step& step : script_.steps) {
            if (progress_) progress_(report_.steps, script_.steps.size());
            ++report_.steps;
            const auto after = static_cast<std::int64_t>(
                static_cast<double>((step.at - script_.steps.front().at).us) / wish_.scale);
            (void)pump_until(begin + Duration{after}, [] { return false; });
            if (auto done = take(step); !done.ok()) return fail(done.error());
        }
        (void)pump_until(base::steady_now() + settle, [] { return false; });
        tell_streams();
        std::ranges::sort(report_.latencies_us);
        return std::move(report_);
    }

private:
    struct Stream {
        std::string driven;  // its name there; empty: it could not be made
        std::string host_pin, guest_pin;
        Json recorded_host_pin, recorded_guest_pin;
        std::vector<std::string> recorded, seen;
        std::size_t awaited = 0;  // of seen; what failed to come is not waited for twice
    };

    // ---- people and their telephones ----

    Done<std::string> prepare() {
        for (const auto& [name, person] : script_.people) {
            const std::string user = there(name), password = base::hex(base::random_bytes(12));
            Json body{{"user", user},
                      {"display_name", person.display_name.empty() ? name : person.display_name},
                      {"password", password},
                      {"may_dial_numbers", person.may_dial_numbers}};
            const auto made = client_.call("POST", "/api/users", body, wish_.token);
            if (!made.ok())
                return fail(made.error() +
                            " (a drive needs an administrator's token on a server "
                            "where none of its people exist)");
            const auto in =
                client_.call("POST", "/api/sign_in", {{"user", user}, {"password", password}}, "");
            if (!in.ok()) return fail(in.error());
            tokens_[name] = in.value().value("token", "");
            if (auto done = give_telephone(name); !done.ok()) return done;
        }
        return {};
    }

    // The first administrator is there on every server.
    static std::string there(const std::string& name) {
        return name == "admin" ? "recorded_admin" : name;
    }

    Done<std::string> give_telephone(const std::string& name) {
        if (!needs_telephone(name)) return {};
        const auto made = client_.call("POST", "/api/users/" + there(name) + "/phones",
                                       {{"label", "drive"}}, wish_.token);
        if (!made.ok()) return fail(made.error());
        auto opened =
            open_telephone(made.value().value("user", ""), made.value().value("password", ""));
        if (!opened.ok()) return fail(opened.error());
        Telephone& telephone = *(of_users_[name] = opened.value());
        telephone.enrol(base::steady_now());
        if (!pump_for(answer_patience, [&] { return telephone.enrolled(); }))
            return fail("the telephone of " + name + " cannot be registered at " +
                        sim::text_of(wish_.sip));
        return {};
    }

    bool needs_telephone(const std::string& name) const {
        return std::ranges::any_of(script_.steps, [&](const Step& step) {
            return (step.command == "TryPin" && step.fields.value("user", "") == name) ||
                   (step.command == "Dial" && step.fields.value("target", "") == name);
        });
    }

    Result<Telephone*, std::string> open_telephone(const std::string& name,
                                                   const std::string& password) {
        auto opened = Telephone::open({.server = wish_.sip,
                                       .name = name,
                                       .password = password,
                                       .number = static_cast<unsigned>(telephones_.size())},
                                      sounds_);
        if (!opened.ok()) return fail(opened.error());
        telephones_.push_back(std::move(opened).value());
        return telephones_.back().get();
    }

    // ---- time ----

    template <class Ready>
    bool pump_until(Instant until, Ready ready) {
        while (true) {
            const Instant now = base::steady_now();
            for (const auto& telephone : telephones_) telephone->pump(now);
            for (const SeenEvent& event : client_.poll()) see(event);
            if (ready()) return true;
            if (now >= until) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds{4});
        }
    }
    template <class Ready>
    bool pump_for(Duration patience, Ready ready) {
        return pump_until(base::steady_now() + patience, ready);
    }

    void see(const SeenEvent& event) {
        last_event_ = event.at;
        auto line = line_of(event.type, event.fields);
        if (!line) return;
        if (line->ends_with("=recorded_admin")) line->replace(line->size() - 14, 14, "admin");
        for (auto& [name, stream] : streams_) {
            if (stream.driven == event.stream) stream.seen.push_back(*line);
        }
    }

    // ---- steps ----

    Done<std::string> take(const Step& step) {
        Stream& stream = streams_[step.stream];
        const Instant asked = base::steady_now();
        in_vain_ = false;
        const Wish wish = wish_of(step);
        std::string why = wish.not_driven;
        switch (wish.kind) {
            case Wish::Kind::follows: ++report_.followed; break;
            case Wish::Kind::not_driven: break;
            case Wish::Kind::create: why = create(step, wish, stream); break;
            case Wish::Kind::request: why = request(step, wish, stream); break;
            case Wish::Kind::key: why = key(step, stream); break;
            case Wish::Kind::telephone: why = telephone(step, wish); break;
        }
        if (!why.empty()) ++report_.not_driven[why];
        const bool made = why.empty() && wish.kind != Wish::Kind::follows;
        if (made) ++report_.driven;
        if (wish.kind == Wish::Kind::create) return {};  // nobody could watch it being made
        stream.recorded.insert(stream.recorded.end(), step.expected.begin(), step.expected.end());
        if (stream.driven.empty() || step.expected.empty() || !why.empty() || in_vain_) return {};
        stream.awaited += step.expected.size();
        const bool came =
            pump_for(event_patience, [&] { return stream.seen.size() >= stream.awaited; });
        if (!came) stream.awaited = stream.seen.size();
        if (came && made && wish.kind == Wish::Kind::request)
            report_.latencies_us.push_back(std::max<std::int64_t>(0, (last_event_ - asked).us));
        return {};
    }

    std::string token_of(const Step& step) const {
        const auto found = tokens_.find(step.by.starts_with("user/") ? step.by.substr(5) : "");
        return found == tokens_.end() ? std::string{} : found->second;
    }

    std::string create(const Step& step, const Wish& wish, Stream& stream) {
        const std::string token = token_of(step);
        if (token.empty()) return step.command + " by " + kind_of(step.by) + ": nobody to ask as";
        Json body = wish.body;
        if (body.contains("conversation")) {
            const Stream& chat =
                streams_["conversation/" + body["conversation"].get<std::string>()];
            if (chat.driven.empty())
                body.erase("conversation");
            else
                body["conversation"] = chat.driven.substr(13);
        }
        const auto made = client_.call("POST", wish.path, names_there(body), token);
        if (!made.ok()) return step.command + ": " + made.error();
        stream.driven =
            step.stream.substr(0, step.stream.find('/') + 1) + made.value().value("id", "");
        stream.host_pin = made.value().value("host_pin", "");
        stream.guest_pin = made.value().value("guest_pin", "");
        stream.recorded_host_pin = step.fields.value("host_pin", "");
        stream.recorded_guest_pin = step.fields.value("guest_pin", "");
        const auto followed = client_.follow(token, stream.driven);
        return followed.ok() ? std::string{} : followed.error();
    }

    static Json names_there(Json body) {
        for (const char* field : {"user", "with"}) {
            if (body.contains(field)) body[field] = there(body[field]);
        }
        for (const char* field : {"people", "members"}) {
            if (!body.contains(field)) continue;
            for (Json& name : body[field]) name = there(name);
        }
        return body;
    }

    std::string request(const Step& step, const Wish& wish, const Stream& stream) {
        if (stream.driven.empty()) return "of a " + kind_of(step.stream) + " that was not driven";
        const std::string token = token_of(step);
        if (token.empty()) return step.command + " by " + kind_of(step.by) + ": nobody to ask as";
        const auto done = client_.call(wish.method, "/api/" + plural_of(stream.driven) + wish.path,
                                       names_there(wish.body), token);
        // What they refuse now was done then: its events will be missing, and that is told.
        in_vain_ = !done.ok();
        if (!done.ok()) report_.refused.push_back(done.error());
        if (step.command == "Dial") {
            const auto rung = of_users_.find(step.fields.value("target", ""));
            if (rung != of_users_.end()) of_legs_[step.leg] = rung->second;
        }
        return {};
    }

    // A telephone dials in with the conference's number, and keys a PIN.
    std::string key(const Step& step, Stream& stream) {
        if (stream.driven.empty()) return "of a conference that was not driven";
        const std::string leg = step.fields.value("leg", ""), user = step.fields.value("user", "");
        Telephone*& telephone = of_legs_[leg];
        if (telephone == nullptr) {
            if (!user.empty()) telephone = of_users_[user];
            if (telephone == nullptr) {
                auto opened = open_telephone(step.fields.value("caller", "guest"), "");
                if (!opened.ok()) return opened.error();
                telephone = opened.value();
            }
            telephone->call(stream.driven.substr(11), base::steady_now());
            (void)pump_for(answer_patience,
                           [&] { return telephone->up() || telephone->refused() != 0; });
            in_vain_ = !telephone->up();
            if (in_vain_) return {};  // its events will be missing, and that is told
            (void)pump_for(milliseconds(300), [] { return false; });
        }
        const Json pin = step.fields["pin"];
        const std::string keys = pin == stream.recorded_host_pin    ? stream.host_pin
                                 : pin == stream.recorded_guest_pin ? stream.guest_pin
                                                                    : std::string{wrong_pin};
        telephone->key(keys + "#");
        const bool enters = std::ranges::any_of(
            step.expected, [](const auto& line) { return line.starts_with("seat_entered"); });
        if (enters) speak_as(step, leg, *telephone);
        return {};
    }

    // What was captured of that leg begins when it enters the room.
    void speak_as(const Step& step, const std::string& leg, Telephone& telephone) {
        auto voice = CapturedVoice::find(reader_, step.stream, step.epoch,
                                         std::strtoull(leg.c_str(), nullptr, 16));
        if (!voice) return;
        telephone.say(std::move(*voice));
        ++report_.voices;
    }

    std::string telephone(const Step& step, const Wish& wish) {
        Telephone* found = of_legs_[step.fields.value("leg", "")];
        if (found == nullptr) return step.command + " of a telephone that was not driven";
        const bool rung = wish.act == Wish::Act::ring || wish.act == Wish::Act::answer ||
                          wish.act == Wish::Act::refuse;
        in_vain_ = rung ? !pump_for(answer_patience, [&] { return found->rings(); }) : !found->up();
        switch (wish.act) {
            case Wish::Act::ring: found->ring(); break;
            case Wish::Act::answer:
                found->answer(base::steady_now());
                speak_as(step, step.fields.value("leg", ""), *found);
                break;
            case Wish::Act::refuse: found->refuse(wish.status); break;
            case Wish::Act::hang_up: found->hang_up(base::steady_now()); break;
            case Wish::Act::key: found->key(step.fields.value("code", "")); break;
        }
        return {};
    }

    void tell_streams() {
        for (auto& [name, stream] : streams_) {
            if (stream.driven.empty()) continue;
            report_.streams.push_back({.recorded = name,
                                       .driven = stream.driven,
                                       .lines = side_by_side(stream.recorded, stream.seen)});
        }
    }

    const journal::Reader& reader_;
    const Script& script_;
    const DriveWish& wish_;
    const DriveProgress& progress_;
    Client client_;
    sim::Sounds sounds_;
    std::map<std::string, std::string> tokens_;  // by recorded name
    std::vector<std::unique_ptr<Telephone>> telephones_;
    std::map<std::string, Telephone*> of_users_, of_legs_;  // by recorded name, by recorded leg
    std::map<std::string, Stream> streams_;                 // by recorded name
    Instant last_event_{};
    bool in_vain_ = false;  // the step in hand came to nothing
    DriveReport report_;
};

}  // namespace

std::size_t DriveReport::differences() const {
    std::size_t all = 0;
    for (const Stream& stream : streams) all += stream.differences();
    return all;
}

Result<DriveReport, std::string> drive(const journal::Reader& reader, const Script& script,
                                       const DriveWish& wish, const DriveProgress& progress) {
    return Driving{reader, script, wish, progress}.run();
}

}  // namespace replay
