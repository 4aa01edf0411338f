#include "sim/swarm/stranger.hpp"

#include "actors/call_leg.hpp"
#include "actors/conference.hpp"
#include "actors/conversation.hpp"
#include "actors/guard.hpp"
#include "actors/number.hpp"
#include "actors/user.hpp"

namespace sim::swarm {
namespace {

constexpr double pause_s = 0.7;  // mean

class Whim {
public:
    Whim(Chance& chance, const actors::Books& books) : chance_(chance), books_(books) {}

    /// Any command that Entity understands, each field from a small set of what may mean something.
    template <class Entity>
    schema::CommandUnion of() {
        using Commands = typename Entity::Command;
        schema::CommandUnion wish;
        const std::uint64_t chosen = chance_.below(std::variant_size_v<Commands>);
        [&]<std::size_t... i>(std::index_sequence<i...>) {
            ((i == chosen ? void(wish = made<std::variant_alternative_t<i, Commands>>()) : void()),
             ...);
        }
        (std::make_index_sequence<std::variant_size_v<Commands>>{});
        return wish;
    }

private:
    template <class T>
    schema::CommandUnion made() {
        T wish;
        fill_texts(wish);
        fill_numbers(wish);
        fill_choices(wish);
        return actors::command(std::move(wish));
    }

    std::string text() {
        return pick({"", "hello", "two\nlines", "\xff\xfe", "sip:a@b", "471001"});
    }
    std::string person() { return pick({"u1", "u2", "u3", "", "No Name"}); }
    std::string pick(std::initializer_list<const char*> all) {
        return all.begin()[chance_.below(all.size())];
    }
    std::string leg() {
        const auto legs = books_.legs_in_order();
        if (legs.empty() || chance_.with(0.2)) return text();
        return books_.name(legs[chance_.below(legs.size())]);
    }
    bool flip() { return chance_.with(0.5); }
    std::uint32_t number(std::uint64_t bound) {
        return static_cast<std::uint32_t>(chance_.below(bound));
    }

    template <class T>
    void fill_texts(T& wish) {
        if constexpr (requires { wish.user; }) wish.user = person();
        if constexpr (requires { wish.leg; }) wish.leg = leg();
        if constexpr (requires { wish.name; }) wish.name = text();
        if constexpr (requires { wish.title; }) wish.title = text();
        if constexpr (requires { wish.text; }) wish.text = text();
        if constexpr (requires { wish.via; }) wish.via = text();
        if constexpr (requires { wish.label; }) wish.label = pick({"desk", "cell", "Bad Label"});
        if constexpr (requires { wish.contact; }) wish.contact = pick({"sip:1", "sip:2", "*", ""});
        if constexpr (requires { wish.call_id; }) wish.call_id = pick({"0", "1"});
        if constexpr (requires { wish.ha1; }) wish.ha1 = "sealed";
        if constexpr (requires { wish.password; }) wish.password = "argon2id";
        if constexpr (requires { wish.display_name; }) wish.display_name = text();
        if constexpr (requires { wish.target; }) wish.target = pick({"u1", "u2", "+49401", "x"});
        if constexpr (requires { wish.owner; }) wish.owner = pick({"user/u1", "access", "x"});
        if constexpr (requires { wish.code; }) wish.code = pick({"*5", "*6", "*7"});
        if constexpr (requires { wish.digits; }) wish.digits = text();
        if constexpr (requires { wish.reason; }) wish.reason = text();
        if constexpr (requires { wish.caller; }) wish.caller = text();
        if constexpr (requires { wish.conference; }) wish.conference = pick({"471001", "2", ""});
        if constexpr (requires { wish.conversation; })
            wish.conversation = pick({"team", "", "a b"});
        if constexpr (requires { wish.people; }) wish.people = {person(), person()};
        if constexpr (requires { wish.members; }) wish.members = {person(), person()};
    }
    template <class T>
    void fill_numbers(T& wish) {
        if constexpr (requires { wish.seat; }) wish.seat = number(6);
        if constexpr (requires { wish.to; }) wish.to = number(6);
        if constexpr (requires { wish.cseq; }) wish.cseq = number(90);
        if constexpr (requires { wish.expires_s; }) wish.expires_s = number(40);
        if constexpr (requires { wish.lasts_s; }) wish.lasts_s = number(40);
        if constexpr (requires { wish.sequence; }) wish.sequence = number(300);
        if constexpr (requires { wish.in_db; }) wish.in_db = static_cast<std::int8_t>(number(40));
        if constexpr (requires { wish.out_db; }) wish.out_db = static_cast<std::int8_t>(number(40));
        if constexpr (requires { wish.pin; }) wish.pin = {number(3), 0, 0, 0};
        if constexpr (requires { wish.token; }) wish.token = {number(60), 1, 2, 3};
        if constexpr (requires { wish.epoch; }) wish.epoch = number(4);
    }
    template <class T>
    void fill_choices(T& wish) {
        if constexpr (requires { wish.on; }) wish.on = flip();
        if constexpr (requires { wish.muted; }) wish.muted = flip();
        if constexpr (requires { wish.raised; }) wish.raised = flip();
        if constexpr (requires { wish.locked; }) wish.locked = chance_.with(0.1);
        if constexpr (requires { wish.deaf; }) wish.deaf = flip();
        if constexpr (requires { wish.texts; }) wish.texts = flip();
        if constexpr (requires { wish.numbers_allowed; }) wish.numbers_allowed = flip();
        if constexpr (requires { wish.what; })
            wish.what = static_cast<schema::Recording>(number(4));
        if constexpr (requires { wish.cause; }) wish.cause = static_cast<schema::Cause>(number(20));
        if constexpr (requires { wish.kind = schema::TargetKind::user; })
            wish.kind = static_cast<schema::TargetKind>(number(3));
        if constexpr (requires { wish.phase = schema::SeatPhase::left; })
            wish.phase = static_cast<schema::SeatPhase>(number(5));
    }

