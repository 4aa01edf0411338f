// The seam to CAF 0.17: mailboxes, scheduling, delays. Nothing outside this file includes a CAF
// header.
#include "actors/house.hpp"

#include <atomic>
#include <caf/scheduler/test_coordinator.hpp>
#include <mutex>
#include <thread>

#include "actors/directory.hpp"
#include "actors/host.hpp"
#include "actors/house_letters.hpp"
#include "actors/limits.hpp"
#include "actors/release_ledger.hpp"
#include "base/clock.hpp"
#include "journal/codec.hpp"

namespace actors {
namespace {

constexpr std::uint64_t commands_in_flight_max = 200'000;  // above it the edges are told `busy`
constexpr Duration housekeeping_every = seconds(1);
constexpr Duration retry_after = milliseconds(500);

bool no_room(Refusal why) { return why == Refusal::storage_full || why == Refusal::busy; }

std::chrono::microseconds to_chrono(Duration duration) {
    return std::chrono::microseconds{std::max<std::int64_t>(0, duration.us)};
}

}  // namespace

struct House::Inside final : Surroundings {
    using Residents = Directory<caf::actor>;

    // ---- the two actors: both only hand on

    class EntityActor : public caf::event_based_actor {
    public:
        EntityActor(caf::actor_config& config, StreamId stream, Inside* house)
            : event_based_actor(config), house_(*house), host_(std::move(stream), *house) {}
        caf::behavior make_behavior() override {
            return {[this](const Letter& letter) {
                if (house_.abandoned) return quit();
                host_.on(std::move(*letter.post));
                if (host_.gone()) quit();
            }};
        }

    private:
        Inside& house_;
        Host host_;
    };

    class DirectoryActor : public caf::event_based_actor {
    public:
        DirectoryActor(caf::actor_config& config, Inside* inside)
            : event_based_actor(config), inside_(*inside) {
            inside_.directory_actor = this;
        }
        caf::behavior make_behavior() override {
            return {
                [this](const Routed& routed) {
                    if (inside_.abandoned) return;
                    inside_.route(routed.mail->first, std::move(routed.mail->second));
                },
                [this](const Errand& errand) {
                    if (!inside_.abandoned) (*errand.run)();
                },
                [this](const Tick& tick) {
                    if (inside_.abandoned) return quit();
                    inside_.on_tick(tick.due);
                },
            };
        }

    private:
        Inside& inside_;
    };

    Inside(journal::Log& log_in, Outside& outside_in, HouseOptions options_in)
        : options(std::move(options_in)),
          config(options),
          system(config),
          log_(log_in),
          outside_(outside_in),
          ledger(log_in.released()) {
        if (options.deterministic)
            scheduler = dynamic_cast<caf::scheduler::test_coordinator*>(&system.scheduler());
        if (!options.now) options.now = base::wall_now;
        directory = system.spawn<DirectoryActor>(this);
    }

