#include "actors/invariants/kit.hpp"

namespace actors {

std::vector<std::unique_ptr<Invariant>> all_invariants() {
    const auto books = std::make_shared<Books>();
    Rules rules;
    add_order_rules(rules, books);
    add_message_rules(rules, books);
    add_sound_rules(rules, books);
    add_door_rules(rules, books);
    add_host_rules(rules, books);
    add_leg_rules(rules, books);
    add_number_rules(rules, books);
    add_timer_rules(rules, books);
    return rules;
}

}  // namespace actors
