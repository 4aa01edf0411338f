// Telephones end, and when they do everybody knows: no leg, seat or port stays behind.
#include <deque>

#include "actors/invariants/kit.hpp"

namespace actors {
namespace {

class EveryLegEnds final : public Rule {
public:
    explicit EveryLegEnds(SharedBooks books)
        : Rule(
              std::move(books), "every_leg_ends",
              "a telephone does not outlive the server's run, nothing happens to it after its end, "
              "and when all is settled none is left") {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        if (moment.stream.kind == StreamKind::call_leg) {
            for (const auto& fact : moment.transition.events) {
                if (fact.type == schema::Event::LegEnded) {
                } else if (!books().leg(moment.stream.name) && !ends(moment.transition)) {
                    say(complain, moment,
                        std::string{schema::EnumNameEvent(fact.type)} + " after its end");
                }
            }
        }
        if (told_of_ == books().epoch()) return;
        if (books().clock().active() < books().epoch_since() + patience) return;
        told_of_ = books().epoch();
        for (const auto& [name, leg] : books().legs()) {
            if (leg.epoch < told_of_)
                say(complain, "call_leg/" + name,
                    "lives on in run " + std::to_string(told_of_) + " of the server; it began in " +
                        std::to_string(leg.epoch));
        }
    }
    static bool ends(const schema::TransitionT& transition) {
        for (const auto& fact : transition.events) {
            if (fact.type == schema::Event::LegEnded) return true;
        }
        return false;
    }
    void end(bool settled, const Complain& complain) override {
        if (!settled) return;
        for (const auto& [name, leg] : books().legs())
            say(complain, "call_leg/" + name, "never ends");
    }
    std::uint64_t told_of_ = 1;  // the first run found no legs
};

class SeatsMatchLegs final : public Rule {
public:
    explicit SeatsMatchLegs(SharedBooks books)
        : Rule(std::move(books), "seats_match_legs",
               "when a telephone is gone its seat is given back, and who lost the seat or whose "
               "call is cancelled is hung up on") {}

private:
    struct Parting {
        std::string leg;
        Duration since{};
        bool leg_ended = false;  // else its seat is gone
    };

    void watch(const Moment& moment, const Complain& complain) override {
        for (const auto& fact : moment.transition.events) {
            if (moment.stream.kind == StreamKind::call_leg) {
                if (fact.type == schema::Event::LegEnded) expect(moment.stream.name, true);
            } else if (moment.stream.kind == StreamKind::conference) {
                watch_room(moment.stream.name, fact);
            }
        }
        while (!partings_.empty() &&
               partings_.front().since + patience < books().clock().active()) {
            check(partings_.front(), complain);
            partings_.pop_front();
        }
    }
    void watch_room(const std::string& room, const schema::EventUnion& fact) {
        auto& legs = legs_of_[room];
        if (const auto* entered = peek<schema::SeatEnteredT>(fact)) {
            legs[entered->seat] = entered->leg;
        } else if (const auto* dialled = peek<schema::SeatDialledT>(fact)) {
            legs[dialled->seat] = dialled->leg;
        } else if (const auto* left = peek<schema::SeatLeftT>(fact)) {
            part(legs, left->seat);
        } else if (const auto* removed = peek<schema::SeatRemovedT>(fact)) {
            part(legs, removed->seat);
        } else if (const auto* cancelled = peek<schema::DialCancelledT>(fact)) {
            if (legs.contains(cancelled->seat)) expect(legs[cancelled->seat], false);
        } else if (peek<schema::ConferenceEndedT>(fact) || peek<schema::PhonesLostT>(fact)) {
            for (const auto& [seat, leg] : legs) expect(leg, false);
            legs_of_.erase(room);
        }
    }
    void part(std::map<std::uint32_t, std::string>& legs, std::uint32_t seat) {
        const auto found = legs.find(seat);
        if (found == legs.end()) return;
        expect(found->second, false);
        legs.erase(found);
    }
    void expect(const std::string& leg, bool leg_ended) {
        partings_.push_back({leg, books().clock().active(), leg_ended});
    }
    void check(const Parting& one, const Complain& complain) const {
        const Books::Place* place = books().place_of(one.leg);
        if (one.leg_ended && place)
            say(complain, "conference/" + place->room,
                "seat " + std::to_string(place->seat) + " still has leg " + one.leg +
                    ", which has ended");
        if (!one.leg_ended && books().leg(one.leg))
            say(complain, "call_leg/" + one.leg, "lives on, and its seat is gone or cancelled");
    }
    void end(bool settled, const Complain& complain) override {
        if (!settled) return;
        for (const Parting& one : partings_) check(one, complain);
        for (const auto& [name, room] : books().rooms()) {
            for (const auto& [id, seat] : room.seats) {
                if (seat.live() && !books().leg(seat.leg))
                    say(complain, "conference/" + name,
                        "seat " + std::to_string(id) + " waits for leg " + seat.leg +
                            ", which does not live");
            }
        }
    }

    std::deque<Parting> partings_;
    std::map<std::string, std::map<std::uint32_t, std::string>> legs_of_;  // by conference and seat
};

class PortsWithinAllowance final : public Rule {
public:
    explicit PortsWithinAllowance(SharedBooks books)
        : Rule(std::move(books), "ports_within_allowance",
               "no conference has more telephones or rows than it may have") {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        if (moment.stream.kind != StreamKind::conference) return;
        const bool grows = std::ranges::any_of(moment.transition.events, [](const auto& fact) {
            return fact.type == schema::Event::SeatDialled ||
                   fact.type == schema::Event::SeatEntered ||
                   fact.type == schema::Event::PersonInvited;
        });
        const Books::Room* room = grows ? books().room(moment.stream.name) : nullptr;
        if (!room) return;
        const auto live =
            std::ranges::count_if(room->seats, [](const auto& one) { return one.second.live(); });
        if (static_cast<std::size_t>(live) > legs_max)
            say(complain, moment, std::to_string(live) + " telephones in one conference");
        if (room->seats.size() > seats_max)
            say(complain, moment, std::to_string(room->seats.size()) + " rows in one roster");
    }
};

}  // namespace

void add_leg_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<EveryLegEnds>(books));
    rules.push_back(std::make_unique<SeatsMatchLegs>(books));
    rules.push_back(std::make_unique<PortsWithinAllowance>(books));
}

}  // namespace actors
