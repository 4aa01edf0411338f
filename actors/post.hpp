// What can lie in an entity's mailbox.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "actors/house.hpp"

namespace actors {

/// Whom a command is answered to, and what counts it until then. Called once.
struct Answering {
    Answering() = default;
    template <class Callable>
    requires std::is_invocable_v<Callable, const Answer&> Answering(Callable callable)
        : reply(std::move(callable)) {}  // NOLINT: as a Reply would

    void operator()(const Answer& answer) const {
        if (reply) reply(answer);
        if (counted) counted->fetch_sub(1, std::memory_order_acq_rel);
    }
    Reply reply;                                    // may be none
    std::atomic<std::uint64_t>* counted = nullptr;  // commands in flight
};

struct Letter {
    Envelope envelope;
    schema::CommandUnion command;
};
[[nodiscard]] inline std::shared_ptr<Letter> letter(Envelope envelope,
                                                    schema::CommandUnion command) {
    return std::make_shared<Letter>(Letter{std::move(envelope), std::move(command)});
}

struct Deliver {  // a command
    /// Shared with its sender while that may have to send it again.
    std::shared_ptr<Letter> letter;
    Answering reply;

    /// Nobody else has the letter: it need not be copied.
    [[nodiscard]] schema::CommandUnion take_command() {
        return letter.use_count() == 1 ? std::move(letter->command) : letter->command;
    }
};
struct AskView {
    ViewReply reply;
};
struct Follow {
    std::shared_ptr<Subscriber> subscriber;
    std::optional<Cursor> from;
};
struct Unfollow {
    std::shared_ptr<Subscriber> subscriber;
};
struct CatchUp {  // the next page for a follower that is behind
    std::shared_ptr<Subscriber> subscriber;
};
struct Completed {  // the journal's word on one transition
    std::uint64_t sequence = 0;
    journal::Appended result;
};
struct ReleaseAgain {  // after a restart: effects that may not have gone out
    struct One {
        std::uint64_t sequence = 0;
        journal::Position position = 0;
    };
    std::vector<One> transitions;
};
struct GoToSleep {};       // leave memory if nothing is under way
struct Leave {             // the house closes, or sleep was agreed on
    bool at_once = false;  // the journal will not answer any more: whoever waits is told so
};

using Post = std::variant<Deliver, AskView, Follow, Unfollow, CatchUp, Completed, ReleaseAgain,
                          GoToSleep, Leave>;

/// A post on its way: through the directory, which finds the entity, or straight into a mailbox.
struct Mail {
    StreamId stream;  // a command has its own: to()
    Post post = GoToSleep{};

    [[nodiscard]] const StreamId& to() const {
        const auto* deliver = std::get_if<Deliver>(&post);
        return deliver ? deliver->letter->envelope.to : stream;
    }
};

/// What an entity lets the directory know about itself.
struct Note {
    enum class What : std::uint8_t { wake_at, over, slept } what{};
    Instant at{};               // wake_at; zero: not at all
    std::uint64_t handled = 0;  // slept: posts that came through the directory
};

/// Where an entity's posts wait.
class Mailbox {
public:
    virtual ~Mailbox() = default;
    /// From any thread. Only while the entity is sure to be there: it has something under way.
    virtual void put(Post post) = 0;
};

}  // namespace actors
