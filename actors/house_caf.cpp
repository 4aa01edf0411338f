// The seam to CAF 0.17: mailboxes, scheduling, delays. Nothing outside this file includes a CAF
// header.
#include <algorithm>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <thread>
#include <utility>

#include "actors/house_schedule.hpp"
#include "base/assert.hpp"
#include "base/clock.hpp"

namespace actors {

// What CAF carries: a pointer, so that any post travels without being copied or described to CAF.
struct Parcel {  // to the directory, and on to an entity
    std::shared_ptr<Mail> mail;
};
struct Errand {  // to the directory itself
    std::shared_ptr<std::function<void()>> run;
};
struct Goodbye {};  // to the directory: it closes

}  // namespace actors

CAF_BEGIN_TYPE_ID_BLOCK(partyline, first_custom_type_id)
CAF_ADD_TYPE_ID(partyline, (actors::Parcel))
CAF_ADD_TYPE_ID(partyline, (actors::Errand))
CAF_ADD_TYPE_ID(partyline, (actors::Goodbye))
CAF_END_TYPE_ID_BLOCK(partyline)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::Parcel)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::Errand)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::Goodbye)

namespace actors {
namespace {

std::chrono::microseconds to_chrono(Duration duration) {
    return std::chrono::microseconds{std::max<std::int64_t>(0, duration.us)};
}

/// Threaded, or CAF's test scheduler, which the owner drives.
struct Config : caf::actor_system_config {
    Config(unsigned threads_wanted, bool testing) {
        add_message_types<caf::id_block::partyline>();
        const std::size_t threads =
            threads_wanted ? threads_wanted : std::max(1u, std::thread::hardware_concurrency());
        // Not "stealing": its workers look for work all the time, 2 % of a core with nothing to do.
        set("scheduler.policy", testing ? caf::atom("testing") : caf::atom("sharing"));
        set("scheduler.max-threads", threads);
        set("scheduler.max-throughput",
            std::size_t{200});  // fairness: CAF's default is without end
        set("logger.verbosity", caf::atom("quiet"));
    }
};

class CafSchedule final : public Schedule {
    // ---- the two actors: both only hand on

    class EntityActor final : public caf::event_based_actor, public Mailbox {
    public:
        EntityActor(caf::actor_config& config, StreamId stream, CafSchedule* schedule)
            : event_based_actor(config),
              schedule_(*schedule),
              host_(std::move(stream), *schedule->around_, *this) {
            schedule_.newborn_ = this;
        }
        caf::behavior make_behavior() override {
            return {[this](const Parcel& parcel) {
                if (schedule_.abandoned_) return quit();
                host_.on(parcel.mail->post);
                if (host_.gone()) quit();
            }};
        }
        // The handle keeps us alive until CAF is done with the parcel, whatever it says.
        void put(Post post) override {
            const auto self = caf::actor_cast<caf::actor>(this);
            caf::anon_send(self, Parcel{std::make_shared<Mail>(Mail{{}, std::move(post)})});
        }

    private:
        CafSchedule& schedule_;
        Host host_;
    };

    class DirectoryActor final : public caf::event_based_actor {
    public:
        DirectoryActor(caf::actor_config& config, CafSchedule* schedule)
            : event_based_actor(config), schedule_(*schedule) {
            schedule_.directory_actor_ = this;
        }
        caf::behavior make_behavior() override {
            return {
                [this](const Parcel& parcel) {
                    if (schedule_.abandoned_) return;
                    Mailbox& to = schedule_.router_->resident(parcel.mail->to());
                    caf::anon_send(caf::actor_cast<caf::actor>(&static_cast<EntityActor&>(to)),
                                   parcel);
                },
                [this](const Errand& errand) {
                    if (!schedule_.abandoned_) (*errand.run)();
                },
                [this](const Goodbye&) { quit(); },
            };
        }

    private:
        CafSchedule& schedule_;
    };

public:
    CafSchedule(const HouseOptions& options, bool testing)
        : options_(options), config_(options.threads, testing), system_(config_) {
        if (testing)
            scheduler_ = dynamic_cast<caf::scheduler::test_coordinator*>(&system_.scheduler());
    }

    void serve(Surroundings& around, Router& router) override {
        around_ = &around;
        router_ = &router;
        directory_ = system_.spawn<DirectoryActor>(this);
    }

    Instant now() const override {
        if (!scheduler_) return options_.now();
        const auto since = scheduler_->clock().now().time_since_epoch();
        return options_.now() +
               Duration{std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
    }

    void post(Mail mail) override {
        caf::anon_send(directory_, Parcel{std::make_shared<Mail>(std::move(mail))});
    }
    void errand(std::function<void()> errand) override {
        caf::anon_send(directory_,
                       Errand{std::make_shared<std::function<void()>>(std::move(errand))});
    }
    void note(const StreamId& stream, const Note& note) override {
        errand([this, stream, note] { router_->noted(stream, note); });
    }
    void after(Duration wait, std::function<void()> errand) override {
        directory_actor_->delayed_send(
            directory_actor_, to_chrono(wait),
            Errand{std::make_shared<std::function<void()>>(std::move(errand))});
    }
    std::shared_ptr<Mailbox> open(const StreamId& stream) override {
        caf::actor actor = system_.spawn<EntityActor>(stream, this);
        return {newborn_, [keeps_alive = std::move(actor)](Mailbox*) {}};
    }

    void end() override {
        caf::anon_send(directory_, Goodbye{});
        if (scheduler_) {
            scheduler_->run();
        } else {
            system_.await_all_actors_done();
        }
        directory_actor_ = nullptr;
    }

    bool runs_itself() const override { return scheduler_ == nullptr; }
    void run() override { scheduler_->run(); }
    void run_shuffled(Prng& prng) override {
        auto& jobs = scheduler_->jobs;
        while (!jobs.empty()) {
            std::swap(jobs.front(), jobs[prng.below(jobs.size())]);
            scheduler_->run_once();
        }
    }
    void advance(Duration by) override {
        auto& clock = scheduler_->clock();
        const auto end = clock.now() + to_chrono(by);
        for (;;) {
            scheduler_->run();
            if (clock.schedule().empty() || clock.schedule().begin()->first > end) break;
            scheduler_->trigger_timeout();
        }
        clock.current_time = end;
        scheduler_->run();
    }
    Instant next_due() override {
        if (scheduler_->has_job()) return now();
        const auto& clock = scheduler_->clock();
        if (clock.schedule().empty()) return {};
        const auto wait = clock.schedule().begin()->first - clock.now();
        return now() + Duration{std::chrono::ceil<std::chrono::microseconds>(wait).count()};
    }
    void abandon() override { abandoned_ = true; }

private:
    HouseOptions options_;
    Config config_;
    caf::actor_system system_;
    caf::scheduler::test_coordinator* scheduler_ = nullptr;  // absent: CAF's own threads
    Surroundings* around_ = nullptr;
    Router* router_ = nullptr;
    caf::actor directory_;
    caf::event_based_actor* directory_actor_ = nullptr;
    EntityActor* newborn_ = nullptr;  // of the newest spawn; in the directory
    bool abandoned_ = false;          // never of a threaded house
};

}  // namespace

std::unique_ptr<Schedule> caf_schedule(const HouseOptions& options) {
    return std::make_unique<CafSchedule>(options,
                                         options.scheduling == Scheduling::caf_test_scheduler);
}

}  // namespace actors
