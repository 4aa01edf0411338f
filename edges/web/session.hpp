// One client's conversation over the WebSocket, without the socket: frames in, frames out
// (docs/protocol.md).
//
// Thread: everything runs on the connection's strand; what comes from actors is posted there first.
// Memory: at most subscriptions_max subscriptions, requests_max requests under way and pending_max
// transitions that wait to be encoded; who cannot keep up is cut and told why when they come back.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "edges/web/hub.hpp"

namespace web {

class Fields;
class Subscription;

/// What a session needs of its socket.
class Wire {
public:
    virtual ~Wire() = default;
    /// From any thread: runs the task on the connection's strand, in order; drops it once the
    /// server stops.
    virtual void post(std::function<void()> task) = 0;
    // The rest on the strand only.
    /// False when the peer reads too slowly and the queue is full: the frame is gone.
    [[nodiscard]] virtual bool send(std::string frame) = 0;
    /// Closes politely, after what is queued.
    virtual void close(unsigned code, std::string_view reason) = 0;
    /// Drops the connection now.
    virtual void cut() = 0;
    /// The session takes frames again.
    virtual void resume() = 0;
};

class Session : public std::enable_shared_from_this<Session> {
public:
    static constexpr std::size_t subscriptions_max = 200;
    static constexpr std::size_t requests_max = 64;  // under way; more wait in the socket
    static constexpr std::size_t pending_max =
        20'000;  // transitions between an actor and the strand

    static constexpr std::size_t too_fast_max =
        1000;  // frames ignored; then this is no client of ours

    Session(Hub& hub, std::weak_ptr<Wire> wire, std::string source);

    /// One text frame.
    void receive(std::string_view frame);
    /// False while frames must wait: read none until Wire::resume.
    [[nodiscard]] bool takes_more() const;
    /// Five seconds have passed since the socket opened.
    void greeting_overdue();
    /// The socket is gone; lets every subscription go.
    void end();

private:
    friend class Subscription;
    enum class Phase : std::uint8_t { silent, greeting, open, closed };
    using Json = nlohmann::json;

    void hello(Fields& fields);
    void welcome(std::optional<Principal> who);
    void follow_self();
    void subscribe(std::uint64_t id, Fields& fields);
    void start(std::uint64_t id, const std::shared_ptr<Subscription>& subscription,
               std::optional<actors::Cursor> from, const actors::View& view);
    void unsubscribe(std::uint64_t id, Fields& fields);
    void request(std::uint64_t id, Fields& fields, const Json& frame);
    void answered(std::uint64_t id, const Response& response);

    void drop(const std::shared_ptr<Subscription>& subscription);
    void told(const std::string& user, bool online);
    void watch(const std::string& user);

    void send(const Json& frame);
    void send(std::string frame);
    void error(std::optional<std::uint64_t> id, std::string_view code, std::string_view sentence);
    void close(unsigned code, std::string_view reason);
    void cut(std::string_view code, std::string_view sentence);

    Hub& hub_;
    std::weak_ptr<Wire> wire_;
    const std::string source_;
    Phase phase_ = Phase::silent;
    Principal who_;
    Bucket bucket_;
    std::size_t requests_ = 0;
    std::size_t too_fast_ = 0;
    std::optional<Presence::Place> place_;
    std::shared_ptr<Subscription> self_;  // follows the person themselves, to end with the session
    std::map<std::string, std::shared_ptr<Subscription>> subscriptions_;
    std::atomic<std::size_t> pending_{
        0};  // raised by actors, lowered on the strand; relaxed: a mere count
};

/// "3-17"; nothing when it is not two numbers.
[[nodiscard]] std::optional<actors::Cursor> parse_cursor(std::string_view text);

}  // namespace web
