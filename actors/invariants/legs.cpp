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
        const bool of_leg = moment.stream.kind == StreamKind::call_leg;
        if (of_leg && !books().leg(here()) && !ends(moment.transition)) {
            for (const auto& fact : moment.transition.events)
                say(complain, moment,
                    std::string{schema::EnumNameEvent(fact.type)} + " after its end");
        }
        if (told_of_ == books().epoch()) return;
        if (books().clock().active() < books().epoch_since() + patience) return;
        told_of_ = books().epoch();
        for (const Handle one : books().legs_in_order()) {
            const Books::Leg& leg = *books().leg(one);
            if (leg.epoch < told_of_)
                say(complain, "call_leg/" + books().name(one),
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
        for (const Handle leg : books().legs_in_order())
            say(complain, "call_leg/" + books().name(leg), "never ends");
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
        for (const Books::Move& move : books().moves()) {
            if (!move.sits()) expect(books().name(move.leg), false);
        }
        for (const auto& fact : moment.transition.events) {
            if (fact.type == schema::Event::LegEnded) expect(moment.stream.name, true);
        }
        while (!partings_.empty() &&
               partings_.front().since + patience < books().clock().active()) {
            check(partings_.front(), complain);
            partings_.pop_front();
        }
    }
    void expect(const std::string& leg, bool leg_ended) {
        partings_.push_back({leg, books().clock().active(), leg_ended});
    }
    void check(const Parting& one, const Complain& complain) const {
        const Books::Place* place = books().place_of(one.leg);
        if (one.leg_ended && place)
            say(complain, "conference/" + books().name(place->room),
                "seat " + std::to_string(place->seat) + " still has leg " + one.leg +
                    ", which has ended");
        if (!one.leg_ended && books().leg(one.leg))
            say(complain, "call_leg/" + one.leg, "lives on, and its seat is gone or cancelled");
    }
    void end(bool settled, const Complain& complain) override {
        if (!settled) return;
        for (const Parting& one : partings_) check(one, complain);
        for (const Handle room : books().rooms_in_order()) {
            for (const auto& [id, seat] : books().room(room)->seats) {
                if (seat.live() && !books().leg(seat.leg))
                    say(complain, "conference/" + books().name(room),
                        "seat " + std::to_string(id) + " waits for leg " + seat.leg +
                            ", which does not live");
            }
        }
    }

    std::deque<Parting> partings_;
};

class PortsWithinAllowance final : public Rule {
public:
    explicit PortsWithinAllowance(SharedBooks books)
        : Rule(std::move(books), "ports_within_allowance",
               "no conference has more telephones or rows than it may have",
               {StreamKind::conference}) {}

private:
    void watch(const Moment& moment, const Complain& complain) override {
        const bool grows = std::ranges::any_of(moment.transition.events, [](const auto& fact) {
            return fact.type == schema::Event::SeatDialled ||
                   fact.type == schema::Event::SeatEntered ||
                   fact.type == schema::Event::PersonInvited;
        });
        const Books::Room* room = grows ? books().room(here()) : nullptr;
        if (!room) return;
        if (room->live > legs_max)
            say(complain, moment, std::to_string(room->live) + " telephones in one conference");
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
