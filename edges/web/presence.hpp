// Who is online, kept in memory only: a person is online while one of their sockets is open.
// Sockets name the people that they want to hear about.
//
// Thread: any. Callbacks run under the lock, so that coming and going stay in order: they may only
// hand over. Memory: per socket the names it watches, at most watched_max.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace web {

class Presence {
public:
    static constexpr std::size_t watched_max = 5000;  // per socket; further names are not watched
    using Tell = std::function<void(const std::string& user, bool online)>;
    using Place = std::uint64_t;

    /// A socket of `user` has opened; `tell` is called whenever somebody it watches comes or goes.
    [[nodiscard]] Place enter(const std::string& user, Tell tell);
    void leave(Place place);

    /// From now on changes of `user` are told to `place`; at once, if they are online already.
    void watch(Place place, const std::string& user);

    [[nodiscard]] std::size_t online() const;

private:
    struct Seat {
        std::string user;
        Tell tell;
        std::set<std::string> watched;
    };
    void tell_watchers(const std::string& user, bool online) const;

    mutable std::mutex mutex_;
    Place last_ = 0;
    std::map<Place, Seat> seats_;
    std::map<std::string, std::size_t> sockets_;       // per person
    std::map<std::string, std::set<Place>> watchers_;  // of a person
};

}  // namespace web
