#include "sim/swarm/run.hpp"

#include "sim/swarm/judge.hpp"

namespace sim::swarm {
namespace {

constexpr double liveness_s = 300;  // longer than any patience of the rules and of people

/// At rest at several moments in a row: what was refused for a while is tried again in between.
bool comes_to_rest(Town& town, double from) {
    int at_rest = 0;
    for (double at = from; town.watch().content() && at < from + liveness_s && at_rest < 3;) {
        town.run_until(at += 0.7);
        at_rest = town.settled() ? at_rest + 1 : 0;
    }
    return at_rest == 3;
}

}  // namespace

Outcome run(const Case& one) {
    Town town{one};
    town.run_until(one.seconds);
    town.heal();
    const bool rests = comes_to_rest(town, one.seconds);
    if (town.watch().content()) {
        if (!rests) {
            town.watch().complain("settles", "",
                                  "five minutes after all was healed: " + town.what_is_open());
        } else {
            judge(town);
        }
    }
    return {.violations = town.watch().violations(),
            .newest = town.watch().content() ? std::vector<std::string>{} : town.watch().newest(),
            .wishes = town.wishes(),
            .transitions = town.disk().last_position(),
            .crashes = town.crashes(),
            .seconds = town.seconds(),
            .journal = town.disk().journal_hash()};
}

}  // namespace sim::swarm
