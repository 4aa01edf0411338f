#include "sim/swarm/telephones.hpp"

#include "journal/stored.hpp"

#include <cstdio>

namespace sim::swarm {
namespace {

using actors::command;
using schema::Cause;

schema::Hash pin_of(std::string_view room, std::string_view whose) {
    return journal::stored(base::blake2b(room, whose));
}

StreamId leg_stream(const std::string& leg) { return {StreamKind::call_leg, leg}; }

template <class T>
schema::CommandUnion of_leg(const std::string& leg, bool on) {
    T wish;
    wish.leg = leg;
    wish.on = on;
    return command(std::move(wish));
}

schema::CommandUnion ended(Cause cause, std::uint16_t status) {
    schema::CallEndedT wish;
    wish.cause = cause;
    wish.sip_status = status;
    return command(wish);
}

}  // namespace

schema::Hash host_pin(std::string_view room) { return pin_of(room, "host"); }
schema::Hash guest_pin(std::string_view room) { return pin_of(room, "guest"); }

Telephones::Telephones(Town& town) : town_(town), chance_(town.drawn().seed, "swarm/telephones") {}

Telephones::Phone* Telephones::find(const std::string& leg) {
    const auto found = phones_.find(leg);
    return found == phones_.end() ? nullptr : &found->second;
}

std::string Telephones::names() const {
    std::string all;
    for (const auto& [leg, phone] : phones_) all += (all.empty() ? "" : " ") + leg;
    return all;
}

// ---- the network

void Telephones::insist(const StreamId& to, const schema::CommandUnion& wish) {
    town_.send(to, "server", wish, [this, to, wish](const actors::Answer& answer) {
        using enum actors::Refusal;
        if (answer.refusal != busy && answer.refusal != storage_full) return;
        town_.later_in_this_run(0.5, [this, to, wish] { insist(to, wish); });
    });
}

void Telephones::deliver(double delay, const StreamId& to, const schema::CommandUnion& wish) {
    ++under_way_;
    town_.later_in_this_run(delay, [this, to, wish] {
        --under_way_;
        town_.partitioned() ? deliver(1, to, wish) : insist(to, wish);
    });
}

void Telephones::say_to(const StreamId& to, const schema::CommandUnion& wish) {
    double delay = chance_.exponential(town_.drawn().network_s);
    const bool twice = town_.drawn().has(Feature::twice) && !town_.healed();
    if (twice && chance_.with(0.05)) delay += chance_.exponential(10);
    deliver(delay, to, wish);
    if (twice && chance_.with(0.1)) deliver(delay + chance_.exponential(2), to, wish);
}

void Telephones::say(const std::string& leg, const schema::CommandUnion& wish) {
    say_to(leg_stream(leg), wish);
}

// ---- a call begins

void Telephones::call(const std::string& user, const std::string& room, bool by_access) {
    char leg[17];
    std::snprintf(leg, sizeof leg, "%016llx",
                  static_cast<unsigned long long>(0xc0000000ull + ++calls_));
    schema::IncomingCallT wish;
    wish.caller = user.empty() ? "+4930" + std::to_string(chance_.below(4)) : user + "-desk";
    wish.user = user;
    wish.source = user.empty() ? "trunk:t" : "192.0.2." + std::to_string(1 + chance_.below(3));
    wish.called = by_access ? "100" : room;
    wish.route = by_access ? schema::Route::access : schema::Route::conference;
    wish.conference = by_access ? "" : room;
    wish.codec = "PCMA";
    if (chance_.with(0.03)) {
        wish.unfit = 488;
        wish.unfit_cause = Cause::codec_mismatch;
    }
    phones_[leg] = {.room = room, .inbound = true, .host = chance_.with(0.3)};
    if (wish.unfit != 0) phones_.erase(leg);
    say(leg, command(std::move(wish)));
    if (wish.unfit == 0 && town_.drawn().has(Feature::hang_ups)) hang_up_some_day(leg, 30);
    // Who hears nothing for so long gives up.
    town_.later_in_this_run(180, [this, name = std::string{leg}] {
        if (find(name)) hang_up(name, Cause::hung_up, 0);
    });
}

void Telephones::hang_up_some_day(const std::string& leg, double mean_s) {
    town_.later_in_this_run(chance_.exponential(mean_s), [this, leg] {
        if (find(leg)) hang_up(leg, Cause::hung_up, 0);
    });
}

void Telephones::on(const actors::AnswerCall& one) {
    if (!find(one.leg)) return;
    schema::CallAnsweredT answered;
    answered.codec = "PCMA";
    if (chance_.with(0.97)) say(one.leg, command(answered));  // else the ACK never comes
}

void Telephones::on(const actors::DialCall& one) {
    phones_[one.leg] = {};
    const double manner = chance_.uniform();
    if (manner < 0.1) return hang_up(one.leg, Cause::busy, 486);
    if (manner < 0.15) return hang_up(one.leg, Cause::failed, 503);
    if (manner < 0.25) return;  // not even a ring
    town_.later_in_this_run(chance_.exponential(0.5), [this, leg = one.leg] {
        if (find(leg)) say(leg, command(schema::CallRingingT{}));
    });
    if (manner < 0.4) return;  // nobody at home
    town_.later_in_this_run(chance_.exponential(5), [this, leg = one.leg] {
        Phone* phone = find(leg);
        if (!phone) return;
        say(leg, command(schema::CallAnsweredT{}));
        begin_talk(leg);
    });
}

// ---- keys

void Telephones::on(const actors::CollectKeys& one) {
    Phone* phone = find(one.leg);
    if (!phone) return;
    ++phone->asked;
    if (one.keys == actors::Keys::codes) return begin_talk(one.leg);
    if (one.keys == actors::Keys::nothing) return;
    const bool pin = one.keys == actors::Keys::pin;
    town_.later_in_this_run(chance_.exponential(2), [this, leg = one.leg, pin, n = phone->asked] {
        const Phone* still = find(leg);
        if (still && still->asked == n) key(leg, pin);
    });
}

void Telephones::key(const std::string& leg, bool pin) {
    const Phone& phone = *find(leg);
    const bool wrong = town_.drawn().has(Feature::wrong_pins) && chance_.with(0.5);
    if (chance_.with(0.03)) return say(leg, command(schema::KeyingStoppedT{}));
    if (pin) {
        schema::PinKeyedT keyed;
        keyed.pin = phone.host ? host_pin(phone.room) : guest_pin(phone.room);
        if (wrong) keyed.pin = pin_of(phone.room, "mistyped");
        return say(leg, command(keyed));
    }
    schema::ConferenceKeyedT keyed;
    keyed.digits = wrong ? "9" : phone.room;
    say(leg, command(std::move(keyed)));
}

// ---- in the call

void Telephones::begin_talk(const std::string& leg) {
    Phone* phone = find(leg);
    if (!phone || phone->connected) return;
    phone->connected = true;
    live(leg);
    hang_up_some_day(leg, 20);
}

void Telephones::live(const std::string& leg) {
    town_.later_in_this_run(chance_.exponential(3), [this, leg] {
        Phone* phone = find(leg);
        if (!phone || town_.healed()) return;
        // The conference is where its seat is; before it has one nobody hears it.
        const actors::Books& books = town_.watch().books();
        const actors::Books::Place* place = books.place_of(leg);
        const std::string room = place ? books.name(place->room) : std::string{};
        const double choice = chance_.uniform();
        if (choice < 0.3 && town_.drawn().has(Feature::holds)) {
            phone->held = !phone->held;
            schema::CallHeldT held;
            held.on = phone->held;
            say(leg, command(held));
        } else if (place && choice < 0.5) {
            schema::LegKeyedT keyed;
            keyed.leg = leg;
            keyed.code = chance_.with(0.5) && town_.drawn().has(Feature::mutes) ? "*6" : "*5";
            say_to({StreamKind::conference, room}, command(std::move(keyed)));
        } else if (place) {
            say_to({StreamKind::conference, room},
                   choice < 0.9 ? of_leg<schema::LegTalkingT>(leg, chance_.with(0.5))
                                : of_leg<schema::LegSilentT>(leg, chance_.with(0.5)));
        }
        live(leg);
    });
}

// ---- a call ends

void Telephones::over(const std::string& leg) { phones_.erase(leg); }

void Telephones::hang_up(const std::string& leg, Cause cause, std::uint16_t status) {
    over(leg);
    say(leg, ended(cause, status));
    // What the phone had said before may come after.
    if (town_.drawn().has(Feature::twice) && chance_.with(0.1) && !town_.healed())
        say(leg, command(schema::CallRingingT{}));
}

void Telephones::drop_all() {
    const auto all = phones_;
    for (const auto& [leg, phone] : all) hang_up(leg, Cause::failed, 503);
}

void Telephones::server_died() {
    phones_.clear();
    under_way_ = 0;
}

void Telephones::heal() {
    for (const auto& [leg, phone] : phones_) hang_up_some_day(leg, 3);
}

void Telephones::perform(const actors::Effect& effect) {
    std::visit([this](const auto& one) { on(one); }, effect);
}

}  // namespace sim::swarm
