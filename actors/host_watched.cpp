// How a host shows its entity to those who look at it once, and to those who follow it: nobody sees
// what may still be taken back.
#include "actors/host.hpp"
#include "base/planted.hpp"

namespace actors {

void Host::handle(AskView& post) {
    ++handled_;
    if (giving_back_) return waiting_.push_back(std::move(post));
    if (!load()) return post.reply({history_.stream(), 0, 0, {}});
    if (pending_.empty()) return post.reply(view());
    pending_.back().views.emplace_back(std::move(post), view());
}

void Host::handle(Follow& post) {
    ++handled_;
    if (giving_back_) return waiting_.push_back(std::move(post));
    if (!load()) return post.subscriber->on_view({history_.stream(), 0, 0, {}});
    around_.count(&HouseStatistics::subscriptions);
    drop_follow(post.subscriber);
    if (post.from && holds(watched(), *post.from)) {
        const bool behind = post.from->sequence < durable_;
        const bool skips = behind && planted::is("follower_skips_on_resubscribe");
        followers_.add(post.subscriber, post.from->sequence + (skips ? 1 : 0), behind);
        if (behind) self_.put(CatchUp{post.subscriber});
        return;
    }
    follow_by_view(std::move(post));
}

void Host::follow_by_view(Post asked) {
    if (pending_.empty()) return show(asked, view());
    pending_.back().views.emplace_back(std::move(asked), view());
}

void Host::show(Post& asked, const View& view) {
    if (auto* one = std::get_if<AskView>(&asked)) return one->reply(view);
    auto& follow = std::get<Follow>(asked);
    follow.subscriber->on_view(view);
    followers_.add(std::move(follow.subscriber), view.sequence, false);
}

void Host::handle(CatchUp& post) {
    switch (followers_.catch_up(post.subscriber, watched())) {
        case Followers::Page::nothing:
        case Followers::Page::last: return;
        case Followers::Page::more: return self_.put(std::move(post));
        case Followers::Page::unreadable:
            drop_follow(post.subscriber);
            return follow_by_view(Follow{std::move(post.subscriber), std::nullopt});
    }
}

void Host::handle(Unfollow& post) {
    ++handled_;
    drop_follow(post.subscriber);
}

void Host::drop_follow(const std::shared_ptr<Subscriber>& subscriber) {
    followers_.drop(subscriber);
    const auto same = [&](const Post& asked) {
        const auto* follow = std::get_if<Follow>(&asked);
        return follow && follow->subscriber == subscriber;
    };
    std::erase_if(waiting_, same);
    for (Pending& pending : pending_)
        std::erase_if(pending.views, [&](const auto& one) { return same(one.first); });
}

}  // namespace actors
