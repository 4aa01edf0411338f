// Who steers: what only hosts may do is done by hosts.
#include <algorithm>

#include "actors/entity.hpp"
#include "actors/invariants/kit.hpp"

namespace actors {
namespace {

class HostsDecide final : public Rule {
public:
    explicit HostsDecide(SharedBooks books)
        : Rule(std::move(books), "hosts_decide",
               "locking, ending, recording, removing, muting others and how the room sounds are a "
               "host's or an operator's",
               {StreamKind::conference}) {}

private:
    struct Seat {
        std::string user, leg;
        bool host = false, removed = false;
    };
    struct Room {
        std::string created_by;
        std::map<std::uint32_t, Seat> seats;
    };

    void watch(const Moment& moment, const Complain& complain) override {
        Room& room = rooms_[here()];
        for (const auto& fact : moment.transition.events) {
            keep(room, fact);
            if (!for_hosts(fact) || steers(room, moment.transition)) continue;
            say(complain, moment,
                moment.transition.by + " is no host and did " + schema::EnumNameEvent(fact.type));
        }
        for (const auto& fact : moment.transition.events) {  // a host may remove themselves
            const auto* removed = peek<schema::SeatRemovedT>(fact);
            if (removed) room.seats[removed->seat].removed = true;
        }
    }

    static bool for_hosts(const schema::EventUnion& fact) {
        using enum schema::Event;
        if (const auto* muted = peek<schema::SeatMutedT>(fact)) return muted->by_host;
        return fact.type == LockSet || fact.type == ConferenceEnded || fact.type == RecordingSet ||
               fact.type == SeatRemoved || fact.type == AllMuted || fact.type == SeatGainSet ||
               fact.type == SeatDeafSet || fact.type == WhisperSet;
    }

    static bool steers(const Room& room, const schema::TransitionT& transition) {
        if (is_operator(transition.by)) {
            const auto* keyed = peek<schema::LegKeyedT>(transition.command);
            return !keyed || leg_is_host(room, keyed->leg);
        }
        if (transition.by.starts_with("call_leg/"))
            return leg_is_host(room, transition.by.substr(9));
        const std::string_view person = person_behind(transition.by);
        if (person.empty()) return false;
        return room.created_by == person || std::ranges::any_of(room.seats, [&](const auto& one) {
                   return one.second.user == person && one.second.host && !one.second.removed;
               });
    }
    static bool leg_is_host(const Room& room, std::string_view leg) {
        return std::ranges::any_of(
            room.seats, [&](const auto& one) { return one.second.leg == leg && one.second.host; });
    }

    static void keep(Room& room, const schema::EventUnion& fact) {
        if (const auto* made = peek<schema::ConferenceCreatedT>(fact)) {
            room.created_by = made->created_by;
        } else if (const auto* invited = peek<schema::PersonInvitedT>(fact)) {
            room.seats[invited->seat] = {
                invited->user, {}, invited->role == schema::Role::host, false};
        } else if (const auto* dialled = peek<schema::SeatDialledT>(fact)) {
            Seat& seat = room.seats[dialled->seat];
            seat.user = dialled->user;
            seat.leg = dialled->leg;
            seat.removed = false;
        } else if (const auto* entered = peek<schema::SeatEnteredT>(fact)) {
            room.seats[entered->seat] = {entered->user, entered->leg,
                                         entered->role == schema::Role::host, false};
        }
    }

    PerStream<Room> rooms_;
};

}  // namespace

void add_host_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<HostsDecide>(books));
}

}  // namespace actors
