#include "replay/drive/drive.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.hpp"
#include "replay/drive/client.hpp"
#include "replay/drive/crowd.hpp"
#include "replay/drive/stream.hpp"
#include "replay/drive/wishes.hpp"

namespace replay {
namespace {

using Json = nlohmann::json;

constexpr Duration answer_patience = seconds(8), event_patience = seconds(5), settle = seconds(1);
constexpr Duration ring_patience = seconds(3);         // from a request until its telephone rings
constexpr Duration lost_patience = milliseconds(200);  // of what will hardly come any more
constexpr Duration restart_patience = seconds(30), prompt_begins = milliseconds(300);
constexpr const char* no_restart = "a restart of the server: say with --restart how it is done";
constexpr const char* no_telephone = "of a telephone that was not played";

class Driving {
public:
    Driving(const journal::Reader& reader, const Script& script, const DriveWish& wish,
            const DriveProgress& progress)
        : script_(script),
          wish_(wish),
          progress_(progress),
          client_(wish.http),
          crowd_(reader, script, wish, client_, [this](Duration patience, const auto& ready) {
              return pump_for(patience, ready);
          }) {}

    Result<DriveReport, std::string> run() {
        if (auto done = crowd_.prepare(); !done.ok()) return fail(done.error());
        const Instant begin = base::steady_now();
        epoch_ = script_.steps.front().epoch;
        report_.left_out = script_.left_out;
        for (const Step& step : script_.steps) {
            if (progress_) progress_(report_.things.size(), script_.steps.size());
            const auto after = static_cast<std::int64_t>(
                static_cast<double>((step.at - script_.steps.front().at).us) / wish_.scale);
            (void)pump_until(begin + Duration{after}, [] { return false; });
            if (step.epoch != epoch_) {
                if (auto done = restart(step); !done.ok()) return fail(done.error());
            }
            take(step);
        }
        (void)pump_for(settle, [] { return false; });
        for (const auto& [name, stream] : streams_) {
            if (stream.driven.empty()) continue;
            auto judged =
                judge(stream.recorded, stream.seen, stream.first.value_or(0), report_.things);
            judged.recorded = name;
            judged.driven = stream.driven;
            report_.streams.push_back(std::move(judged));
        }
        std::ranges::sort(report_.latencies_us);
        return std::move(report_);
    }

private:
    // ---- time

    template <class Ready>
    bool pump_until(Instant until, const Ready& ready) {
        while (true) {
            const Instant now = base::steady_now();
            crowd_.pump(now, [this](const std::string& leg, std::string news) {
                streams_["call_leg/" + leg].seen.push_back(std::move(news));
            });
            for (SeenEvent& event : client_.poll()) see(event);
            if (ready()) return true;
            if (now >= until) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds{4});
        }
    }
    template <class Ready>
    bool pump_for(Duration patience, const Ready& ready) {
        return pump_until(base::steady_now() + patience, ready);
    }

    void see(SeenEvent& event) {
        last_event_ = event.at;
        for (auto& [name, stream] : streams_) {
            if (stream.driven != event.stream) continue;
            stream.recall_seats(event.type, event.fields);
            for (const char* field : {"user", "from"}) {
                if (event.fields.contains(field) && event.fields[field].is_string())
                    event.fields[field] = Crowd::here(event.fields[field]);
            }
            if (auto line = line_of(event.type, event.fields)) stream.seen.push_back(*line);
        }
    }

    // ---- steps

