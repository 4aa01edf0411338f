#include "actors/followers.hpp"

#include <algorithm>

#include "journal/codec.hpp"

namespace actors {
namespace {

constexpr std::size_t page = 256;            // transitions a follower gets between two other posts
constexpr std::uint64_t behind_max = 5'000;  // further back, the state is told instead

}  // namespace

bool holds(const Watched& at, const Cursor& cursor) {
    if (cursor.sequence == 0) return at.durable < behind_max;
    if (cursor.sequence > at.durable || at.durable - cursor.sequence > behind_max) return false;
    const auto record = at.log.read_stream(at.stream, cursor.sequence, 1);
    if (!record.ok() || record.value().empty()) return false;
    const auto transition = journal::decode_transition(record.value().front().payload);
    return transition.ok() && transition.value().epoch == cursor.epoch;
}

void Followers::add(std::shared_ptr<Subscriber> subscriber, std::uint64_t sent, bool behind) {
    all_.push_back({std::move(subscriber), sent, behind});
}

void Followers::drop(const std::shared_ptr<Subscriber>& subscriber) {
    std::erase_if(all_, [&](const Follower& one) { return one.subscriber == subscriber; });
}

void Followers::publish(const SharedTransition& transition) {
    for (Follower& one : all_) {
        if (one.behind || transition->sequence != one.sent + 1)
            continue;  // it is still being caught up
        one.sent = transition->sequence;
        one.subscriber->on_transition(transition);
    }
}

Followers::Page Followers::catch_up(const std::shared_ptr<Subscriber>& who, const Watched& at) {
    const auto found = std::ranges::find(all_, who, &Follower::subscriber);
    if (found == all_.end() || !found->behind) return Page::nothing;
    const std::uint64_t before = found->sent;
    const auto read = at.log.read_stream(at.stream, before + 1, page);
    const auto records = read.ok() ? read.value() : std::vector<journal::Record>{};
    for (const journal::Record& record : records) {
        auto transition = journal::decode_transition(record.payload);
        if (!transition.ok() || transition.value().sequence > at.durable) break;
        found->sent = transition.value().sequence;
        found->subscriber->on_transition(
            std::make_shared<const schema::TransitionT>(std::move(transition).value()));
    }
    if (found->sent == before) return Page::unreadable;
    found->behind = found->sent < at.durable;
    return found->behind ? Page::more : Page::last;
}

}  // namespace actors
