#include "sim/swarm/people.hpp"

#include "journal/codec.hpp"
#include "sim/swarm/telephones.hpp"

namespace sim::swarm {
namespace {

using actors::command;

template <class T, class Fill>
schema::CommandUnion with(Fill fill) {
    T wish;
    fill(wish);
    return command(std::move(wish));
}

StreamId stream(StreamKind kind, std::string name) { return {kind, std::move(name)}; }

constexpr std::size_t open_max = 60;  // a client that hears nothing asks for nothing more

}  // namespace

People::People(Town& town) : town_(town), chance_(town.drawn().seed, "swarm/people") {}

std::string People::user() { return "u" + std::to_string(1 + chance_.below(town_.drawn().users)); }

// The conferences of now: as many as the case wants, and sometimes one that is over.
std::string People::room() {
    const std::uint64_t newest = std::max<std::uint64_t>(rooms_, 1);
    const std::uint64_t back = chance_.below(town_.drawn().rooms + (chance_.with(0.05) ? 2 : 0));
    return std::to_string(471'000 + newest - std::min(back, newest - 1));
}

std::uint32_t People::seat_of(const std::string& name) {
    const Room* known = town_.watch().books().room(name);
    if (!known || known->seats.empty()) return 1;
    auto found = known->seats.begin();
    std::advance(found, static_cast<long>(chance_.below(known->seats.size())));
    return found->first;
}

std::string People::open_wishes() const {
    std::string all = std::to_string(open_.size());
    for (const auto& [number, wish] : open_) {
        all += " " + wish.to.text() + " " + schema::EnumNameCommand(wish.command.type);
        if (all.size() > 300) break;
    }
    return all;
}

// ---- wishes

void People::ask(const StreamId& to, const std::string& by, schema::CommandUnion wish,
                 std::string id, std::function<void()> then) {
    if (id.empty()) id = "wish:" + std::to_string(wishes_ + 1);
    ask({to, by, std::move(wish), command_id_of(id), std::move(then)});
}

void People::ask(Wish wish) {
    const std::uint64_t number = ++wishes_;
    if (wish.id == CommandId{}) wish.id = command_id_of("wish:" + std::to_string(number));
    open_[number] = std::move(wish);
    send(number);
}

// As the edge does when a conference cannot be made: its number goes back. The client may try anew.
void People::give_up(std::uint64_t number) {
    const auto found = open_.find(number);
    if (found == open_.end()) return;
    const Wish wish = std::move(found->second);
    open_.erase(found);
    if (wish.to.kind == StreamKind::conference)
        town_.house().report(
            {StreamKind::number, wish.to.name}, "server",
            with<schema::ReleaseNumberT>([&](auto& w) { w.owner = wish.to.text(); }));
    if (!town_.healed()) town_.later(chance_.exponential(1), [this] { open_room(); });
}

void People::send(std::uint64_t number) {
    const auto found = open_.find(number);
    if (found == open_.end()) return;
    const Wish wish = found->second;
    town_.send({wish.id, {}, town_.wall(), wish.to, wish.by}, wish.command,
               [this, number, wish](const actors::Answer& answer) {
                   using enum actors::Refusal;
                   const bool later = answer.refusal == busy || answer.refusal == storage_full ||
                                      answer.refusal == storage_failed ||
                                      answer.refusal == stopping;
                   const bool edge_gives_up =
                       wish.of_edge && !answer.ok() && (!later || chance_.with(0.3));
                   if (edge_gives_up) return give_up(number);
                   if (later) return town_.later(1, [this, number] { send(number); });
                   open_.erase(number);
                   if (wish.then && answer.ok()) wish.then();
                   const bool again =
                       town_.drawn().has(Feature::resends) && !town_.healed() && !wish.of_edge;
                   if (!again || !chance_.with(0.2)) return;
                   town_.later(chance_.exponential(5), [this, wish] {
                       const std::uint64_t once_more = ++wishes_;
                       open_[once_more] = wish;
                       open_[once_more].then = {};
                       send(once_more);
                   });
               });
}

void People::server_began() {
    std::erase_if(open_, [this](const auto& one) {
        if (!one.second.of_edge) return false;
        town_.later(chance_.exponential(1), [this] { open_room(); });
        return true;
    });
    for (const auto& [number, wish] : open_) {
        town_.later(chance_.exponential(1), [this, n = number] { send(n); });
    }
}

void People::settle_people() {
    for (std::uint32_t i = 1; i <= town_.drawn().users; ++i) {
        const std::string name = "u" + std::to_string(i);
        ask(stream(StreamKind::user, name), "server", with<schema::CreateUserT>([](auto& wish) {
                wish.password = "argon2id";
                wish.may_dial_numbers = true;
            }));
        ask(stream(StreamKind::user, name), "user/" + name, with<schema::AddPhoneT>([](auto& wish) {
                wish.label = "desk";
                wish.ha1 = "sealed";
            }));
    }
    ask(stream(StreamKind::conversation, "team"), "server",
        with<schema::CreateConversationT>([&](auto& wish) {
            wish.kind = schema::ConversationKind::group;
            for (std::uint32_t i = 1; i <= town_.drawn().users; ++i)
                wish.members.push_back("u" + std::to_string(i));
        }));
}

void People::begin() {
    settle_people();
    for (std::uint32_t i = 0; i < town_.drawn().rooms; ++i) open_room();
    wish_now_and_then();
}

void People::wish_now_and_then() {
    const double mean = town_.drawn().burst / town_.drawn().wishes_per_s;
    town_.later(chance_.exponential(mean), [this] {
        if (town_.healed()) return;
        for (std::uint32_t i = 0; i < town_.drawn().burst && open_.size() < open_max; ++i)
            wish_something();
        wish_now_and_then();
    });
}

void People::wish_something() {
    const double choice = chance_.uniform();
    if (choice < 0.3) return chat();
    if (choice < 0.5) {
        if (!town_.drawn().has(Feature::dial_in)) return;
        const bool access = town_.drawn().has(Feature::access_number) && chance_.with(0.4);
        return town_.telephones().call(chance_.with(0.5) ? user() : "", room(), access);
    }
    if (choice < 0.8) return steer_room();
    own_things();
}

// ---- chats

void People::chat() {
    const std::string who = user();
    const StreamId team = stream(StreamKind::conversation, "team");
    const double choice = chance_.uniform();
    if (choice < 0.15 && town_.drawn().has(Feature::groups)) {
        const std::string other = user();
        return chance_.with(0.5)
                   ? ask(team, "user/" + who,
                         with<schema::RemoveMemberT>([&](auto& w) { w.user = other; }))
                   : ask(team, "server",
                         with<schema::AddMemberT>([&](auto& w) { w.user = other; }));
    }
    if (!town_.drawn().has(Feature::messages)) return;
    if (choice < 0.3) {
        const auto head = town_.disk().head(team.text());
        return ask(team, "user/" + who, with<schema::MarkReadT>([&](auto& w) {
                       w.sequence = head.ok() ? head.value().sequence : 1;
                   }));
    }
    const std::string client_id = std::to_string(++wishes_);
    ask(team, "user/" + who, with<schema::SendMessageT>([&](auto& w) {
            w.text = "message " + client_id;
            w.client_id = client_id;
            w.via = "web";
        }),
        who + ":" + client_id);
}

// ---- conferences

// As the edge does: a conference is made on a number that it has. Made before, it might be over
// when a claim that met a full disk comes at last. What the edge was about to do dies with it.
void People::open_room() {
    const bool used = rooms_ > 0 && chance_.with(0.1);  // digits are drawn: some are taken
    const std::string number =
        std::to_string(471'000 + (used ? 1 + chance_.below(rooms_) : ++rooms_));
    auto wish = with<schema::CreateConferenceT>([&](auto& w) {
        w.host_pin = host_pin(number);
        w.guest_pin = guest_pin(number);
        w.people = {user(), user()};
        w.conversation = chance_.with(0.5) ? "team" : "";
        w.dial_policy =
            chance_.with(0.5) ? schema::DialPolicy::everyone : schema::DialPolicy::hosts;
        w.record = chance_.with(0.2);
    });
    ask({.to = stream(StreamKind::number, number),
         .by = "server",
         .command = with<schema::ClaimNumberT>([&](auto& w) { w.owner = "conference/" + number; }),
         .id = {},
         .then =
             [this, number, by = by_user(), wish = std::move(wish)] {
                 ask({.to = stream(StreamKind::conference, number),
                      .by = by,
                      .command = wish,
                      .id = {},
                      .then = {},
                      .of_edge = true});
             },
         .of_edge = true});
}

void People::dial(const std::string& number) {
    const bool person = chance_.with(0.6);
    ask(stream(StreamKind::conference, number), by_user(), with<schema::DialT>([&](auto& w) {
            w.kind = person ? schema::TargetKind::user : schema::TargetKind::number;
            w.target = person ? user() : "+4940" + std::to_string(chance_.below(4));
            w.numbers_allowed = true;
        }));
}

void People::steer_room() {
    const std::string number = room();
    const StreamId to = stream(StreamKind::conference, number);
    const Case& drawn = town_.drawn();
    const double choice = chance_.uniform();
    if (choice < 0.25 && drawn.has(Feature::dial_out)) return dial(number);
    if (choice < 0.35 && drawn.has(Feature::cancels))
        return ask(to, by_user(),
                   with<schema::CancelDialT>([&](auto& w) { w.seat = seat_of(number); }));
    if (choice < 0.45 && drawn.has(Feature::removals))
        return ask(to, by_user(),
                   with<schema::RemoveSeatT>([&](auto& w) { w.seat = seat_of(number); }));
    if (choice < 0.5)
        return ask(to, by_user(), with<schema::InvitePersonT>([&](auto& w) { w.user = user(); }));
    if (choice < 0.55 && drawn.has(Feature::locks))
        return ask(to, by_user(),
                   with<schema::SetLockedT>([&](auto& w) { w.locked = chance_.with(0.3); }));
    if (choice < 0.6 && drawn.has(Feature::endings)) {
        ask(to, by_user(), command(schema::EndConferenceT{}));
        return open_room();
    }
    steer_sound(number);
}

void People::steer_sound(const std::string& number) {
    const StreamId to = stream(StreamKind::conference, number);
    const Case& drawn = town_.drawn();
    const std::uint32_t seat = seat_of(number);
    const double choice = chance_.uniform();
    if (choice < 0.4 && drawn.has(Feature::mutes))
        return ask(to, by_user(), with<schema::SetMutedT>([&](auto& w) {
                       w.seat = seat;
                       w.muted = chance_.with(0.6);
                   }));
    if (choice < 0.5 && drawn.has(Feature::mutes))
        return ask(to, by_user(),
                   with<schema::SetAllMutedT>([&](auto& w) { w.muted = chance_.with(0.5); }));
    if (choice < 0.6 && drawn.has(Feature::hands))
        return ask(to, by_user(),
                   with<schema::SetHandT>([&](auto& w) { w.raised = chance_.with(0.6); }));
    if (!drawn.has(Feature::sound)) return;
    if (choice < 0.7)
        return ask(to, by_user(), with<schema::SetGainT>([&](auto& w) {
                       w.seat = seat;
                       w.in_db = static_cast<std::int8_t>(chance_.below(20));
                   }));
    if (choice < 0.8)
        return ask(to, by_user(), with<schema::SetDeafT>([&](auto& w) {
                       w.seat = seat;
                       w.deaf = chance_.with(0.5);
                   }));
    if (choice < 0.9)
        return ask(to, by_user(), with<schema::SetWhisperT>([&](auto& w) {
                       w.seat = seat;
                       w.to = chance_.with(0.4) ? 0 : seat_of(number);
                   }));
    ask(to, by_user(), with<schema::SetRecordingT>([&](auto& w) {
            w.what = static_cast<schema::Recording>(chance_.below(3));
        }));
}

// ---- phones, sessions, numbers

void People::own_things() {
    const std::string who = user();
    const StreamId self = stream(StreamKind::user, who);
    const Case& drawn = town_.drawn();
    const double choice = chance_.uniform();
    if (choice < 0.4 && drawn.has(Feature::registrations))
        return ask(self, "user/" + who, with<schema::RegisterPhoneT>([&](auto& w) {
                       w.label = "desk";
                       w.contact = "sip:" + std::to_string(chance_.below(3));
                       w.call_id = std::to_string(chance_.below(2));
                       w.cseq = static_cast<std::uint32_t>(wishes_);
                       w.expires_s = static_cast<std::uint32_t>(1 + chance_.below(40));
                   }));
    if (choice < 0.7 && drawn.has(Feature::sessions)) {
        const std::uint64_t token = wishes_;
        return ask(self, "server", with<schema::OpenSessionT>([&](auto& w) {
                       w.token = {token, 1, 2, 3};
                       w.lasts_s = static_cast<std::uint32_t>(1 + chance_.below(60));
                   }));
    }
    if (!drawn.has(Feature::numbers)) return;
    const StreamId number = stream(StreamKind::number, std::to_string(200 + chance_.below(2)));
    if (chance_.with(0.6))
        return ask(number, "server",
                   with<schema::ClaimNumberT>([&](auto& w) { w.owner = "user/" + who; }));
    ask(number, "server", with<schema::ReleaseNumberT>([&](auto& w) { w.owner = "user/" + who; }));
}

}  // namespace sim::swarm
