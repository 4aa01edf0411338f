#include "sim/fit/fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include "sim/fit/times.hpp"
#include "sim/models/exact.hpp"
#include "sim/models/talk.hpp"
#include "sim/results/text.hpp"
#include "sim/scenario/schema.hpp"

namespace sim::fit {
namespace {

double share(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string said(const Spread& spread, bool time) {
    const auto one = [&](double value) { return rounded(value, 4) + (time ? "s" : ""); };
    using enum Spread::Shape;
    switch (spread.shape) {
        case constant: return "always " + one(spread.mean);
        case exponential: return "exponential, mean " + one(spread.mean);
        case lognormal:
            return "lognormal, mean " + one(spread.mean) + ", sigma " + rounded(spread.sigma, 3);
        case geometric: return "geometric, mean " + one(spread.mean);
        case uniform: return "uniform";
        case empirical: break;
    }
    return std::to_string(spread.values.size()) + " values, mean " + one(mean_of(spread.values));
}

std::string said(const Arrivals& arrivals) {
    const auto hourly = [](double rate) { return rounded(rate * 3'600, 4) + "/h"; };
    if (arrivals.model == Arrivals::Model::markov) {
        std::string all = "markov";
        for (const Arrivals::State& state : arrivals.states) {
            all += ", " + hourly(state.rate) + " for " + rounded(state.mean_stay_s, 4) + "s";
        }
        return all;
    }
    if (arrivals.model == Arrivals::Model::time_of_day) {
        return "by the hour, " + hourly(arrivals.rate) + " on average";
    }
    return "poisson, " + hourly(arrivals.rate);
}

class Fitter {
public:
    explicit Fitter(const Observed& observed) : seen_(observed) {}

    Fitted fit() {
        Scenario& s = fitted_.scenario;
        s.title = "Learned from a journal";
        s.until_s = std::max(1.0, std::ceil(seen_.length_s));
        callers();
        meetings();
        trunk();
        talk();
        messages();
        note(
            "callers whom the telephone network turned away never reach a journal: lines, queue, "
            "patience and redial are the defaults");
        note(
            "clients are not journaled: who never sent a message counts as having none; busy "
            "counts those, too, who were on the telephone already");
        note("the hour 0 of by_hour is the hour that begins with the journal's first transition");
        return std::move(fitted_);
    }

private:
    void note(std::string text) { fitted_.notes.push_back(std::move(text)); }

    void find(const std::string& key, std::string what, Fit fit = {}) {
        fitted_.findings.push_back({key, std::move(what), std::move(fit)});
    }

    /// Fits it, unless nothing was seen: then the default stays.
    void learn(const std::string& key, Spread& into, const std::vector<double>& values,
               bool time = true) {
        if (values.empty()) return;
        SpreadFit found = time ? fit_spread(values) : fit_sizes(values);
        into = std::move(found.spread);
        find(key, said(into, time), std::move(found.fit));
    }

    void learn(const std::string& key, double& into, std::size_t part, std::size_t whole) {
        if (whole == 0) return;
        into = share(part, whole);
        find(key, std::to_string(part) + " of " + std::to_string(whole), {.count = whole});
    }

    void learn(const std::string& key, Arrivals& into, std::vector<double> instants) {
        std::ranges::sort(instants);
        ArrivalsFit found = fit_arrivals(instants, seen_.length_s);
        into = std::move(found.arrivals);
        find(key, said(into), std::move(found.fit));
    }

    [[nodiscard]] bool of_meeting(const Leg& leg) const {
        const auto room = seen_.rooms.find(leg.conference);
        return room != seen_.rooms.end() && room->second.meeting;
    }

    /// People who dial in to standing conferences.
    void callers() {
        CallClass calls{.name = "dial_in"};
        std::vector<double> begun, holding, keying;
        std::size_t pins = 0, wrong = 0, running = 0;
        std::map<std::string, std::size_t> codecs;
        for (const Leg& leg : seen_.legs) {
            if (!leg.inbound || of_meeting(leg)) continue;
            begun.push_back(leg.begun);
            keying.insert(keying.end(), leg.keying_s.begin(), leg.keying_s.end());
            pins += leg.pins;
            wrong += leg.wrong;
            ++codecs[leg.codec];
            if (leg.admitted == never) continue;
            if (leg.ended == never)
                ++running;
            else
                holding.push_back(leg.ended - leg.admitted);
        }
        if (begun.empty()) return;
        learn("calls.dial_in.arrivals", calls.arrivals, std::move(begun));
        learn("calls.dial_in.holding", calls.holding_s, holding);
        learn("calls.dial_in.keying", calls.keying_s, keying);
        learn("calls.dial_in.wrong_pin", calls.wrong_pin, wrong, pins);
        const auto standing = std::ranges::count_if(
            seen_.rooms, [](const auto& room) { return !room.second.meeting; });
        calls.rooms = static_cast<std::uint32_t>(std::clamp<std::ptrdiff_t>(standing, 1, 100'000));
        find("calls.dial_in.rooms", std::to_string(calls.rooms));
        choose_codec(calls, codecs);
        if (running > 0) {
            note(std::to_string(running) +
                 " calls still ran at the end; their holding times are left out");
        }
        fitted_.scenario.calls.push_back(std::move(calls));
    }

    void choose_codec(CallClass& calls, const std::map<std::string, std::size_t>& codecs) {
        static constexpr std::array<std::string_view, 5> known{"pcmu", "pcma", "g722", "l16",
                                                               "opus"};
        std::size_t most = 0;
        for (const auto& [name, count] : codecs) {
            std::string lower = name;
            for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            if (count <= most || std::ranges::find(known, lower) == known.end()) continue;
            most = count;
            calls.codec = lower;
        }
        if (most > 0) find("calls.dial_in.codec", calls.codec, {.count = most});
    }

    void meetings() {
        MeetingClass meetings{.name = "meetings"};
        std::vector<double> begun, sizes, holding, late;
        std::size_t people = 0, dialled = 0, outside = 0, expected = 0, stayed_away = 0;
        for (const auto& [name, room] : seen_.rooms) {
            if (!room.meeting) continue;
            begun.push_back(room.created);
            const std::size_t size = room.invited.size() + room.outside.size();
            sizes.push_back(static_cast<double>(std::max<std::size_t>(1, size)));
            people += size;
            dialled += room.dialled.size();
            for (const std::string& who : room.dialled) outside += room.outside.contains(who);
            for (const std::string& who : room.invited) {
                if (room.dialled.contains(who)) continue;
                ++expected;
                const auto came = room.came.lower_bound(who + "/");
                stayed_away += came == room.came.end() || !came->starts_with(who + "/");
            }
            // The first is who began it.
            for (std::size_t i = 1; i < room.came_late_s.size(); ++i) {
                late.push_back(room.came_late_s[i]);
            }
        }
        if (begun.empty()) return;
        for (const Leg& leg : seen_.legs) {
            const double from = leg.inbound ? leg.admitted : leg.answered;
            if (from == never || leg.ended == never || !of_meeting(leg)) continue;
            holding.push_back(leg.ended - from);
        }
        learn("meetings.meetings.arrivals", meetings.arrivals, std::move(begun));
        learn("meetings.meetings.size", meetings.size, sizes, false);
        learn("meetings.meetings.holding", meetings.holding_s, holding);
        learn("meetings.meetings.dialled", meetings.dialled, dialled, people);
        learn("meetings.meetings.outside", meetings.outside, outside, dialled);
        learn("meetings.meetings.no_show", meetings.no_show, stayed_away, expected);
        learn("meetings.meetings.late", meetings.late_s, late);
        fitted_.scenario.meetings.push_back(std::move(meetings));
    }

    /// How dialled telephones behave.
    void trunk() {
        std::vector<double> set_up, ring;
        std::size_t dialled = 0;
        const bool numbers = std::ranges::any_of(
            seen_.legs, [](const Leg& leg) { return leg.number && leg.ringing != never; });
        std::map<schema::Cause, std::size_t> causes;
        for (const Leg& leg : seen_.legs) {
            if (leg.inbound || (leg.ended == never && leg.answered == never)) continue;
            ++dialled;
            if (leg.answered == never) ++causes[leg.cause];
            // Registered telephones ring at once; the network takes its time.
            if (leg.ringing != never && leg.number == numbers) {
                set_up.push_back(leg.ringing - leg.begun);
            }
            if (leg.ringing != never && leg.answered != never) {
                ring.push_back(leg.answered - leg.ringing);
            }
        }
        Trunk& trunk = fitted_.scenario.trunk;
        learn("trunk.set_up", trunk.set_up_s, set_up);
        learn("trunk.ring", trunk.ring_s, ring);
        learn("trunk.busy", trunk.busy, causes[schema::Cause::busy], dialled);
        learn("trunk.no_answer", trunk.no_answer, causes[schema::Cause::no_answer], dialled);
        learn("trunk.refused", trunk.refused, causes[schema::Cause::refused], dialled);
    }

    void talk() {
        const Talking& seen = seen_.talking;
        Talk& talk = fitted_.scenario.talk;
        if (seen.spurts_s.empty() || seen.pauses_s.empty()) return;
        const auto mean = [&](const char* key, double& into, const std::vector<double>& values) {
            if (values.empty()) return;
            into = std::clamp(mean_of(values), 1e-3, 3'600.0);
            find(std::string{"talk."} + key, "mean " + rounded(into, 4) + "s",
                 {.count = values.size()});
        };
        mean("spurt", talk.spurt_s, seen.spurts_s);
        mean("pause", talk.pause_s, seen.pauses_s);
        mean("double_talk", talk.double_talk_s, seen.double_talk_s);
        mean("mutual_silence", talk.mutual_silence_s, seen.silence_s);
        talk.model = Talk::Model::p59;
        if (seen.rooms_of_more > seen.rooms_of_two || !p59_chain(talk)) {
            talk.model = Talk::Model::turn_taking;
            learn("talk.interrupts", talk.interrupts, seen.joined, seen.turns);
        }
        find("talk.model", talk.model == Talk::Model::p59 ? "p59" : "turn_taking",
             {.count = static_cast<std::size_t>(seen.turns)});
    }

    void messages() {
        Scenario& s = fitted_.scenario;
        s.population.users = static_cast<std::uint32_t>(std::min<std::uint64_t>(
            s.meetings.empty() ? seen_.users : std::max<std::uint64_t>(2, seen_.users), 1'000'000));
        learn("population.with_phone", s.population.with_phone,
              static_cast<std::size_t>(std::min(seen_.users_with_phone, seen_.users)),
              static_cast<std::size_t>(seen_.users));
        if (seen_.users == 0 || seen_.length_s <= 0) return;
        find("population.users", std::to_string(seen_.users));
        // Only who has a client sends. Three chances to have one, see Population: nobody's share is
        // (1 - clients / 3)^3.
        const double silent = 1 - std::min(1.0, share(static_cast<std::size_t>(seen_.senders),
                                                      static_cast<std::size_t>(seen_.users)));
        s.population.clients_mean = 3 * (1 - exact::pow(silent, 1.0 / 3));
        s.im.messages_per_user_hour =
            std::min(static_cast<double>(seen_.messages_s.size()) /
                         std::max(1.0, static_cast<double>(seen_.senders)) / seen_.length_s * 3'600,
                     100'000.0);
        find("population.clients", rounded(s.population.clients_mean, 3),
             {.count = static_cast<std::size_t>(seen_.senders)});
        find("im.messages_per_user_hour", rounded(s.im.messages_per_user_hour, 4),
             {.count = seen_.messages_s.size()});
        learn("im.reading", s.im.reading_s, seen_.reading_s);
        if (seen_.members.empty()) return;
        double sum = 0;
        for (const std::uint32_t members : seen_.members) sum += members;
        const double mean = sum / static_cast<double>(seen_.members.size());
        s.im.members = static_cast<std::uint32_t>(std::clamp(std::floor(mean + 0.5), 2.0, 1'000.0));
        find("im.members", rounded(mean, 3), {.count = seen_.members.size()});
    }

    const Observed& seen_;
    Fitted fitted_;
};

}  // namespace

Fitted fit(const Observed& observed) { return Fitter{observed}.fit(); }

}  // namespace sim::fit
