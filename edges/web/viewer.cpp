#include "edges/web/viewer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/conference.hpp"
#include "actors/entity.hpp"
#include "edges/web/json.hpp"

namespace web {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

template <class T>
const T* as(const schema::EventUnion& event) {
    return actors::peek<T>(event);
}

void meet_conference(Viewer& viewer, const schema::ConferenceStateT& room) {
    const bool somebody = !viewer.user.empty();
    viewer.founder = somebody && person_of(room.created_by) == viewer.user;
    viewer.host = somebody && actors::is_host(room, "user/" + viewer.user);
    for (const auto& seat : room.seats) {
        if (!somebody) break;
        if (person_of(seat.dialled_by) == viewer.user) viewer.dialled.insert(seat.id);
        if (seat.user == viewer.user) viewer.seats.insert(seat.id);
    }
    const bool part = viewer.host || actors::takes_part(room, viewer.user);
    viewer.allowed = room.exists && (part || viewer.operates);
}

void meet_conversation(Viewer& viewer, const schema::ConversationStateT& talk) {
    const auto me = std::ranges::find_if(
        talk.members, [&](const auto& member) { return member.user == viewer.user; });
    const bool member = !viewer.user.empty() && me != talk.members.end();
    viewer.since_us = member ? me->joined_at : 0;
    viewer.allowed = talk.exists && (member || viewer.operates);
}

void take_seat(Viewer& viewer, std::uint32_t seat, const std::string& user, bool as_host) {
    if (viewer.user.empty() || user != viewer.user) return;
    viewer.seats.insert(seat);
    viewer.allowed = true;
    viewer.host = viewer.host || as_host;
}

}  // namespace

void Viewer::meet(const StreamId& stream, const schema::StateUnion& state) {
    allowed = host = founder = false;
    seats.clear();
    dialled.clear();
    if (const auto* room = actors::peek<schema::ConferenceStateT>(state)) {
        meet_conference(*this, *room);
    } else if (const auto* talk = actors::peek<schema::ConversationStateT>(state)) {
        meet_conversation(*this, *talk);
    } else if (const auto* person = actors::peek<schema::UserStateT>(state)) {
        allowed = person->exists && (operates || stream.name == user);
    } else {
        allowed = operates;
    }
}

void Viewer::learn(const schema::EventUnion& event, std::int64_t now_us) {
    if (const auto* added = as<schema::MemberAddedT>(event)) {
        if (added->user == user) allowed = true, since_us = now_us;
    } else if (const auto* gone = as<schema::MemberRemovedT>(event)) {
        if (gone->user == user && !operates) allowed = false;
    } else if (const auto* invited = as<schema::PersonInvitedT>(event)) {
        take_seat(*this, invited->seat, invited->user, invited->role == schema::Role::host);
    } else if (const auto* called = as<schema::SeatDialledT>(event)) {
        take_seat(*this, called->seat, called->user, false);
        if (!user.empty() && person_of(called->by) == user) dialled.insert(called->seat);
    } else if (const auto* entered = as<schema::SeatEnteredT>(event)) {
        take_seat(*this, entered->seat, entered->user, entered->role == schema::Role::host);
    } else if (const auto* removed = as<schema::SeatRemovedT>(event)) {
        if (!seats.contains(removed->seat) || founder || operates) return;
        allowed = host = false;
    }
}

std::string snake_case(std::string_view type_name) {
    std::string out;
    for (const char c : type_name) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !out.empty()) out += '_';
        out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string shortened(std::string_view address) {
    if (address.empty()) return {};
    const std::size_t at = address.find('@');
    if (at != std::string_view::npos) return "sip:***" + std::string(address.substr(at));
    const auto digits = static_cast<std::size_t>(std::ranges::count_if(address, digit));
    // Too few digits to hide any behind others: an extension, or nothing that dials.
    if (digits < 8) return "***";
    // The country code may have three digits; one is shown with its plus, since more may be an
    // area.
    const std::string head = address.front() == '+' ? std::string(address.substr(0, 2)) + " " : "";
    return head + "*** " + std::string(address.substr(address.size() - 4));
}

bool looks_like_number(std::string_view name) {
    const auto digits = std::ranges::count_if(name, digit);
    return digits >= 5 && std::ranges::all_of(name, [](char c) {
               return digit(c) || std::string_view("+-/(). *#").find(c) != std::string_view::npos;
           });
}

std::string person_of(std::string_view by) {
    const std::string_view person = actors::person_behind(by);
    return std::string(person.empty() ? by : person);
}

}  // namespace web
