#include "sim/fit/observed.hpp"

#include <string_view>
#include <utility>

namespace sim::fit {
namespace {

constexpr std::size_t unread_max = 64;  // of one conversation; older ones tell no more

double seconds_between(Instant from, Instant to) {
    return static_cast<double>((to - from).us) / 1e6;
}

}  // namespace

void Observer::see(const schema::TransitionT& transition) {
    const Instant now{transition.now};
    if (!std::exchange(begun_, true)) first_ = now;
    const double at = seconds_between(first_, now);
    ++found_.transitions;
    if (at > found_.length_s) found_.length_s = at;
    const std::string_view stream = transition.stream;
    const std::size_t slash = stream.find('/');
    if (slash == std::string_view::npos) return;
    const std::string_view kind = stream.substr(0, slash);
    const std::string name{stream.substr(slash + 1)};
    const auto* wrong = transition.command.AsPinWrong();
    if (kind == "call_leg" && wrong && wrong->cause == schema::Cause::none) ++legs_[name].wrong;
    for (const schema::EventUnion& event : transition.events) {
        if (kind == "call_leg") {
            see_leg(legs_[name], event, at);
        } else if (kind == "conference") {
            see_room(name, event, at);
        } else if (kind == "user") {
            see_user(name, event);
        } else if (kind == "conversation") {
            see_conversation(name, transition, event, at);
        }
    }
    const auto leg = kind == "call_leg" ? legs_.find(name) : legs_.end();
    if (leg == legs_.end() || leg->second.ended == never) return;
    found_.legs.push_back(std::move(leg->second));
    legs_.erase(leg);
}

void Observer::see_leg(Leg& leg, const schema::EventUnion& event, double at) {
    if (const auto* offered = event.AsCallOffered()) {
        leg.inbound = true;
        leg.begun = at;
        leg.conference = offered->conference;
        leg.codec = offered->codec;
    } else if (const auto* placed = event.AsCallPlaced()) {
        leg.begun = at;
        leg.conference = placed->conference;
        leg.number = placed->kind == schema::TargetKind::number;
    } else if (event.AsLegRinging()) {
        if (leg.ringing == never) leg.ringing = at;
    } else if (const auto* answered = event.AsLegAnswered()) {
        leg.answered = at;
        if (!answered->codec.empty()) leg.codec = answered->codec;
    } else if (const auto* asked = event.AsPinAsked()) {
        leg.asked = at;
        leg.conference = asked->conference;
    } else if (event.AsPinTried()) {
        ++leg.pins;
        if (leg.asked != never) leg.keying_s.push_back(at - leg.asked);
    } else if (event.AsLegAdmitted()) {
        leg.admitted = at;
    } else if (const auto* ended = event.AsLegEnded()) {
        leg.ended = at;
        leg.cause = ended->cause;
    }
}

void Observer::see_room(const std::string& name, const schema::EventUnion& event, double at) {
    Room& room = found_.rooms[name];
    if (const auto* created = event.AsConferenceCreated()) {
        room.created = at;
        if (!created->conversation.empty()) room.meeting = true;
        if (created->created_by.starts_with("user/")) {
            room.invited.insert(created->created_by.substr(5));
        }
        return;
    }
    if (const auto* entered = event.AsSeatEntered()) {
        const bool first = room.came.insert(entered->user + "/" + entered->address).second;
        if (first) room.came_late_s.push_back(at - room.created);
    }
    see_person(room, event);
    see_floor(floors_[name], event, at);
    if (event.AsConferenceEnded()) floors_.erase(name);
}

void Observer::see_person(Room& room, const schema::EventUnion& event) {
    if (const auto* invited = event.AsPersonInvited()) {
        room.meeting = true;
        if (!invited->user.empty()) room.invited.insert(invited->user);
    } else if (const auto* dialled = event.AsSeatDialled()) {
        room.meeting = true;
        room.dialled.insert(dialled->target);
        if (dialled->kind == schema::TargetKind::user) {
            room.invited.insert(dialled->target);
        } else {
            room.outside.insert(dialled->target);
        }
    } else if (const auto* entered = event.AsSeatEntered()) {
        if (entered->user.empty()) {
            room.outside.insert(entered->address);
        } else {
            room.invited.insert(entered->user);
        }
    }
}

void Observer::see_floor(Floor& floor, const schema::EventUnion& event, double at) {
    if (const auto* entered = event.AsSeatEntered()) {
        floor.seats[entered->seat] = {};
        people_changed(floor);
    } else if (const auto* connected = event.AsSeatConnected()) {
        floor.seats[connected->seat] = {};
        people_changed(floor);
    } else if (const auto* left = event.AsSeatLeft()) {
        const auto seat = floor.seats.find(left->seat);
        if (seat == floor.seats.end()) return;
        if (seat->second.talks) --floor.talkers;
        floor.seats.erase(seat);
        people_changed(floor);
    } else if (const auto* talking = event.AsSeatTalking()) {
        const auto found = floor.seats.find(talking->seat);
        if (found == floor.seats.end() || found->second.talks == talking->on) return;
        Seat& seat = found->second;
        if (seat.since != never) {
            auto& lengths = talking->on ? found_.talking.pauses_s : found_.talking.spurts_s;
            lengths.push_back(at - seat.since);
        }
        seat = {.talks = talking->on, .since = at};
        const std::uint32_t before = floor.talkers;
        floor.talkers += talking->on ? 1u : std::uint32_t(-1);
        talkers_changed(floor, before, at);
    }
}

/// A stay that somebody's coming or going cuts short tells nothing of how long it would have been.
void Observer::people_changed(Floor& floor) {
    floor.since = never;
    for (auto& [id, seat] : floor.seats) {
        if (floor.seats.size() < 2) seat.since = never;  // who is alone does not pause
    }
}

void Observer::talkers_changed(Floor& floor, std::uint32_t before, double at) {
    Talking& talking = found_.talking;
    if (floor.seats.size() < 2) return;
    if (floor.since != never && before == 0) talking.silence_s.push_back(at - floor.since);
    if (floor.since != never && before == 2) talking.double_talk_s.push_back(at - floor.since);
    floor.since = at;
    if (floor.talkers <= before) return;
    ++talking.turns;
    talking.joined += before > 0;
    ++(floor.seats.size() == 2 ? talking.rooms_of_two : talking.rooms_of_more);
}

void Observer::see_user(const std::string& name, const schema::EventUnion& event) {
    if (event.AsUserCreated()) users_.insert(name);
    if (event.AsPhoneAdded() || event.AsPhoneRegistered()) with_phone_.insert(name);
}

void Observer::see_conversation(const std::string& name, const schema::TransitionT& transition,
                                const schema::EventUnion& event, double at) {
    if (const auto* created = event.AsConversationCreated()) {
        members_[name] = static_cast<std::uint32_t>(created->members.size());
    } else if (event.AsMemberAdded()) {
        ++members_[name];
    } else if (const auto* sent = event.AsMessageSent()) {
        found_.messages_s.push_back(at);
        senders_.insert(sent->from);
        auto& unread = unread_[name];
        unread[transition.sequence] = at;
        if (unread.size() > unread_max) unread.erase(unread.begin());
    } else if (const auto* read = event.AsReadMarked()) {
        const auto& unread = unread_[name];
        const auto message = unread.find(read->sequence);
        if (message != unread.end()) found_.reading_s.push_back(at - message->second);
    }
}

Observed Observer::finish() {
    for (auto& [name, leg] : legs_) found_.legs.push_back(std::move(leg));
    legs_.clear();
    found_.users = users_.size();
    found_.users_with_phone = with_phone_.size();
    found_.senders = senders_.size();
    for (const auto& [name, members] : members_) found_.members.push_back(members);
    return std::move(found_);
}

}  // namespace sim::fit
