// One stream that a session follows. Internal to edges/web.
//
// Thread: on_view and on_transition run on actor threads and only hand over; the rest is the
// session's strand.
#pragma once

#include <memory>

#include "edges/web/session.hpp"
#include "edges/web/viewer.hpp"

namespace web {

class Subscription : public actors::Subscriber, public std::enable_shared_from_this<Subscription> {
public:
    enum class Purpose : std::uint8_t {
        show,   // the client asked for it
        guard,  // the person's own stream: ends the socket when the session ends, and names their
                // contacts
    };

    Subscription(std::weak_ptr<Session> session, std::weak_ptr<Wire> wire, StreamId followed,
                 Purpose purpose)
        : session_(std::move(session)),
          wire_(std::move(wire)),
          stream(std::move(followed)),
          purpose_(purpose) {}

    void on_view(const actors::View& view) override;
    void on_transition(const actors::SharedTransition& transition) override;

private:
    void hand_over(std::function<void(Session&)> task);
    void show(Session& session, const actors::View& view);
    void show(Session& session, const schema::TransitionT& transition);
    void guard(Session& session, const actors::View& view);
    void guard(Session& session, const schema::TransitionT& transition);
    void leave(Session& session);

    std::weak_ptr<Session> session_;
    std::weak_ptr<Wire> wire_;

public:
    const StreamId stream;
    Viewer viewer;
    std::uint64_t met = 0;  // sequence up to which `viewer` knows the stream
    bool started = false;   // the house has been asked
    bool ended = false;     // whatever still arrives is for nobody

private:
    const Purpose purpose_;
};

}  // namespace web
