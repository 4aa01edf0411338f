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
        bool removed = false;
    };
    struct Room {
        std::string created_by;
        std::map<std::uint32_t, Seat> hosts;  // by seat
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
            const auto host = removed ? room.hosts.find(removed->seat) : room.hosts.end();
            if (host != room.hosts.end()) host->second.removed = true;
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
        return room.created_by == person || std::ranges::any_of(room.hosts, [&](const auto& one) {
                   return one.second.user == person && !one.second.removed;
               });
    }
    static bool leg_is_host(const Room& room, std::string_view leg) {
        return std::ranges::any_of(room.hosts,
                                   [&](const auto& one) { return one.second.leg == leg; });
    }

    static void keep(Room& room, const schema::EventUnion& fact) {
        if (const auto* made = peek<schema::ConferenceCreatedT>(fact)) {
            room.created_by = made->created_by;
        } else if (const auto* invited = peek<schema::PersonInvitedT>(fact)) {
            take_seat(room, invited->seat, invited->role, invited->user, {});
        } else if (const auto* entered = peek<schema::SeatEnteredT>(fact)) {
            take_seat(room, entered->seat, entered->role, entered->user, entered->leg);
        } else if (const auto* dialled = peek<schema::SeatDialledT>(fact)) {
            const auto host = room.hosts.find(dialled->seat);
            if (host != room.hosts.end()) host->second = {dialled->user, dialled->leg};
        }
    }
    static void take_seat(Room& room, std::uint32_t id, schema::Role role, const std::string& user,
                          const std::string& leg) {
        if (role == schema::Role::host) {
            room.hosts[id] = {user, leg};
        } else {
            room.hosts.erase(id);
        }
    }

    PerStream<Room> rooms_;
};

}  // namespace

void add_host_rules(Rules& rules, const SharedBooks& books) {
    rules.push_back(std::make_unique<HostsDecide>(books));
}

}  // namespace actors