    Instant now() const {
        if (!scheduler) return options.now();
        const auto since = scheduler->clock().now().time_since_epoch();
        return options.now() +
               Duration{std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
    }

    // ---- towards entities (any thread)

    void post_to_directory(const StreamId& stream, Post post) {
        caf::anon_send(directory, Routed{std::make_shared<std::pair<StreamId, Post>>(
                                      stream, std::move(post))});
    }
    void run_in_directory(std::function<void()> errand) {
        caf::anon_send(directory,
                       Errand{std::make_shared<std::function<void()>>(std::move(errand))});
    }

    void send(Deliver deliver) {
        if (stopping.load(std::memory_order_acquire)) return refuse(deliver, Refusal::stopping);
        if (in_flight.fetch_add(1, std::memory_order_acq_rel) >= commands_in_flight_max) {
            in_flight.fetch_sub(1, std::memory_order_acq_rel);
            return refuse(deliver, Refusal::busy);
        }
        const StreamId to = deliver.envelope.to;
        deliver.reply = [this, reply = std::move(deliver.reply)](const Answer& answer) {
            if (reply) reply(answer);
            in_flight.fetch_sub(1, std::memory_order_acq_rel);
        };
        post_to_directory(to, std::move(deliver));
    }
    static void refuse(Deliver& deliver, Refusal why) {
        if (deliver.reply) deliver.reply({.refusal = why});
    }

    // ---- in the directory actor

    caf::actor& resident(const StreamId& stream) {
        auto* known = residents.find(stream);
        if (!known) {
            auto actor = system.spawn<EntityActor>(stream, this);
            {
                const std::lock_guard lock{addresses_mutex};
                addresses[stream] = actor;
            }
            known = &residents.add(stream, std::move(actor), now());
            resident_count.store(residents.size(), std::memory_order_relaxed);
        }
        residents.use(*known, now());
        return known->address;
    }

    void route(const StreamId& stream, Post post) {
        caf::anon_send(resident(stream), Letter{std::make_shared<Post>(std::move(post))});
    }

    // Far deadlines wait for a later round of housekeeping, so that few ticks are ever under way.
    void arm() {
        const Instant next = residents.next_deadline();
        if (next == Instant{} || (armed_for != Instant{} && armed_for <= next)) return;
        if (next - now() > housekeeping_every) return;
        armed_for = next;
        directory_actor->delayed_send(directory_actor, to_chrono(next - now()), Tick{next});
    }

    void on_tick(Instant due) {
        if (due == Instant{}) return keep_house();
        if (due != armed_for) return;  // an earlier deadline came in between
        armed_for = {};
        for (const auto& [at, stream] : residents.take_due(now())) {
            const CommandId id =
                command_id_of("wake:" + stream.text() + ":" + std::to_string(at.us));
            send({{id, {}, now(), stream, "server"},
                  command(schema::WakeT{}),
                  [this, stream](const Answer& answer) {
                      if (no_room(answer.refusal))
                          run_in_directory([=, this] { wake_soon(stream); });
                  }});
        }
        arm();
    }

    void keep_house() {
        log_.mark_released(ledger.mark());
        std::vector<StreamId> asked;
        for (const auto& one : residents.idlest_first()) {
            const bool idle = now() - one.used >= options.idle_after;
            const bool crowded = residents.size() - asked.size() > options.resident_max;
            if ((!idle && !crowded) || asked.size() >= 10'000) break;
            caf::anon_send(one.address, Letter{std::make_shared<Post>(GoToSleep{})});
            asked.push_back(one.stream);
        }
        // Those who cannot sleep, being watched, must not stand in the way of the next.
        for (const StreamId& stream : asked) residents.stays(stream, now());
        arm();
        directory_actor->delayed_send(directory_actor, to_chrono(housekeeping_every), Tick{});
    }

    /// Sends until there is room: nobody else would ask again.
    void insist(Deliver deliver) {
        const auto letter = std::make_shared<const Deliver>(std::move(deliver));
        Deliver copy = *letter;
        copy.reply = [this, letter](const Answer& answer) {
            if (no_room(answer.refusal)) {
                return later([this, letter] { insist(*letter); });
            }
            if (letter->reply) letter->reply(answer);
        };
        send(std::move(copy));
    }

    // ---- Surroundings: from entities and the journal's thread

    journal::Log& log() override { return log_; }
    Outside& outside() override { return outside_; }
    void deliver(Deliver deliver) override { send(std::move(deliver)); }
    void later(std::function<void()> errand) override {
        run_in_directory([this,
                          again = std::make_shared<std::function<void()>>(std::move(errand))] {
            directory_actor->delayed_send(directory_actor, to_chrono(retry_after), Errand{again});
        });
    }
    void to_self(const StreamId& stream, Post post) override {
        caf::actor self;
        {
            const std::lock_guard lock{addresses_mutex};
            const auto found = addresses.find(stream);
            if (found == addresses.end()) return;
            self = found->second;
        }
        caf::anon_send(self, Letter{std::make_shared<Post>(std::move(post))});
    }
    void wake_at(const StreamId& stream, Instant at) override {
        run_in_directory([this, stream, at] {
            // One that has passed already was given back by a full disk, or came while the server
            // was down.
            const bool late = at != Instant{} && at <= now();
            residents.wake_at(stream, late ? now() + retry_after : at);
            arm();
        });
    }
    void wake_soon(const StreamId& stream) {
        if (residents.has_deadline(stream)) return;
        residents.wake_at(stream, now() + retry_after);
        arm();
    }
    void slept(const StreamId& stream, std::uint64_t handled) override {
        run_in_directory([this, stream, handled] {
            auto* known = residents.find(stream);
            if (!known || known->sent != handled) return;  // something is on its way: it stays
            caf::anon_send(known->address, Letter{std::make_shared<Post>(Leave{})});
            drop(stream);
            passivations.fetch_add(1, std::memory_order_relaxed);
        });
    }
    void drop(const StreamId& stream) {
        residents.remove(stream);
        resident_count.store(residents.size(), std::memory_order_relaxed);
        const std::lock_guard lock{addresses_mutex};
        addresses.erase(stream);
    }
    void opened(journal::Position position) override { ledger.open(position); }
    void released(journal::Position position) override { ledger.close(position); }
    void failed(journal::Fault fault) override {
        if (options.on_fatal && !fatal.exchange(true)) options.on_fatal(fault);
    }
    void count(std::uint64_t HouseStatistics::*what) override {
        counter(what).fetch_add(1, std::memory_order_relaxed);
    }
    std::atomic<std::uint64_t>& counter(std::uint64_t HouseStatistics::*what) {
        if (what == &HouseStatistics::commands) return commands;
        if (what == &HouseStatistics::refusals) return refusals;
        if (what == &HouseStatistics::transitions) return transitions;
        if (what == &HouseStatistics::repeated) return repeated;
        if (what == &HouseStatistics::effects) return effects;
        return subscriptions;
    }

    // ---- beginning and end

    void release_again() {
        const journal::Position last = log_.last_position();
        std::map<std::string, ReleaseAgain> by_stream;
        for (journal::Position from = log_.released() + 1; from <= last;) {
            const auto records = log_.read_all(from, 1024);
            if (!records.ok() || records.value().empty()) break;
            for (const journal::Record& record : records.value()) {
                from = record.position + 1;
                ledger.open(record.position);
                const auto transition = journal::decode_transition(record.payload);
                if (!transition.ok()) continue;
                by_stream[transition.value().stream].transitions.push_back(
                    {transition.value().sequence, record.position});
            }
        }
        for (auto& [name, again] : by_stream) {
            if (const auto stream = parse_stream(name))
                post_to_directory(*stream, std::move(again));
        }
    }

    void start() {
        release_again();
        std::size_t restarted = 0;
        const auto counted = std::make_shared<std::atomic<std::size_t>>(0);
        for (const journal::AgendaEntry& entry : log_.agenda()) {
            const auto stream = parse_stream(entry.stream);
            if (!stream) continue;
            if (entry.agenda.wake_at != Instant{}) wake_at(*stream, entry.agenda.wake_at);
            if (!entry.agenda.on_restart) continue;
            schema::RestartedT told;
            told.epoch = log_.epoch();
            const CommandId id =
                command_id_of("restarted:" + entry.stream + ":" + std::to_string(log_.epoch()));
            ++restarted;
            insist({{id, {}, now(), *stream, "server"}, command(told), [counted](const Answer&) {
                        ++*counted;
                    }});
        }
        run_in_directory([this] { keep_house(); });
        // Threaded houses settle their restart before the first call comes in.
        for (int waits = 0; !scheduler && *counted < restarted && waits < 5'000; ++waits) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    }

    void stop() {
        if (abandoned) return end_silently();
        stopping.store(true, std::memory_order_release);
        if (scheduler) scheduler->run();
        for (int waits = 0;
             !scheduler && in_flight.load(std::memory_order_acquire) > 0 && waits < 5'000;
             ++waits) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        log_.mark_released(ledger.mark());
        say_goodbye(false);
        if (scheduler) {
            // A simulated disk that died answers nobody: those who still wait for it must go, too.
            scheduler->run();
            say_goodbye(true);
            scheduler->run();
        } else {
            run_in_directory([this] { directory_actor->quit(); });
            system.await_all_actors_done();  // their handles must outlive them: they still call us
        }
        directory_actor = nullptr;
    }

    void end_silently() {
        for (const auto& one : residents.idlest_first()) {
            caf::anon_send(one.address, Letter{std::make_shared<Post>(GoToSleep{})});
        }
        caf::anon_send(directory, Tick{});
        scheduler->run();
        directory_actor = nullptr;
    }

    void say_goodbye(bool at_once) {
        run_in_directory([this, at_once] {
            for (const auto& one : residents.idlest_first()) {
                caf::anon_send(one.address, Letter{std::make_shared<Post>(Leave{at_once})});
            }
            if (at_once) directory_actor->quit();
        });
    }

    HouseOptions options;
    Config config;
    caf::actor_system system;
    journal::Log& log_;
    Outside& outside_;
    ReleaseLedger ledger;
    caf::scheduler::test_coordinator* scheduler = nullptr;
    caf::actor directory;
    caf::event_based_actor* directory_actor = nullptr;

    // only in the directory actor
    Residents residents;
    Instant armed_for{};

    std::mutex addresses_mutex;  // the journal's thread finds an entity's mailbox here
    std::map<StreamId, caf::actor> addresses;

    bool abandoned = false;  // deterministic houses only
    std::atomic<bool> stopping{false};
    std::atomic<bool> fatal{false};
    std::atomic<std::uint64_t> in_flight{0};
    std::atomic<std::uint64_t> commands{0}, refusals{0}, transitions{0}, repeated{0}, effects{0},
        subscriptions{0};
    std::atomic<std::uint64_t> resident_count{0}, passivations{0};
};

House::House(journal::Log& log, Outside& outside, HouseOptions options)
    : inside_(std::make_unique<Inside>(log, outside, std::move(options))) {}

House::~House() {
    inside_->stop();
    const std::lock_guard lock{inside_->addresses_mutex};
    inside_->addresses.clear();
}

void House::start() { inside_->start(); }

void House::send(Envelope envelope, schema::CommandUnion command, Reply reply) {
    inside_->send({std::move(envelope), std::move(command), std::move(reply)});
}

void House::send(const StreamId& to, std::string by, schema::CommandUnion command, Reply reply) {
    send({random_command_id(), {}, now(), to, std::move(by)}, std::move(command), std::move(reply));
}

void House::view(const StreamId& stream, ViewReply reply) {
    inside_->post_to_directory(stream, AskView{std::move(reply)});
}

void House::subscribe(const StreamId& stream, std::shared_ptr<Subscriber> subscriber,
                      std::optional<Cursor> from) {
    inside_->post_to_directory(stream, Follow{std::move(subscriber), from});
}

void House::unsubscribe(const StreamId& stream, const std::shared_ptr<Subscriber>& subscriber) {
    inside_->post_to_directory(stream, Unfollow{subscriber});
}

HouseStatistics House::statistics() const {
    const auto read = [](const std::atomic<std::uint64_t>& one) {
        return one.load(std::memory_order_relaxed);
    };
    return {.commands = read(inside_->commands),
            .refusals = read(inside_->refusals),
            .transitions = read(inside_->transitions),
            .repeated = read(inside_->repeated),
            .effects = read(inside_->effects),
            .resident = read(inside_->resident_count),
            .passivations = read(inside_->passivations),
            .subscriptions = read(inside_->subscriptions)};
}

Instant House::now() const { return inside_->now(); }

void House::run() {
    ASSERT(inside_->scheduler);
    inside_->scheduler->run();
}

void House::run_shuffled(Prng& prng) {
    ASSERT(inside_->scheduler);
    auto& jobs = inside_->scheduler->jobs;
    while (!jobs.empty()) {
        std::swap(jobs.front(), jobs[prng.below(jobs.size())]);
        inside_->scheduler->run_once();
    }
}

void House::advance(Duration by) {
    ASSERT(inside_->scheduler);
    auto& scheduler = *inside_->scheduler;
    auto& clock = scheduler.clock();
    const auto end = clock.now() + to_chrono(by);
    for (;;) {
        scheduler.run();
        if (clock.schedule().empty() || clock.schedule().begin()->first > end) break;
        scheduler.trigger_timeout();
    }
    clock.current_time = end;
    scheduler.run();
}

void House::abandon() {
    ASSERT(inside_->scheduler);
    inside_->abandoned = true;
}

void House::advance_to(Instant at) { advance({std::max<std::int64_t>(0, (at - now()).us)}); }

Instant House::next_due() const {
    ASSERT(inside_->scheduler);
    if (inside_->scheduler->has_job()) return now();
    const auto& clock = inside_->scheduler->clock();
    if (clock.schedule().empty()) return {};
    const auto wait = clock.schedule().begin()->first - clock.now();
    return now() + Duration{std::chrono::ceil<std::chrono::microseconds>(wait).count()};
}

}  // namespace actors