    void take(const Step& step) {
        const auto story = script_.legs.find(step.leg);
        const Wish wish = wish_of(step, story == script_.legs.end() ? nullptr : &story->second);
        Stream& stream = streams_[step.stream];
        const std::size_t number = report_.things.size();
        report_.things.push_back({.at = step.at,
                                  .stream = step.stream,
                                  .by = step.by,
                                  .what = sentence_of(step),
                                  .followed = wish.kind == Wish::Kind::follows,
                                  .why = {},
                                  .lines = {}});
        if (!stream.first) stream.first = number;
        const std::size_t recorded_before = stream.recorded.size();
        // Nobody could watch a conference being made.
        const bool made_here = wish.kind == Wish::Kind::create;
        if (!made_here) stream.expect(step, number);
        in_vain_.clear();
        const Instant asked = base::steady_now();
        const std::string why = play(step, wish, stream);
        Thing& thing = report_.things[number];
        if (!why.empty()) {
            thing.verdict = Thing::Verdict::not_played;
            thing.why = why;
            stream.recorded.resize(recorded_before);
            stream.passed_over(step);
            if (!step.leg.empty() && crowd_.of_leg(step.leg) == nullptr) unplayed_.insert(step.leg);
            return;
        }
        if (!in_vain_.empty()) {  // what they refuse now was done then
            if (!step.leg.empty()) lost_.insert(step.leg);
            thing.verdict = Thing::Verdict::different;
            thing.why = in_vain_;
        }
        wait_for_events(step, wish, stream, asked);
        let_speak(step);
        if (!step.leg.empty()) last_of_leg_[step.leg] = step.at;
    }

    void wait_for_events(const Step& step, const Wish& wish, Stream& stream, Instant asked) {
        if (stream.recorded.size() == stream.awaited || !in_vain_.empty() ||
            stream.driven.empty() || wish.kind == Wish::Kind::create)
            return;
        const std::size_t more = step.expected.size();
        if (more == 0) return;
        stream.awaited += more;
        const bool came =
            pump_for(patience_of(step), [&] { return stream.seen.size() >= stream.awaited; });
        if (!came) stream.awaited = stream.seen.size();  // it is not waited for twice
        if (came && wish.kind == Wish::Kind::request)
            report_.latencies_us.push_back(std::max<std::int64_t>(0, (last_event_ - asked).us));
    }

    // The server's own patience is not scaled.
    Duration patience_of(const Step& step) const {
        if (lost_.contains(step.leg)) return lost_patience;
        const auto last = last_of_leg_.find(step.leg);
        const bool own = step.command == "Wake" || step.command == "KeyingStopped";
        return own && last != last_of_leg_.end() ? event_patience + (step.at - last->second)
                                                 : event_patience;
    }

    // Why it was not played; empty: it was.
    std::string play(const Step& step, const Wish& wish, Stream& stream) {
        const std::string kind = kind_of(step.stream);
        if (wish.kind == Wish::Kind::not_played) return wish.not_played;
        if (step.command == "Restarted" && !wish_.restart) return no_restart;
        if (unplayed_.contains(step.leg) && step.command != "Dial") return no_telephone;
        if (wish.kind == Wish::Kind::create) return create(step, wish, stream);
        if (kind != "call_leg" && stream.driven.empty())
            return "of a " + kind + " that was not made";
        switch (wish.kind) {
            case Wish::Kind::request: return request(step, wish, stream);
            case Wish::Kind::text: return text(step, stream);
            case Wish::Kind::telephone: return telephone(step, wish);
            case Wish::Kind::create:
            case Wish::Kind::follows:
            case Wish::Kind::not_played: break;
        }
        return {};
    }

    // For the command line acts who made the conference or conversation.
    std::string token_of(const Step& step, const Stream& stream) const {
        return crowd_.token_of(step.by == "cli" ? stream.maker : person_of(step.by));
    }

    std::string create(const Step& step, const Wish& wish, Stream& stream) {
        stream.maker = person_of(step.by);
        const std::string token = token_of(step, stream);
        if (token.empty()) return step.command + " by " + kind_of(step.by) + ": nobody to ask as";
        Json body = Crowd::names_there(wish.body);
        if (body.contains("conversation")) {
            const Stream& chat =
                streams_["conversation/" + body["conversation"].get<std::string>()];
            if (chat.driven.empty())
                body.erase("conversation");
            else
                body["conversation"] = chat.driven.substr(13);
        }
        const auto made = client_.call("POST", wish.path, body, token);
        if (!made.ok()) {
            in_vain_ = made.error();
            return {};
        }
        stream.driven =
            step.stream.substr(0, step.stream.find('/') + 1) + made.value().value("id", "");
        stream.host_pin = made.value().value("host_pin", "");
        stream.guest_pin = made.value().value("guest_pin", "");
        stream.recorded_host_pin = step.fields.value("host_pin", "");
        stream.recorded_guest_pin = step.fields.value("guest_pin", "");
        stream.made_seats(step);
        const auto followed = client_.follow(token, stream.driven);
        if (!followed.ok()) in_vain_ = followed.error();
        return {};
    }

