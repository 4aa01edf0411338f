// Those who watch one stream: each gets every durable transition once and in order. Who comes back
// reads on from where it stopped, page by page, while the others already hear what is new.
//
// Thread: one owner. Memory: a line for each that watches. Time: none of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/house.hpp"

namespace actors {

/// Of one stream, as its host has it.
struct Watched {
    const journal::Log& log;
    const std::string& stream;
    std::uint64_t durable = 0;  // sequence of the last durable transition
};

/// The transition that it names is there, and not so far back that the state says it quicker.
[[nodiscard]] bool holds(const Watched& at, const Cursor& cursor);

class Followers {
public:
    [[nodiscard]] bool empty() const { return all_.empty(); }
    /// `sent`: sequence of the last transition that it has.
    void add(std::shared_ptr<Subscriber> subscriber, std::uint64_t sent, bool behind);
    void drop(const std::shared_ptr<Subscriber>& subscriber);
    void clear() { all_.clear(); }

    /// The next durable transition, to all that are not behind.
    void publish(const SharedTransition& transition);

    enum class Page : std::uint8_t {
        nothing,     // it is not behind, or not one of them
        more,        // it still is
        last,        // it has everything
        unreadable,  // it needs the state, rather than a gap
    };
    /// One page for somebody who is behind.
    [[nodiscard]] Page catch_up(const std::shared_ptr<Subscriber>& who, const Watched& at);

private:
    struct Follower {
        std::shared_ptr<Subscriber> subscriber;
        std::uint64_t sent = 0;
        bool behind = false;
    };
    std::vector<Follower> all_;
};

}  // namespace actors
