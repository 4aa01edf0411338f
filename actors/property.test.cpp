// What holds for every entity, whoever asks for whatever: random histories, checked after each
// step.
#include <doctest.h>
#include <rapidcheck.h>

#include <map>
#include <set>

#include "actors/call_leg.hpp"
#include "actors/conference.hpp"
#include "actors/conversation.hpp"
#include "actors/guard.hpp"
#include "actors/history.hpp"
#include "actors/limits.hpp"
#include "actors/number.hpp"
#include "actors/user.hpp"
#include "journal/codec.hpp"
#include "tests/random_wishes.hpp"

namespace {

using actors::History;
using tests::Chance;

/// A stream that lives, and its twin that knows only the bytes.
struct Twins {
    explicit Twins(const StreamId& stream) : live(stream), replayed(stream) {}
    History live, replayed;
    std::set<std::string> event_names;
    std::uint64_t wishes = 0;
};

template <class T>
const T* state_of(const schema::StateUnion& state) {
    const T* found = actors::peek<T>(state);
    ASSERT(found);
    return found;
}

void check_seats(const schema::ConferenceStateT& room) {
    std::set<std::string> legs;
    std::set<std::uint32_t> ids;
    std::size_t live = 0;
    for (const auto& seat : room.seats) {
        RC_ASSERT(ids.insert(seat.id).second);
        RC_ASSERT(seat.id >= 1 && seat.id <= room.next_seat);
        RC_ASSERT(seat.leg.empty() || legs.insert(seat.leg).second);  // a leg sits in one seat
        RC_ASSERT(!seat.talking || (!actors::is_muted(room, seat) && !seat.on_hold));
        RC_ASSERT(!seat.talking || seat.phase == schema::SeatPhase::connected);
        RC_ASSERT(!actors::is_live(seat) || !seat.leg.empty());
        RC_ASSERT(!seat.muted_by_host || seat.muted);
        live += actors::is_live(seat);
    }
    RC_ASSERT(live <= actors::legs_max);
    RC_ASSERT(room.seats.size() <= actors::seats_max);
    RC_ASSERT(!room.ended || live == 0);
    RC_ASSERT(room.pin_failures.size() <= actors::pin_failures_max);
}

void check_state(const History& history) {
    const schema::StateUnion state = history.machine().state();
    switch (history.stream().kind) {
        case StreamKind::conference: return check_seats(*state_of<schema::ConferenceStateT>(state));
        case StreamKind::call_leg: {
            const auto& leg = *state_of<schema::CallLegStateT>(state);
            RC_ASSERT(leg.pin_attempts <= actors::pin_attempts_max);
            RC_ASSERT((leg.phase == schema::LegPhase::ended) == (leg.ended_at != 0));
            return;
        }
        case StreamKind::user: {
            const auto& user = *state_of<schema::UserStateT>(state);
            RC_ASSERT(user.sessions.size() <= actors::sessions_max);
            for (const auto& phone : user.phones)
                RC_ASSERT(phone.bindings.size() <= actors::bindings_max);
            return;
        }
        case StreamKind::conversation: {
            std::set<std::string> names;
            for (const auto& member : state_of<schema::ConversationStateT>(state)->members) {
                RC_ASSERT(names.insert(member.user).second);
                RC_ASSERT(member.read_up_to <= history.sequence());
            }
            return;
        }
        case StreamKind::number:
        case StreamKind::guard: return;
    }
}

/// Decides one wish twice, folds it here as it is and there through its bytes.
void step(Twins& twins, const schema::CommandUnion& wish, const std::string& by, Instant now) {
    const CommandId id = command_id_of(twins.live.text() + std::to_string(++twins.wishes));
    auto draft = twins.live.draft(id, {}, now, by, 1, wish);
    const auto again = twins.live.draft(id, {}, now, by, 1, wish);
    RC_ASSERT(draft.ok() == again.ok());
    if (!draft.ok()) {
        RC_ASSERT(draft.error() == again.error());
        RC_ASSERT(draft.error() != actors::Refusal::none);
        return;
    }
    RC_ASSERT(draft.value().transition == again.value().transition);
    if (!draft.value().changes()) return;
    const std::string bytes = journal::encode(draft.value().transition);
    actors::Effects effects;
    RC_ASSERT(twins.live.fold(draft.value().transition, bytes,
                              [&](const auto& at, const auto& fact, const auto& machine) {
                                  machine.react(at, fact, effects);
                                  twins.event_names.insert(schema::EnumNameEvent(fact.type));
                              }));
    for (const auto& effect : effects) {
        // What is told must have somewhere to go.
        if (const auto* tell = std::get_if<actors::Tell>(&effect))
            RC_ASSERT(stream_name_allowed(tell->to.name));
    }
    const auto decoded = journal::decode_transition(bytes);
    RC_ASSERT(decoded.ok());
    RC_ASSERT(twins.replayed.fold(decoded.value(), bytes));
    const schema::StateUnion state = twins.live.machine().state();
    RC_ASSERT(actors::state_hash(state) == actors::state_hash(twins.replayed.machine().state()));
    RC_ASSERT(twins.live.machine().agenda() == twins.replayed.machine().agenda());
    if (twins.live.stream().kind != StreamKind::user) {
        for (const auto& event : draft.value().transition.events) {
            RC_ASSERT(journal::to_json(event).find(tests::a_password) == std::string::npos);
        }
    }
    check_state(twins.live);
}

template <class Entity>
void live_at_random(const char* stream, std::uint64_t seed, std::map<std::string, int>& seen) {
    Chance chance{seed};
    Twins twins{*parse_stream(stream)};
    Instant now{1'700'000'000'000'000};
    for (int i = 0; i < 300; ++i) {
        if (chance.below(3) == 0) now = now + seconds(static_cast<std::int64_t>(chance.below(40)));
        const schema::StateUnion state = twins.live.machine().state();
        chance.legs.clear();
        if (const auto* room = actors::peek<schema::ConferenceStateT>(state)) {
            for (const auto& seat : room->seats) {
                if (!seat.leg.empty()) chance.legs.push_back(seat.leg);
            }
        }
        step(twins, tests::random_wish<typename Entity::Command>(chance), chance.asker(), now);
        const Instant wake_at = twins.live.machine().agenda().wake_at;
        if (wake_at == Instant{} || chance.below(20) != 0) continue;
        now = std::max(now, wake_at);
        step(twins, actors::command(schema::WakeT{}), "server", now);
        const Instant next = twins.live.machine().agenda().wake_at;
        RC_ASSERT(next == Instant{} || next > now);  // or it would wake for ever
    }
    // A snapshot, through its bytes, is the same entity again.
    const auto kept = journal::decode_snapshot(journal::encode(twins.live.snapshot()));
    RC_ASSERT(kept.ok());
    auto machine = actors::make_machine(twins.live.stream().kind);
    RC_ASSERT(machine->restore(kept.value().state));
    RC_ASSERT(actors::state_hash(machine->state()) ==
              actors::state_hash(twins.live.machine().state()));
    for (const auto& name : twins.event_names) ++seen[name];
}

template <class Fact>
std::string name_of_event() {
    const schema::EventUnion fact = actors::event(Fact{});
    return schema::EnumNameEvent(fact.type);
}

template <class... Facts>
std::set<std::string> names_of(std::type_identity<std::variant<Facts...>>) {
    return {name_of_event<Facts>()...};
}

template <class Entity>
void check_entity(const char* stream) {
    std::map<std::string, int> seen;
    CHECK(rc::check(std::string{stream} + " keeps its invariants", [&] {
        live_at_random<Entity>(stream, *rc::gen::arbitrary<std::uint64_t>(), seen);
    }));
    // Chance must be able to reach every event, or it would prove little: the same seeds every
    // time.
    seen.clear();
    const auto all = names_of(std::type_identity<typename Entity::Event>{});
    for (std::uint64_t seed = 1; seen.size() < all.size() && seed <= 1'000; ++seed) {
        live_at_random<Entity>(stream, seed, seen);
    }
    for (const std::string& name : all)
        CHECK_MESSAGE(seen.contains(name), name << " never happened");
}

}  // namespace

TEST_CASE("a user survives whatever anybody wants") { check_entity<actors::User>("user/alice"); }
TEST_CASE("a conversation survives whatever anybody wants") {
    check_entity<actors::Conversation>("conversation/team");
}
TEST_CASE("a conference survives whatever anybody wants") {
    check_entity<actors::Conference>("conference/471100");
}
TEST_CASE("a call leg survives whatever anybody wants") {
    check_entity<actors::CallLeg>("call_leg/l1");
}
TEST_CASE("a number survives whatever anybody wants") {
    check_entity<actors::Number>("number/200");
}
TEST_CASE("a guard survives whatever anybody wants") {
    check_entity<actors::Guard>("guard/caller:1");
}

TEST_CASE("an entity does not understand another one's commands, nor fold its events") {
    for (const char* name : {"user/a", "conversation/a", "conference/1", "call_leg/a", "guard/a"}) {
        const StreamId stream = *parse_stream(name);
        const History history{stream};
        const auto draft =
            history.draft({}, {}, {}, "server", 1, actors::command(schema::ClaimNumberT{}));
        REQUIRE_FALSE(draft.ok());
        CHECK(draft.error() == actors::Refusal::not_understood);
        const actors::Context at{stream, {}, "server", {}, 1};
        CHECK_FALSE(
            actors::make_machine(stream.kind)->apply(at, actors::event(schema::NumberClaimedT{})));
        CHECK_FALSE(
            actors::make_machine(stream.kind)->restore(actors::state(schema::NumberStateT{})));
    }
}

TEST_CASE("every refusal has a name of its own and a sentence") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(actors::Refusal::stopping); ++i) {
        const auto refusal = static_cast<actors::Refusal>(i);
        CHECK(names.insert(actors::name_of(refusal)).second);
        CHECK(actors::sentence_of(refusal).ends_with('.'));
    }
}
