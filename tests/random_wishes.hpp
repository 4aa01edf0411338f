// Any command with any content, by anybody: what the rules must survive. Names, legs and seats come
// from small sets, so that wishes meet each other.
#pragma once

#include <string>
#include <vector>

#include "actors/vocabulary.hpp"
#include "base/prng.hpp"

namespace tests {

inline constexpr char a_password[] = "argon2id:correct horse";  // never to be seen outside user/*

class Chance {
public:
    explicit Chance(std::uint64_t seed) : prng_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }
    bool often() { return below(4) != 0; }
    bool flip() { return below(2) == 0; }

    template <class... Texts>
    std::string one_of(Texts... texts) {
        const char* all[] = {texts...};
        return all[below(sizeof...(texts))];
    }
    std::string person() { return one_of("alice", "bob", "carol", "dave", "", "No Name"); }
    std::string leg() {
        if (!legs.empty() && often()) return legs[below(legs.size())];
        return one_of("l1", "l2", "l3", "");
    }
    std::vector<std::string> legs;  // that sit in the conference now
    std::string room() { return one_of("471100", "2", ""); }
    std::string label() { return one_of("desk", "desk", "desk", "cell", "Bad Label"); }
    std::string text() {
        return one_of("", "hello", "two\nlines", "\xff\xfe", "Ä", "sip:a@192.0.2.7", "*5", "*6",
                      "+4940");
    }
    std::string asker() {
        if (flip()) return "server";
        return one_of("user/alice", "user/alice", "user/bob", "admin/root", "phone/bob-desk",
                      "call_leg/l1", "call_leg/l2", "conference/471100", "conversation/team",
                      "number/200", "user/mallory", "", "nonsense");
    }
    std::int8_t gain() { return static_cast<std::int8_t>(static_cast<int>(below(80)) - 50); }
    std::uint32_t seat() { return static_cast<std::uint32_t>(below(8)); }
    schema::Hash hash() {
        const std::uint64_t n = below(4);
        return {n, n, n, n};
    }
    template <class Enum>
    Enum any_of(std::uint64_t count) {
        return static_cast<Enum>(below(count));
    }

private:
    Prng prng_;
};

/// The fields of how a conference sounds.
template <class T>
void fill_sound(T& wish, Chance& chance) {
    if constexpr (requires { wish.what; }) wish.what = chance.any_of<schema::Recording>(4);
    if constexpr (requires { wish.in_db; }) wish.in_db = chance.gain();
    if constexpr (requires { wish.out_db; }) wish.out_db = chance.gain();
    if constexpr (requires { wish.deaf; }) wish.deaf = chance.flip();
    if constexpr (requires { wish.to; }) wish.to = chance.seat();
    if constexpr (requires { wish.recorded; }) wish.recorded = chance.flip();
    if constexpr (requires { wish.record; }) wish.record = chance.flip();
    if constexpr (requires { wish.capture; }) wish.capture = chance.any_of<schema::Choice>(3);
    if constexpr (requires { wish.level_voices; })
        wish.level_voices = chance.any_of<schema::Choice>(3);
    if constexpr (requires { wish.gate_noise; }) wish.gate_noise = chance.any_of<schema::Choice>(3);
    if constexpr (requires { wish.loudest; })
        wish.loudest = static_cast<std::uint32_t>(chance.below(4));
}

