#include "actors/guard.hpp"

#include <algorithm>

#include "base/planted.hpp"

namespace actors {
namespace {

using V = Verdict<Guard::Event>;

constexpr Duration window = minutes(10);
constexpr Duration block_first = minutes(1);
constexpr Duration block_longest = hours(1);

// A source may be a whole office behind one address, so it is given more.
std::size_t strikes_allowed(std::string_view name) { return name.starts_with("source:") ? 20 : 6; }

std::size_t recent(const Guard& guard, Instant now) {
    return static_cast<std::size_t>(std::ranges::count_if(
        guard.state.strikes, [&](std::int64_t at) { return Instant{at} > now - window; }));
}

V judge(const Guard& guard, const Context& at, const schema::StrikeT& wish) {
    const std::size_t count = recent(guard, at.now) + 1;
    const std::size_t allowed = strikes_allowed(at.self.name);
    schema::StruckT struck;
    struck.reason = wish.reason.substr(0, 80);
    struck.blocked_until = guard.state.blocked_until;
    if (count >= allowed && !planted::is("guard_never_blocks")) {
        Duration block = block_first;
        for (std::size_t i = allowed; i < count && block < block_longest; ++i) block = block * 2;
        struck.blocked_until = (at.now + std::min(block, block_longest)).us;
    }
    return happens<Guard::Event>(std::move(struck));
}

V judge(const Guard& guard, const Context& at, const schema::CheckGuardT&) {
    if (at.now < Instant{guard.state.blocked_until}) return fail(Refusal::blocked);
    return happens<Guard::Event>();
}

V judge(const Guard& guard, const Context& at, const schema::ClearStrikesT&) {
    if (!is_operator(at.by)) return fail(Refusal::not_allowed);
    if (guard.state.strikes.empty()) return happens<Guard::Event>();
    return happens<Guard::Event>(schema::StrikesClearedT{});
}

}  // namespace

V Guard::decide(const Context& at, OneOf<Command> wish) const {
    return wish.visit([&](const auto& one) { return judge(*this, at, one); });
}

void Guard::apply(const Context& at, OneOf<Event> fact) {
    if (const auto* struck = fact.get_if<schema::StruckT>()) {
        std::erase_if(state.strikes,
                      [&](std::int64_t then) { return Instant{then} <= at.now - window; });
        if (state.strikes.size() >= 64) state.strikes.erase(state.strikes.begin());
        state.strikes.push_back(at.now.us);
        state.blocked_until = struck->blocked_until;
    } else {
        state.strikes.clear();
        state.blocked_until = 0;
    }
}

}  // namespace actors
