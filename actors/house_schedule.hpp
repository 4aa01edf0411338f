// The seam between the house's bookkeeping and what runs its mailboxes: CAF on many threads
// (house_caf.cpp), CAF's test scheduler, or a run queue of our own in virtual time
// (house_run_queue.cpp). All three keep each mailbox's order and run one post of it at a time.
//
// The directory is a mailbox, too: what goes to an entity passes through it, so that the directory
// knows who is in use. "In the directory" below means: only while it handles something.
#pragma once

#include <functional>
#include <memory>

#include "actors/host.hpp"
#include "actors/post.hpp"
#include "base/prng.hpp"

namespace actors {

/// Leads the directory's mail on: to whom is in memory already, or comes into it now.
class Router {
public:
    virtual ~Router() = default;
    [[nodiscard]] virtual Mailbox& resident(const StreamId& stream) = 0;
    virtual void noted(const StreamId& stream, const Note& note) = 0;
};

class Schedule {
public:
    virtual ~Schedule() = default;
    /// Once, before anything else; both must outlive every mailbox.
    virtual void serve(Surroundings& around, Router& router) = 0;
    [[nodiscard]] virtual Instant now() const = 0;

    // Any thread.
    virtual void post(Mail mail) = 0;                                 // through the directory
    virtual void errand(std::function<void()> errand) = 0;            // in the directory
    virtual void note(const StreamId& stream, const Note& note) = 0;  // noted() in the directory

    // In the directory.
    virtual void after(Duration wait, std::function<void()> errand) = 0;
    [[nodiscard]] virtual std::shared_ptr<Mailbox> open(const StreamId& stream) = 0;

    /// No mail comes any more and all entities have left: the directory closes.
    virtual void end() = 0;

    /// False: its owner runs it with what follows.
    [[nodiscard]] virtual bool runs_itself() const = 0;
    virtual void run() = 0;                        // until nothing is left to do at this time
    virtual void run_shuffled(Prng& prng) = 0;     // the next mailbox by chance
    virtual void advance(Duration by) = 0;         // each timer at its own moment
    [[nodiscard]] virtual Instant next_due() = 0;  // zero: never
    virtual void abandon() = 0;                    // nothing is run any more
};

[[nodiscard]] std::unique_ptr<Schedule> caf_schedule(const HouseOptions& options);
[[nodiscard]] std::unique_ptr<Schedule> run_queue_schedule(const HouseOptions& options);

}  // namespace actors