/// Fills every field that T has; each overload is chosen when T has the field.
template <class T>
void fill(T& wish, Chance& chance) {
    fill_sound(wish, chance);
    if constexpr (requires { wish.user; }) wish.user = chance.person();
    if constexpr (requires { wish.leg; }) wish.leg = chance.leg();
    if constexpr (requires { wish.seat; }) wish.seat = chance.seat();
    if constexpr (requires { wish.label; }) wish.label = chance.label();
    if constexpr (requires { wish.name; }) wish.name = chance.text();
    if constexpr (requires { wish.title; }) wish.title = chance.text();
    if constexpr (requires { wish.text; }) wish.text = chance.text();
    if constexpr (requires { wish.via; }) wish.via = chance.text();
    if constexpr (requires { wish.client_id; }) wish.client_id = chance.text();
    if constexpr (requires { wish.display_name; }) wish.display_name = chance.text();
    if constexpr (requires { wish.password; }) wish.password = a_password;
    if constexpr (requires { wish.ha1; }) wish.ha1 = chance.one_of("", "sealed");
    if constexpr (requires { wish.contact; })
        wish.contact = chance.one_of("", "*", "sip:1", "sip:1", "sip:2", "sip:2");
    if constexpr (requires { wish.source; })
        wish.source = chance.one_of("192.0.2.7", "192.0.2.7", "192.0.2.7", "trunk:t", "");
    if constexpr (requires { wish.call_id; }) wish.call_id = chance.one_of("x", "x", "x", "y");
    if constexpr (requires { wish.cseq; }) wish.cseq = static_cast<std::uint32_t>(chance.below(50));
    if constexpr (requires { wish.expires_s; })
        wish.expires_s = static_cast<std::uint32_t>(chance.below(4) * 600);
    if constexpr (requires { wish.lasts_s; })
        wish.lasts_s = static_cast<std::uint32_t>(chance.below(3) * 60);
    if constexpr (requires { wish.conversation; })
        wish.conversation = chance.one_of("", "team", "a b");
    if constexpr (requires { wish.conference; }) wish.conference = chance.room();
    if constexpr (requires { wish.number; }) wish.number = chance.one_of("", "200", "no");
    if constexpr (requires { wish.owner; })
        wish.owner = chance.one_of("user/alice", "conference/471100", "access", "");
    if constexpr (requires { wish.target; })
        wish.target = chance.one_of("bob", "carol", "+4940", "sip:a@b", "");
    if constexpr (requires { wish.caller; }) wish.caller = chance.text();
    if constexpr (requires { wish.called; }) wish.called = chance.text();
    if constexpr (requires { wish.code; }) wish.code = chance.one_of("*5", "*6", "*7");
    if constexpr (requires { wish.digits; }) wish.digits = chance.one_of("", "471100", "x");
    if constexpr (requires { wish.reason; }) wish.reason = chance.text();
    if constexpr (requires { wish.pin; }) wish.pin = chance.hash();
    if constexpr (requires { wish.host_pin; }) wish.host_pin = chance.hash();
    if constexpr (requires { wish.guest_pin; }) wish.guest_pin = chance.hash();
    if constexpr (requires { wish.token; }) wish.token = chance.hash();
    if constexpr (requires { wish.on; }) wish.on = chance.flip();
    if constexpr (requires { wish.muted; }) wish.muted = chance.flip();
    if constexpr (requires { wish.raised; }) wish.raised = chance.flip();
    if constexpr (requires { wish.locked; }) wish.locked = chance.flip();
    if constexpr (requires { wish.texts; }) wish.texts = chance.flip();
    if constexpr (requires { wish.disabled; }) wish.disabled = chance.below(8) == 0;
    if constexpr (requires { wish.allowed; }) wish.allowed = chance.flip();
    if constexpr (requires { wish.admin; }) wish.admin = chance.flip();
    if constexpr (requires { wish.numbers_allowed; }) wish.numbers_allowed = chance.flip();
    if constexpr (requires { wish.blocked; }) wish.blocked = chance.flip();
    if constexpr (requires { wish.people; }) wish.people = {chance.person(), chance.person()};
    if constexpr (requires { wish.members; }) wish.members = {chance.person(), chance.person()};
    if constexpr (requires { wish.sequence; }) wish.sequence = chance.below(20);
    if constexpr (requires { wish.epoch; }) wish.epoch = chance.below(3);
    if constexpr (requires { wish.cause; }) wish.cause = chance.any_of<schema::Cause>(20);
    if constexpr (requires { wish.route; }) wish.route = chance.any_of<schema::Route>(3);
    if constexpr (requires { wish.dial_policy; })
        wish.dial_policy = chance.any_of<schema::DialPolicy>(2);
    if constexpr (requires { wish.unfit; }) wish.unfit = chance.often() ? 0 : 488;
    if constexpr (requires { wish.kind = schema::TargetKind::user; })
        wish.kind = chance.any_of<schema::TargetKind>(3);
    if constexpr (requires { wish.kind = schema::ConversationKind::group; }) {
        wish.kind = chance.any_of<schema::ConversationKind>(2);
    }
    if constexpr (requires { wish.phase = schema::SeatPhase::left; })
        wish.phase = chance.any_of<schema::SeatPhase>(5);
}

/// Whether little can happen afterwards.
inline bool ends_the_story(schema::Command type) {
    using enum schema::Command;
    return type == EndConference || type == Restarted || type == CallEnded || type == HangUp ||
           type == KeyingStopped || type == RemovePhone || type == UnregisterPhone ||
           type == SetUserDisabled || type == SetLocked;
}

/// One of the commands that the entity's variant lists.
template <class Commands>
schema::CommandUnion any_wish(Chance& chance) {
    schema::CommandUnion wish;
    const std::uint64_t chosen = chance.below(std::variant_size_v<Commands>);
    [&]<std::size_t... i>(std::index_sequence<i...>) {
        (
            [&] {
                if (i != chosen) return;
                std::variant_alternative_t<i, Commands> one;
                fill(one, chance);
                wish = actors::command(std::move(one));
            }(),
            ...);
    }
    (std::make_index_sequence<std::variant_size_v<Commands>>{});
    return wish;
}

template <class Commands>
schema::CommandUnion random_wish(Chance& chance) {
    for (;;) {
        schema::CommandUnion wish = any_wish<Commands>(chance);
        if (!ends_the_story(wish.type) || chance.below(12) == 0) return wish;
    }
}

}  // namespace tests
