#include "actors/number.hpp"

#include "base/planted.hpp"
#include "base/text.hpp"

namespace actors {
namespace {

using V = Verdict<Number::Event>;

bool may(const Context& at, const std::string& owner) {
    return is_operator(at.by) || at.by == owner;
}

bool for_conference(const std::string& owner) {
    const auto stream = parse_stream(owner);
    return stream && stream->kind == StreamKind::conference;
}

V judge(const Number& number, const Context& at, const schema::ClaimNumberT& wish) {
    if (!may(at, wish.owner)) return fail(Refusal::not_allowed);
    if (!base::is_number(at.self.name)) return fail(Refusal::bad_value);
    if (wish.owner != "access" && !parse_stream(wish.owner)) return fail(Refusal::bad_value);
    const bool once = for_conference(wish.owner) && !planted::is("number_claimed_twice");
    if (number.state.owner == wish.owner && !once) return happens<Number::Event>();
    if (!number.state.owner.empty()) return fail(Refusal::number_taken);
    schema::NumberClaimedT claimed;
    claimed.owner = wish.owner;
    return happens<Number::Event>(std::move(claimed));
}

V judge(const Number& number, const Context& at, const schema::ReleaseNumberT& wish) {
    if (!may(at, wish.owner)) return fail(Refusal::not_allowed);
    if (number.state.owner.empty()) return happens<Number::Event>();
    if (number.state.owner != wish.owner) return fail(Refusal::not_owner);
    schema::NumberReleasedT released;
    released.owner = wish.owner;
    return happens<Number::Event>(std::move(released));
}

void fold(Number& number, const Context& at, const schema::NumberClaimedT& fact) {
    number.state.owner = fact.owner;
    number.state.since = at.now.us;
}

void fold(Number& number, const Context& at, const schema::NumberReleasedT&) {
    number.state.owner.clear();
    number.state.since = at.now.us;
}

// Persons keep a list of their numbers; conferences and the shared number know theirs by name.
template <class Told>
void tell_person(const Context& at, const std::string& owner, Effects& effects) {
    const auto stream = parse_stream(owner);
    if (!stream || stream->kind != StreamKind::user) return;
    Told told;
    told.number = at.self.name;
    effects.emplace_back(Tell{*stream, command(std::move(told))});
}

}  // namespace

V Number::decide(const Context& at, OneOf<Command> wish) const {
    return wish.visit([&](const auto& one) { return judge(*this, at, one); });
}

void Number::apply(const Context& at, OneOf<Event> fact) {
    fact.visit([&](const auto& one) { fold(*this, at, one); });
}

void Number::react(const Context& at, OneOf<Event> fact, Effects& effects) const {
    if (const auto* claimed = fact.get_if<schema::NumberClaimedT>()) {
        tell_person<schema::AssignNumberT>(at, claimed->owner, effects);
    } else if (const auto* released = fact.get_if<schema::NumberReleasedT>()) {
        tell_person<schema::WithdrawNumberT>(at, released->owner, effects);
    }
}

}  // namespace actors
