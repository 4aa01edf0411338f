#include "edges/web/presence.hpp"

namespace web {

Presence::Place Presence::enter(const std::string& user, Tell tell) {
    const std::scoped_lock lock(mutex_);
    const Place place = ++last_;
    seats_[place] = {user, std::move(tell), {}};
    if (++sockets_[user] == 1) tell_watchers(user, true);
    return place;
}

void Presence::leave(Place place) {
    const std::scoped_lock lock(mutex_);
    const auto seat = seats_.find(place);
    if (seat == seats_.end()) return;
    for (const std::string& name : seat->second.watched) {
        const auto watchers = watchers_.find(name);
        watchers->second.erase(place);
        if (watchers->second.empty()) watchers_.erase(watchers);
    }
    const std::string user = seat->second.user;
    seats_.erase(seat);
    const auto count = sockets_.find(user);
    if (--count->second > 0) return;
    sockets_.erase(count);
    tell_watchers(user, false);
}

void Presence::watch(Place place, const std::string& user) {
    const std::scoped_lock lock(mutex_);
    const auto seat = seats_.find(place);
    if (seat == seats_.end() || seat->second.watched.size() >= watched_max) return;
    if (!seat->second.watched.insert(user).second) return;
    watchers_[user].insert(place);
    if (sockets_.contains(user)) seat->second.tell(user, true);
}

std::size_t Presence::online() const {
    const std::scoped_lock lock(mutex_);
    return sockets_.size();
}

void Presence::tell_watchers(const std::string& user, bool online) const {
    const auto watchers = watchers_.find(user);
    if (watchers == watchers_.end()) return;
    for (const Place place : watchers->second) seats_.at(place).tell(user, online);
}

}  // namespace web
