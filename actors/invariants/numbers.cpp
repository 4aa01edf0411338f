// Numbers are few, and people dial them: each that is taken for a conference leads to one.
#include "actors/invariants/kit.hpp"

namespace actors {
namespace {

class NumbersServe final : public Rule {
public:
    explicit NumbersServe(SharedBooks books)
        : Rule(std::move(books), "numbers_serve",
               "a conference that goes on keeps its number, and in the end no number is taken for "
               "one that is over or was never made",
               {StreamKind::number, StreamKind::conference}) {}

private:
    struct Claim {
        std::string conference;
        Duration since{};  // active time
    };

    void watch(const Moment& moment, const Complain& complain) override {
        for (const auto& fact : moment.transition.events) {
            if (moment.stream.kind == StreamKind::number) watch_number(moment, fact, complain);
            if (fact.type == schema::Event::ConferenceEnded)
                ended_[moment.stream.name] = books().clock().active();
        }
    }
    void watch_number(const Moment& moment, const schema::EventUnion& fact,
                      const Complain& complain) {
        const std::string& number = moment.stream.name;
        if (const auto* claimed = peek<schema::NumberClaimedT>(fact)) {
            const auto owner = parse_stream(claimed->owner);
            if (owner && owner->kind == StreamKind::conference)
                claims_[number] = {owner->name, books().clock().active()};
        } else if (fact.type == schema::Event::NumberReleased) {
            const auto found = claims_.find(number);
            if (found == claims_.end()) return;
            if (goes_on(found->second))
                say(complain, moment,
                    "is taken from conference/" + found->second.conference + ", which goes on");
            ended_.erase(found->second.conference);
            claims_.erase(found);
        }
    }
    [[nodiscard]] bool goes_on(const Claim& claim) const {
        const Books::Room* room = books().room(claim.conference);
        return room && room->exists && !room->ended;
    }
    // A start gives back what an earlier run has left: a journal is wrong only if that is over and
    // the number is still taken.
    void end(bool settled, const Complain& complain) override {
        const Duration now = books().clock().active();
        if (!settled && now < books().epoch_since() + patience) return;
        for (const auto& [number, claim] : claims_) {
            const auto ended = ended_.find(claim.conference);
            const Duration since = ended == ended_.end() ? claim.since : ended->second;
            if (goes_on(claim) || (!settled && now < since + patience)) continue;
            const Books::Room* room = books().room(claim.conference);
            const bool over = room && room->exists;
            say(complain, "number/" + number,
                "is taken for conference/" + claim.conference +
                    (over ? ", which is over" : ", which nobody has made"));
        }
    }

    std::map<std::string, Claim> claims_;    // by number
    std::map<std::string, Duration> ended_;  // conferences, until they have given it back
};

}  // namespace

void add_number_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<NumbersServe>(books));
}

}  // namespace actors
