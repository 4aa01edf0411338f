#include "actors/house.hpp"

#include "actors/house_core.hpp"
#include "base/assert.hpp"
#include "base/clock.hpp"

namespace actors {
namespace {

HouseOptions completed(HouseOptions options) {
    if (!options.now) options.now = base::wall_now;
    if (options.deterministic && options.scheduling == Scheduling::threads)
        options.scheduling = Scheduling::run_queue;
    options.deterministic = options.scheduling != Scheduling::threads;
    return options;
}

std::unique_ptr<Schedule> schedule_for(const HouseOptions& options) {
    return options.scheduling == Scheduling::run_queue ? run_queue_schedule(options)
                                                       : caf_schedule(options);
}

}  // namespace

struct House::Inside {
    Inside(journal::Log& log, Outside& outside, const HouseOptions& options)
        : schedule(schedule_for(options)), core(log, outside, options, *schedule) {}

    [[nodiscard]] Schedule& driven() const {
        ASSERT(!schedule->runs_itself());
        return *schedule;
    }

    std::unique_ptr<Schedule> schedule;
    HouseCore core;
    bool abandoned = false;
};

House::House(journal::Log& log, Outside& outside, HouseOptions options)
    : inside_(std::make_unique<Inside>(log, outside, completed(std::move(options)))) {}

House::~House() {
    if (inside_->abandoned) {
        inside_->core.end_silently();
    } else {
        inside_->core.stop();
    }
}

void House::start() { inside_->core.start(); }

void House::send(Envelope envelope, schema::CommandUnion command, Reply reply) {
    inside_->core.send({letter(std::move(envelope), std::move(command)), std::move(reply)});
}

void House::send(const StreamId& to, std::string by, schema::CommandUnion command, Reply reply) {
    send({random_command_id(), {}, now(), to, std::move(by)}, std::move(command), std::move(reply));
}

void House::view(const StreamId& stream, ViewReply reply) {
    inside_->schedule->post({stream, AskView{std::move(reply)}});
}

void House::subscribe(const StreamId& stream, std::shared_ptr<Subscriber> subscriber,
                      std::optional<Cursor> from) {
    inside_->schedule->post({stream, Follow{std::move(subscriber), from}});
}

void House::unsubscribe(const StreamId& stream, const std::shared_ptr<Subscriber>& subscriber) {
    inside_->schedule->post({stream, Unfollow{subscriber}});
}

void House::report(const StreamId& to, std::string by, schema::CommandUnion command) {
    inside_->core.insist(
        {letter({random_command_id(), {}, now(), to, std::move(by)}, std::move(command)),
         [](const Answer&) {}});
}

HouseStatistics House::statistics() const { return inside_->core.statistics(); }

Instant House::now() const { return inside_->schedule->now(); }

void House::run() { inside_->driven().run(); }

void House::run_shuffled(Prng& prng) { inside_->driven().run_shuffled(prng); }

void House::abandon() {
    inside_->driven().abandon();
    inside_->abandoned = true;
}

void House::advance(Duration by) { inside_->driven().advance(by); }

void House::advance_to(Instant at) { advance({std::max<std::int64_t>(0, (at - now()).us)}); }

Instant House::next_due() const { return inside_->driven().next_due(); }

}  // namespace actors
