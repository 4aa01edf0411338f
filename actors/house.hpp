// The house of all entities: gives each stream its actor, brings commands in, lets effects out.
//
// One generic actor hosts every entity: it decides, appends to the journal, and holds replies,
// effects and publications back until the journal says durable. A directory actor spawns entities
// when they are needed and lets idle ones go. Edges see only this header; what runs them stays
// behind it.
//
// Thread: every function may be called from any thread and returns at once. Callbacks run on an
// actor thread and must not block. Order: callbacks of one stream come in the order of its
// transitions.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/effects.hpp"
#include "actors/refusal.hpp"
#include "base/ids.hpp"
#include "base/prng.hpp"
#include "base/time.hpp"
#include "journal/log.hpp"

namespace actors {

struct Envelope {
    CommandId id;  // random_command_id(), or command_id_of("alice:" + client id) for a client's own
    CommandId cause{};  // zero: from outside
    Instant now;        // when the edge received it
    StreamId to;
    std::string by;  // see Context::by
};

/// What became of a command. Success is durable when it arrives.
struct Answer {
    Refusal refusal = Refusal::none;
    std::uint64_t sequence =
        0;  // the transition's, or the last one's when nothing needed to change
    std::uint64_t epoch = 0;
    bool repeated = false;  // this command id had been decided before
    [[nodiscard]] bool ok() const { return refusal == Refusal::none; }
};
using Reply = std::function<void(const Answer&)>;

/// A stream's durable state.
/// `state` is empty (NONE) when the stream cannot be read.
struct View {
    StreamId stream;
    std::uint64_t sequence = 0;  // 0: nothing ever happened to it
    std::uint64_t epoch = 0;     // of transition `sequence`
    schema::StateUnion state;    // peek<schema::ConferenceStateT>(view.state)
};
using ViewReply = std::function<void(const View&)>;

/// Names one effect: unique, and the same when a restart releases it again. Most who perform
/// effects do not ask, so it is hashed only then. It lives no longer than perform() takes.
class EffectKey {
public:
    EffectKey(std::string_view stream, std::uint64_t sequence, std::uint32_t index)
        : stream_(stream), sequence_(sequence), index_(index) {}
    operator CommandId() const {  // NOLINT: it is one
        return derived_command_id(stream_, sequence_, index_);
    }

private:
    std::string_view stream_;
    std::uint64_t sequence_;
    std::uint32_t index_;
};

/// Performs effects on the outside world. Called on actor threads; must not block; one stream's in
/// order.
class Outside {
public:
    virtual ~Outside() = default;
    virtual void perform(const Effect& effect, const EffectKey& key) = 0;
};

/// Where a reader stopped: "<epoch>-<sequence>" names one transition; epoch guards against a
/// sequence number that a power cut took back.
struct Cursor {
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
};

using SharedTransition = std::shared_ptr<const schema::TransitionT>;

/// Receives one stream, gap-free and in order. Called on actor threads; must not block.
class Subscriber {
public:
    virtual ~Subscriber() = default;
    /// The stream's state: updates after view.sequence follow. Comes first, unless a cursor was
    /// good.
    virtual void on_view(const View& view) = 0;
    virtual void on_transition(const SharedTransition& transition) = 0;
};

/// What runs the mailboxes. Both deterministic ones make the same journal of the same commands.
enum class Scheduling : std::uint8_t {
    threads,             // CAF, production
    run_queue,           // one thread, virtual time, fast: simulations and tests
    caf_test_scheduler,  // one thread, virtual time, CAF's own mailboxes
};

struct HouseOptions {
    unsigned threads = 0;  // 0: one per core
    Scheduling scheduling = Scheduling::threads;
    bool deterministic = false;                    // instead of threads: the run queue
    std::function<Instant()> now;                  // base::wall_now in production
    Duration idle_after = minutes(5);              // then an entity leaves memory
    std::size_t resident_max = 200'000;            // above it the idlest leave early
    std::function<void(journal::Fault)> on_fatal;  // the journal failed: the process must stop
};

struct HouseStatistics {
    std::uint64_t commands = 0, refusals = 0, transitions = 0, repeated = 0, effects = 0;
    std::uint64_t resident = 0, passivations = 0, subscriptions = 0;
};

class House {
public:
    /// Effects of unreleased transitions are released again, and every stream whose agenda asks for
    /// it gets Restarted, before start() returns (deterministic houses: by run()).
    House(journal::Log& log, Outside& outside, HouseOptions options);
    /// Waits for what is in flight, then lets every actor go. The log outlives the house. A
    /// deterministic house does not wait for a log that has not completed its appends, and such a
    /// log may not complete them later.
    ~House();
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    void start();

    /// Brings one command in. `reply` comes once: with a refusal at once, with success when
    /// durable.
    void send(Envelope envelope, schema::CommandUnion command, Reply reply);
    /// The same with a fresh id and the time of now.
    void send(const StreamId& to, std::string by, schema::CommandUnion command, Reply reply);

    /// Brings in what has happened and cannot be taken back: a call ended, a phone answered. Tried
    /// again until there is room for it, as nobody would say it twice.
    void report(const StreamId& to, std::string by, schema::CommandUnion command);

    void view(const StreamId& stream, ViewReply reply);

    /// `from` absent: the state first, then what follows. Present and still true: what follows it.
    /// Present but unknown (a power cut took it back): the state first, as if absent. One
    /// Subscriber may follow many streams; it is kept alive until unsubscribed. A second subscribe
    /// of the same pair starts anew.
    void subscribe(const StreamId& stream, std::shared_ptr<Subscriber> subscriber,
                   std::optional<Cursor> from);
    void unsubscribe(const StreamId& stream, const std::shared_ptr<Subscriber>& subscriber);

    [[nodiscard]] HouseStatistics statistics() const;
    [[nodiscard]] Instant now() const;

    // Deterministic houses only.
    void run();                     // until nothing is left to do at this time
    void run_shuffled(Prng& prng);  // the same, the next actor chosen by chance
    /// The process dies between two posts: nothing more is decided, said or performed. What may
    /// follow is the end of this house, and then another one on what the disk has kept.
    void abandon();
    void advance(Duration by);    // lets time pass, waking every deadline at its own moment
    void advance_to(Instant at);  // the same up to `at`; one that has passed: only what is due now
    /// When run() or advance() would next do something; now() when something waits already, zero
    /// when nothing ever will.
    [[nodiscard]] Instant next_due() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace actors