    Chance& chance_;
    const actors::Books& books_;
};

}  // namespace

Stranger::Stranger(Town& town) : town_(town), chance_(town.drawn().seed, "swarm/stranger") {}

void Stranger::begin() {
    if (!town_.drawn().has(Feature::strangers)) return;
    town_.later(chance_.exponential(pause_s), [this] {
        if (town_.healed()) return;
        wish();
        begin();
    });
}

StreamId Stranger::anybody() {
    const std::string user = "u" + std::to_string(1 + chance_.below(town_.drawn().users));
    const actors::Books& books = town_.watch().books();
    const auto legs = books.legs_in_order(), rooms = books.rooms_in_order();
    switch (chance_.below(6)) {
        case 0: return {StreamKind::user, user};
        case 1: return {StreamKind::conversation, chance_.with(0.8) ? "team" : "direct:u1:u2"};
        case 2: return {StreamKind::call_leg, legs.empty() ? "00ff" : books.name(legs.front())};
        case 3: return {StreamKind::number, std::to_string(200 + chance_.below(2))};
        case 4: return {StreamKind::guard, "caller:" + user + "-desk"};
        case 5: return {StreamKind::conference, rooms.empty() ? "1" : books.name(rooms.back())};
    }
    return {StreamKind::user, user};
}

void Stranger::wish() {
    Whim whim{chance_, town_.watch().books()};
    const StreamId to = anybody();
    schema::CommandUnion command;
    switch (to.kind) {
        case StreamKind::user: command = whim.of<actors::User>(); break;
        case StreamKind::conversation: command = whim.of<actors::Conversation>(); break;
        case StreamKind::conference: command = whim.of<actors::Conference>(); break;
        case StreamKind::call_leg: command = whim.of<actors::CallLeg>(); break;
        case StreamKind::number: command = whim.of<actors::Number>(); break;
        case StreamKind::guard: command = whim.of<actors::Guard>(); break;
    }
    // Wakes and restarts come from the server alone, and conferences are made on numbers that the
    // edge has claimed: no edge lets a user send these.
    using enum schema::Command;
    if (command.type == Wake || command.type == Restarted || command.type == CreateConference)
        return;
    const std::string user = "u" + std::to_string(1 + chance_.below(town_.drawn().users));
    const CommandId id = command_id_of("stranger:" + std::to_string(++wishes_));
    town_.send(
        {id,
         {},
         town_.wall(),
         to,
         (chance_.with(0.8) ? "user/" : "phone/") + user + (chance_.with(0.5) ? "" : "-desk")},
        std::move(command), {});
}

}  // namespace sim::swarm
