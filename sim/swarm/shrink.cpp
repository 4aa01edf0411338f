#include "sim/swarm/shrink.hpp"

#include <cmath>

namespace sim::swarm {
namespace {

template <class List>
void without_each(std::vector<Case>& all, const Case& one, List Case::*list) {
    for (std::size_t i = 0; i < (one.*list).size(); ++i) {
        Case smaller = one;
        (smaller.*list).erase((smaller.*list).begin() + static_cast<long>(i));
        all.push_back(std::move(smaller));
    }
}

template <class Field>
void with(std::vector<Case>& all, const Case& one, Field Case::*field, Field value) {
    if (one.*field == value) return;
    Case smaller = one;
    smaller.*field = value;
    all.push_back(std::move(smaller));
}

/// Everything that is one step smaller, the biggest steps first.
std::vector<Case> smaller_than(const Case& one) {
    std::vector<Case> all;
    for (const double share : {0.25, 0.5, 0.8})
        with(all, one, &Case::seconds, std::ceil(one.seconds * share));
    without_each(all, one, &Case::crashes);
    without_each(all, one, &Case::jumps);
    without_each(all, one, &Case::partitions);
    without_each(all, one, &Case::trunk_lost);
    with(all, one, &Case::full, Span{});
    for (double Case::*fault : {&Case::sync_fails, &Case::torn, &Case::reordered, &Case::slow})
        with(all, one, fault, 0.0);
    for (std::size_t i = 0; i < one.features.size(); ++i) {
        if (!one.features[i]) continue;
        Case smaller = one;
        smaller.features[i] = false;
        all.push_back(std::move(smaller));
    }
    for (std::uint32_t Case::*count : {&Case::users, &Case::rooms, &Case::burst}) {
        with(all, one, count, 1u);
        if (one.*count > 2) with(all, one, count, one.*count - 1);
    }
    with(all, one, &Case::shuffled, false);
    with(all, one, &Case::idle_after_s, 300.0);
    with(all, one, &Case::network_s, 0.0);
    with(all, one, &Case::sync_s, 0.0);
    if (one.wishes_per_s > 1) with(all, one, &Case::wishes_per_s, one.wishes_per_s / 2);
    return all;
}

}  // namespace

Shrunken shrink(const Case& failing, std::uint64_t runs_max,
                const std::function<void(std::uint64_t)>& on_progress) {
    Shrunken found{failing, run(failing), 1};
    if (found.outcome.ok()) return found;
    const std::string invariant = found.outcome.violations.front().invariant;
    for (bool smaller = true; smaller && found.runs < runs_max;) {
        smaller = false;
        for (const Case& candidate : smaller_than(found.smallest)) {
            if (found.runs >= runs_max) break;
            Outcome outcome = run(candidate);
            ++found.runs;
            if (on_progress) on_progress(found.runs);
            if (outcome.ok() || outcome.violations.front().invariant != invariant) continue;
            found.smallest = candidate;
            found.outcome = std::move(outcome);
            smaller = true;
            break;
        }
    }
    return found;
}

}  // namespace sim::swarm