    std::string request(const Step& step, const Wish& wish, const Stream& stream) {
        const std::string token = token_of(step, stream);
        if (token.empty()) return step.command + " by " + kind_of(step.by) + ": nobody to ask as";
        Json body = Crowd::names_there(wish.body);
        for (const char* field : {"seat", "to"}) {
            if (!body.contains(field)) continue;
            const unsigned seat = body[field];
            const auto there = stream.seats.find(seat);
            if (stream.unplayed_seats.contains(seat)) return "of a seat that was not played";
            if (there == stream.seats.end()) {
                in_vain_ = "nobody has seat " + std::to_string(seat) + " there";
                return {};
            }
            body[field] = there->second;
        }
        if (step.command == "Dial") {
            if (std::string why = prepare_dial(step, body); !why.empty()) return why;
        }
        const auto done =
            client_.call(wish.method, "/api/" + plural_of(stream.driven) + wish.path, body, token);
        if (!done.ok()) in_vain_ = done.error();
        return {};
    }

    // Who was called then is there now: registered, at the carrier, or at an address of ours.
    std::string prepare_dial(const Step& step, Json& body) {
        const auto story = script_.legs.find(step.leg);
        if (step.leg.empty() || story == script_.legs.end()) return {};  // it rang nobody
        const std::string kind = step.fields.value("kind", "user"),
                          target = step.fields.value("target", "");
        const std::string& end = story->second.cause;
        if (kind == "user") {
            const auto done = crowd_.register_phone(target, end != "not_registered");
            if (!done.ok()) return done.error();
        } else if (end == "barred" || end == "unknown_number") {
            return {};
        } else if (kind == "number" && !wish_.trunk) {
            return "a call to a number: say with --trunk where the carrier is";
        }
        const auto called = crowd_.called_of(step.leg, kind, target);
        if (!called.ok()) return called.error();
        if (kind == "address")
            body["address"] =
                "sip:" + called.value()->name() + "@" + sim::text_of(called.value()->at());
        streams_["call_leg/" + step.leg].driven = called.value()->name();
        return {};
    }

    // A person's telephone writes to the chat.
    std::string text(const Step& step, const Stream& stream) {
        const std::string person = person_of(step.by);
        Telephone* telephone = crowd_.phone_of(person);
        if (telephone == nullptr) return no_telephone;
        std::string to = stream.driven.substr(13);
        if (to.starts_with("direct:")) {  // its people's names, sorted
            const std::size_t colon = to.find(':', 7);
            const std::string one = to.substr(7, colon - 7), other = to.substr(colon + 1);
            to = one == Crowd::there(person) ? other : one;
        }
        telephone->write(to, step.fields.value("text", ""), base::steady_now());
        const bool done = pump_for(answer_patience, [&] { return telephone->written() != 0; });
        if (!done) in_vain_ = "the text was not answered";
        if (telephone->written() >= 300)
            in_vain_ = "the text was answered with " + std::to_string(telephone->written());
        return {};
    }

    // ---- telephones

