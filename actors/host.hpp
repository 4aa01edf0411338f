// Hosts one entity: the life of a command, without any rule of its own.
//
//     decide -> append (and apply at once) -> wait for the disk -> reply, publish, release effects
//
// Nobody is told what we may forget. CAF is not seen here: house_schedule.hpp has the mailboxes.
// Thread: one mailbox. Memory: the entity, its undurable transitions, its followers.
#pragma once

#include <list>
#include <memory>

#include "actors/followers.hpp"
#include "actors/history.hpp"
#include "actors/post.hpp"

namespace actors {

/// What a host needs of the house. Every function is thread-safe and returns at once.
class Surroundings {
public:
    virtual ~Surroundings() = default;
    [[nodiscard]] virtual journal::Log& log() = 0;
    [[nodiscard]] virtual Outside& outside() = 0;
    virtual void deliver(Deliver deliver) = 0;             // to any entity
    virtual void later(std::function<void()> errand) = 0;  // after half a second: there was no room
    /// To the directory: a new deadline; it can sleep now; a telephone leg has ended, which need
    /// not stay in memory as long as others.
    virtual void note(const StreamId& stream, const Note& note) = 0;
    virtual void opened(journal::Position position) = 0;    // durable, effects not yet out
    virtual void released(journal::Position position) = 0;  // effects are out and have arrived
    virtual void failed(journal::Fault fault) = 0;          // the process must stop
    virtual void count(std::uint64_t HouseStatistics::*what) = 0;
};

/// Of the command Restarted that this stream gets in this run of the server, whoever sends it.
[[nodiscard]] CommandId restarted_id(const std::string& stream, std::uint64_t epoch);

class Host {
public:
    /// `self` is the mailbox that it sits in.
    Host(StreamId stream, Surroundings& around, Mailbox& self);

    /// Takes what it needs of `post`.
    void on(Post& post);
    /// True once it has answered Leave: the mailbox may close.
    [[nodiscard]] bool gone() const { return gone_; }

private:
    struct Pending {  // appended, not yet durable
        std::uint64_t sequence = 0;
        schema::TransitionT transition;
        Effects effects;
        Answering reply;
        std::vector<std::pair<Answering, Answer>>
            answers;  // to commands that needed no transition of their own
        std::vector<std::pair<Post, View>>
            views;             // AskView and Follow, with the state they asked for
        std::string snapshot;  // of the state after it; empty: not due
    };

    void handle(Deliver&);
    void handle(AskView&);
    void handle(Follow&);
    void handle(Unfollow&);
    void handle(CatchUp&);
    void handle(Completed&);
    void handle(ReleaseAgain&);
    void handle(GoToSleep&);
    void handle(Leave&);

    [[nodiscard]] bool load();
    void restart_first(const Letter& before);
    /// Of the one draft in the list.
    void append(std::list<Pending> draft, Answering reply);
    void answer_when_durable(Answering reply, Answer answer);
    void complete(Pending& done, journal::Position position);
    void give_back(Pending& failed);
    void reload();
    void perform(const std::string& by, std::uint64_t sequence, std::uint32_t index,
                 const Effect& effect, bool again);
    void release(const std::string& by, std::uint64_t sequence, journal::Position position,
                 CommandId cause, Instant now, Effects& effects, bool again);
    void show(Post& asked, const View& view);
    [[nodiscard]] View view() const;
    [[nodiscard]] Watched watched() const;
    void wake_at(Instant at);
    [[nodiscard]] bool is_over() const;
    void drop_follow(const std::shared_ptr<Subscriber>& subscriber);
    void follow_by_view(Post asked);
    [[nodiscard]] std::uint64_t epoch_of(std::uint64_t sequence) const;
    void leave_if_idle();

    Surroundings& around_;
    Mailbox& self_;
    History history_;
    bool loaded_ = false;
    bool damaged_ = false;
    bool giving_back_ =
        false;  // an append failed: nothing new until all are answered and the log is read again
    Refusal why_ = Refusal::none;  // what those who wait are told then
    bool leaving_ = false;
    bool gone_ = false;
    std::uint64_t handled_ = 0;  // posts that came through the directory
    std::uint64_t durable_ = 0;
    std::uint64_t snapshot_at_ = 0;
    journal::Agenda agenda_;
    std::list<Pending> pending_;  // most have none most of the time
    std::vector<Post> waiting_;   // views asked for while giving back
    Followers followers_;
};

}  // namespace actors
