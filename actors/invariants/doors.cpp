// Who gets in: the right PIN, so many attempts, a conference that still takes people.
#include <algorithm>
#include <deque>
#include <set>

#include "actors/conference.hpp"
#include "actors/invariants/kit.hpp"

namespace actors {
namespace {

/// Of instants that came in their order.
void forget_before(std::vector<std::int64_t>& instants, std::int64_t last) {
    const auto stays = std::ranges::find_if(instants, [&](auto one) { return one > last; });
    instants.erase(instants.begin(), stays);
}

class WrongPinNeverAdmits final : public Rule {
public:
    explicit WrongPinNeverAdmits(SharedBooks books)
        : Rule(std::move(books), "wrong_pin_never_admits",
               "who dials in has keyed this conference's PIN, and a guest's PIN makes no host",
               {StreamKind::conference}) {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        for (const auto& fact : moment.transition.events) {
            if (const auto* entered = peek<schema::SeatEnteredT>(fact)) {
                check(*books().room(here()), moment, *entered, complain);
                note_host(entered->user, entered->role);
            } else if (const auto* invited = peek<schema::PersonInvitedT>(fact)) {
                note_host(invited->user, invited->role);
            }
        }
    }
    void check(const Books::Room& room, const Moment& moment, const schema::SeatEnteredT& entered,
               const Complain& complain) const {
        const auto* tried = peek<schema::TryPinT>(moment.transition.command);
        if (!tried || tried->leg != entered.leg)
            return say(complain, moment, "leg " + entered.leg + " came in without a PIN");
        const bool host = tried->pin == room.host_pin;
        if (!room.exists || (!host && !(tried->pin == room.guest_pin)))
            return say(complain, moment, "leg " + entered.leg + " came in with a wrong PIN");
        if (host || entered.role == schema::Role::guest) return;
        const auto* hosts = hosts_.find(here());
        const bool known = !entered.user.empty() && hosts && hosts->contains(entered.user);
        if (!known) say(complain, moment, "leg " + entered.leg + " is a host by a guest's PIN");
    }
    void note_host(const std::string& user, schema::Role role) {
        if (role == schema::Role::host && !user.empty()) hosts_[here()].insert(user);
    }
    PerStream<std::set<std::string>> hosts_;  // by conference
};

class NoSoundBeforePin final : public Rule {
public:
    explicit NoSoundBeforePin(SharedBooks books)
        : Rule(
              std::move(books), "no_sound_before_pin",
              "no telephone is in a mix before it was let in: with a PIN that its conference took, "
              "or by answering our call",
              {StreamKind::call_leg, StreamKind::conference}) {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        if (moment.stream.kind == StreamKind::call_leg) return watch_leg(moment, complain);
        for (const Books::Move& move : books().moves()) {
            if (move.what == Books::Move::What::enters) let_in_[move.leg] = here();
        }
        for (const auto& effect : moment.effects) {
            const auto* plan = std::get_if<UpdateRoom>(&effect);
            if (!plan) continue;
            for (std::size_t i = 0; i < plan->seats.size(); ++i) {
                const RoomSeat& one = plan->seats[i];
                const Books::Seat* seat = books().connected(*books().room(here()), one.leg, i);
                const Handle known = seat ? seat->last_leg : books().leg_named(one.leg);
                const Books::Leg* leg = books().leg(known);
                const bool answered = leg && !leg->inbound && leg->answered;
                // A leg that is over already is silent, whatever its conference still believes.
                if (leg && !answered && !let_in_.find(known))
                    say(complain, moment, "leg " + one.leg + " is in the mix before it was let in");
            }
        }
    }
    void watch_leg(const Moment& moment, const Complain& complain) {
        for (const auto& fact : moment.transition.events) {
            if (fact.type == schema::Event::LegEnded) let_in_.forget(here());
            if (fact.type != schema::Event::LegAdmitted) continue;
            const Books::Leg* leg = books().leg(here());
            if (!leg) continue;
            if (!leg->answered) say(complain, moment, "is in the call before it was answered");
            const Handle* room = let_in_.find(here());
            const bool right = room && by_conference(moment.transition.by, books().name(*room));
            if (leg->inbound && !right)
                say(complain, moment, "is in the call, and no conference let it in");
        }
    }
    static bool by_conference(std::string_view by, std::string_view name) {
        constexpr std::string_view prefix = "conference/";
        return by.starts_with(prefix) && by.substr(prefix.size()) == name;
    }
    PerStream<Handle> let_in_;  // leg -> conference
};

class PinAttemptsCounted final : public Rule {
public:
    explicit PinAttemptsCounted(SharedBooks books)
        : Rule(std::move(books), "pin_attempts_counted",
               "a call has three attempts, a conference ten in ten minutes, whoever hangs up in "
               "between; each wrong one strikes its caller's guard") {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        for (const auto& fact : moment.transition.events) {
            if (moment.stream.kind == StreamKind::call_leg) watch_leg(moment, fact, complain);
            if (moment.stream.kind == StreamKind::conference) watch_room(moment, fact, complain);
        }
        if (moment.stream.kind == StreamKind::conference) note_strikes(moment);
        if (moment.stream.kind == StreamKind::guard && !owed_.empty())
            owed_.erase({moment.transition.cause_id.high(), moment.transition.cause_id.low(),
                         moment.transition.stream});
        while (!order_.empty() && order_.front().second + patience < books().clock().active()) {
            if (owed_.erase(order_.front().first) > 0)
                say(complain, std::get<2>(order_.front().first), "a wrong PIN did not strike it");
            order_.pop_front();
        }
    }
    void watch_leg(const Moment& moment, const schema::EventUnion& fact, const Complain& complain) {
        if (fact.type == schema::Event::PinTried) {
            const std::uint32_t tried = ++tried_[here()];
            if (tried > pin_attempts_max)
                say(complain, moment, "tries a PIN for the " + std::to_string(tried) + "th time");
        } else if (fact.type == schema::Event::PinAsked) {
            const std::uint32_t tried = tried_[here()];
            if (tried >= pin_attempts_max)
                say(complain, moment,
                    "is asked again after " + std::to_string(tried) + " attempts");
        } else if (fact.type == schema::Event::LegEnded) {
            tried_.forget(here());
        }
    }
    void watch_room(const Moment& moment, const schema::EventUnion& fact,
                    const Complain& complain) {
        const auto* refused = peek<schema::PinRefusedT>(fact);
        const bool heard = refused ? !refused->blocked : fact.type == schema::Event::SeatEntered;
        if (!refused && !heard) return;
        auto& failures = failures_[here()];
        const std::int64_t now = moment.transition.now;
        forget_before(failures, now - pin_failure_window.us);
        if (heard && failures.size() >= pin_failures_max)
            say(complain, moment,
                "a PIN is listened to after " + std::to_string(failures.size()) +
                    " wrong ones in ten minutes");
        if (refused && !refused->blocked && refused->cause == schema::Cause::none)
            failures.push_back(now);
    }
    // The guards of both who calls and where from, as far as they have a name.
    void note_strikes(const Moment& moment) {
        const auto& id = moment.transition.command_id;
        for (const auto& fact : moment.transition.events) {
            const auto* refused = peek<schema::PinRefusedT>(fact);
            if (!refused || refused->blocked || refused->cause != schema::Cause::none) continue;
            std::vector<std::string> guards{"caller:" + refused->caller};
            if (!refused->source.empty() && !refused->source.starts_with("trunk:"))
                guards.push_back("source:" + refused->source);
            for (const std::string& guard : guards) {
                if (!stream_name_allowed(guard)) continue;
                const Owed key{id.high(), id.low(), "guard/" + guard};
                owed_.insert({key, 0});
                order_.emplace_back(key, books().clock().active());
            }
        }
    }
    void end(bool settled, const Complain& complain) override {
        if (!settled) return;
        for (const auto& [key, unused] : owed_)
            say(complain, std::get<2>(key), "a wrong PIN did not strike it");
    }