    std::string telephone(const Step& step, const Wish& wish) {
        const Instant now = base::steady_now();
        if (wish.act == Wish::Act::call) return call(step);
        Telephone* found = crowd_.of_leg(step.leg);
        if (found == nullptr) return no_telephone;
        const bool rung = wish.act == Wish::Act::ring || wish.act == Wish::Act::answer ||
                          wish.act == Wish::Act::refuse;
        const Duration patience = lost_.contains(step.leg) ? Duration{}
                                  : rung                   ? ring_patience
                                                           : answer_patience;
        const auto ready = [&] {
            return rung ? found->rings() : found->up() || found->refused() != 0;
        };
        const bool able = pump_for(patience, ready) && (rung || found->up());
        if (!able) {
            in_vain_ = rung ? "it did not ring" : "its call was not up";
            return {};
        }
        switch (wish.act) {
            case Wish::Act::call: break;
            case Wish::Act::ring: found->ring(); break;
            case Wish::Act::answer: found->answer(now); break;
            case Wish::Act::refuse: found->refuse(wish.status); break;
            case Wish::Act::hang_up: found->hang_up(now); break;
            case Wish::Act::hold: found->hold(true, now); break;
            case Wish::Act::resume: found->hold(false, now); break;
            case Wish::Act::key: found->key(step.fields.value("code", "")); break;
            case Wish::Act::key_conference:
                found->key(number_there(step.fields.value("digits", "")) + "#");
                break;
            case Wish::Act::key_pin: key_pin(step, *found); break;
        }
        return {};
    }

    std::string number_there(const std::string& number) const {
        const auto stream = streams_.find("conference/" + number);
        const bool known = stream != streams_.end() && !stream->second.driven.empty();
        return known ? stream->second.driven.substr(11) : number;
    }

    std::string call(const Step& step) {
        const LegStory& story = script_.legs.at(step.leg);
        const bool routed = story.route == "conference";
        const auto room = streams_.find("conference/" + story.conference);
        if (routed && (room == streams_.end() || room->second.driven.empty()))
            return "a call to a conference that was not made";
        const auto caller = crowd_.caller_of(step.leg);
        if (!caller.ok()) return caller.error();
        streams_["call_leg/" + step.leg].driven = caller.value()->name();
        caller.value()->call(routed ? room->second.driven.substr(11) : story.called,
                             base::steady_now());
        (void)pump_for(answer_patience,
                       [&] { return caller.value()->up() || caller.value()->refused() != 0; });
        (void)pump_for(prompt_begins, [] { return false; });
        return {};
    }

    void key_pin(const Step& step, Telephone& telephone) {
        const Stream& room = streams_["conference/" + script_.legs.at(step.leg).conference];
        telephone.key(room.pin_there(step.fields["pin"]) + "#");
    }

    // What was captured of that leg begins when it is in the room.
    void let_speak(const Step& step) {
        Telephone* telephone = crowd_.of_leg(step.leg);
        const bool enters = std::ranges::any_of(step.expected, [](const std::string& line) {
            return line.starts_with("seat_entered") || line.starts_with("seat_connected");
        });
        if (!enters || telephone == nullptr || !telephone->up()) return;
        if (auto voice = crowd_.voice_of(step.leg)) {
            telephone->say(std::move(*voice));
            ++report_.voices;
        }
    }

    // ---- the server stops and comes back

    Done<std::string> restart(const Step& step) {
        epoch_ = step.epoch;
        if (!wish_.restart) {  // its calls end all the same, and what comes of that is passed over
            crowd_.hang_up_all(base::steady_now());
            (void)pump_for(settle, [] { return false; });
            for (auto& [name, stream] : streams_)
                stream.seen.resize(std::min(stream.seen.size(), stream.awaited));
            return {};
        }
        (void)pump_for(milliseconds(100), [] { return false; });  // what is on its way
        if (auto done = wish_.restart(); !done.ok()) return done;
        crowd_.forget_calls();
        return client_.resume(restart_patience);
    }

    const Script& script_;
    const DriveWish& wish_;
    const DriveProgress& progress_;
    Client client_;
    std::map<std::string, Stream> streams_;  // by recorded name
    Crowd crowd_;
    std::set<std::string> unplayed_, lost_;  // legs; the second were, in vain
    std::map<std::string, Instant> last_of_leg_;
    std::uint64_t epoch_ = 0;
    Instant last_event_{};
    std::string in_vain_;  // why the step in hand came to nothing
    DriveReport report_;
};

}  // namespace

Result<DriveReport, std::string> drive(const journal::Reader& reader, const Script& script,
                                       const DriveWish& wish, const DriveProgress& progress) {
    return Driving{reader, script, wish, progress}.run();
}

}  // namespace replay