    using Owed = std::tuple<std::uint64_t, std::uint64_t, std::string>;  // cause, guard
    PerStream<std::uint32_t> tried_;                                     // by leg
    PerStream<std::vector<std::int64_t>> failures_;                      // by conference
    std::map<Owed, int> owed_;
    std::deque<std::pair<Owed, Duration>> order_;
};

class GuardBlocks final : public Rule {
public:
    explicit GuardBlocks(SharedBooks books)
        : Rule(std::move(books), "guard_blocks",
               "strikes are forgotten after ten minutes or by an operator, and so many block",
               {StreamKind::guard}) {}

private:
    static constexpr Duration window = minutes(10);
    void watch(const Moment& moment, const Complain& complain) override {
        auto& strikes = strikes_[here()];
        const std::int64_t now = moment.transition.now;
        forget_before(strikes, now - window.us);
        for (const auto& fact : moment.transition.events) {
            if (const auto* struck = peek<schema::StruckT>(fact)) {
                strikes.push_back(now);
                const std::size_t allowed = moment.stream.name.starts_with("source:") ? 20 : 6;
                if (strikes.size() >= allowed && struck->blocked_until < now + minutes(1).us)
                    say(complain, moment,
                        std::to_string(strikes.size()) + " strikes in ten minutes do not block");
            } else {
                if (!is_operator(moment.transition.by))
                    say(complain, moment, moment.transition.by + " cleared the strikes");
                strikes.clear();
            }
        }
    }
    PerStream<std::vector<std::int64_t>> strikes_;  // by guard
};

class EndedAdmitsNobody final : public Rule {
public:
    explicit EndedAdmitsNobody(SharedBooks books)
        : Rule(std::move(books), "ended_admits_nobody",
               "nothing but farewells after a conference's end, and no guest dials in to a locked "
               "one",
               {StreamKind::conference}) {}

private:
    struct Door {
        bool ended = false, locked = false;
    };
    void watch(const Moment& moment, const Complain& complain) override {
        Door& door = doors_[here()];
        for (const auto& fact : moment.transition.events) {
            using enum schema::Event;
            const bool farewell =
                fact.type == SeatLeft || fact.type == PinRefused || fact.type == PhonesLost;
            if (door.ended && !farewell)
                say(complain, moment,
                    std::string{schema::EnumNameEvent(fact.type)} + " after the end");
            const auto* entered = peek<schema::SeatEnteredT>(fact);
            const auto* tried = peek<schema::TryPinT>(moment.transition.command);
            const Books::Room& room = *books().room(here());
            if (entered && door.locked && tried && !(tried->pin == room.host_pin))
                say(complain, moment, "leg " + entered->leg + " came in while it was locked");
            if (fact.type == ConferenceEnded) door.ended = true;
            if (const auto* lock = peek<schema::LockSetT>(fact)) door.locked = lock->locked;
        }
    }
    PerStream<Door> doors_;  // by conference
};

}  // namespace

void add_door_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<WrongPinNeverAdmits>(books));
    rules.push_back(std::make_unique<NoSoundBeforePin>(books));
    rules.push_back(std::make_unique<PinAttemptsCounted>(books));
    rules.push_back(std::make_unique<GuardBlocks>(books));
    rules.push_back(std::make_unique<EndedAdmitsNobody>(books));
}

}  // namespace actors
