#include "sim/swarm/town.hpp"

#include <algorithm>

#include "sim/swarm/followers.hpp"
#include "sim/swarm/people.hpp"
#include "sim/swarm/stranger.hpp"
#include "sim/swarm/telephones.hpp"

namespace sim::swarm {

Town::Town(const Case& the_case) : case_(the_case), chance_(the_case.seed, "swarm/town") {
    DiskOptions disk;
    disk.sync_s = {.shape = Spread::Shape::exponential, .mean = case_.sync_s};
    disk.faults = {.sync_fails = case_.sync_fails,
                   .torn_tail = case_.torn,
                   .reordered = case_.reordered,
                   .lost = case_.lost,
                   .full_from_s = case_.full.from_s,
                   .full_to_s = case_.full.to_s,
                   .slow = case_.slow};
    disk.seed = case_.seed;
    disk.begins = town_begins;
    disk.on_durable = [this](const journal::Record& record) { watch_.durable(record); };
    disk_ = make_disk(std::move(disk));
    telephones_ = std::make_unique<Telephones>(*this);
    people_ = std::make_unique<People>(*this);
    stranger_ = std::make_unique<Stranger>(*this);
    followers_ = std::make_unique<Followers>(*this);
    begin_process();
    plan_faults();
    people_->begin();
    stranger_->begin();
    followers_->begin();
}

Town::~Town() {
    process_.reset();
    disk_->crash();  // drops what waits for a house that is gone
}

void Town::begin_process() {
    // As base::wall_goes_on_from.
    const Instant began = now_;
    lead_ = std::max(jumped_, journal::last_time(*disk_) - now_);
    process_ = std::make_unique<Process>(
        *disk_, *this,
        Process::Options{
            .wall = [this, began] { return began + lead_; },
            .idle_after = span_of(case_.idle_after_s),
            .on_stored = [this](const std::string& stream,
                                std::uint64_t sequence) { watch_.stored(stream, sequence); }});
}

void Town::plan_faults() {
    for (const Crash& one : case_.crashes) {
        later(one.at_s, [this, one] {
            if (!healed_) process_->die_after(one.errands);
        });
    }
    for (const Jump& one : case_.jumps) {
        later(one.at_s, [this, one] {
            if (healed_) return;
            jumped_ = jumped_ + span_of(one.by_s);
            // Hours back are met at the next start only, as base::wall_now has it. Less is shown to
            // the house, which must stand it by itself.
            if (one.by_s > -3600) lead_ = lead_ + span_of(one.by_s);
        });
    }
    for (const double at : case_.trunk_lost) {
        later(at, [this] {
            if (!healed_) telephones_->drop_all();
        });
    }
}

// ---- time

double Town::seconds() const { return static_cast<double>((now_ - town_begins).us) * 1e-6; }

void Town::later(double seconds, std::function<void()> what) {
    timetable_[{now_ + span_of(std::max(0.0, seconds)), ++planned_}] = std::move(what);
}

void Town::later_in_this_run(double seconds, std::function<void()> what) {
    later(seconds, [this, mine = run(), what = std::move(what)] {
        if (mine == run()) what();
    });
}

void Town::settle_instant() {
    for (;;) {
        case_.shuffled ? process_->house().run_shuffled(chance_.prng()) : process_->house().run();
        if (!process_->lives()) {
            crash();
            continue;
        }
        const Instant completes = disk_->next_completion();
        if (completes == Instant{} || completes > now_) return;
        disk_->run_until(now_);
    }
}

// The house knows only the time on the wall; how long it waits is the same on every clock.
Instant Town::next() const {
    Instant when{};
    const auto consider = [&](Instant at) {
        if (when == Instant{} || at < when) when = at;
    };
    if (!timetable_.empty()) consider(timetable_.begin()->first.first);
    if (disk_->next_completion() != Instant{}) consider(disk_->next_completion());
    const Instant due = process_->house().next_due();
    if (due != Instant{}) consider(now_ + (due - process_->house().now()));
    return when;
}

void Town::pass_to(Instant at) {
    disk_->run_until(at);
    process_->house().advance(at - now_);
    now_ = at;
}

bool Town::turn(Instant end) {
    settle_instant();
    const Instant when = next();
    if (when == Instant{} || when > end) return false;
    pass_to(std::max(when, now_));
    while (!timetable_.empty() && timetable_.begin()->first.first <= now_) {
        const auto what = std::move(timetable_.begin()->second);
        timetable_.erase(timetable_.begin());
        what();
    }
    return true;
}

void Town::run_until(double seconds) {
    const Instant end = town_begins + span_of(seconds);
    while (watch_.content() && turn(end)) {
    }
    if (!watch_.content()) return;
    if (end > now_) pass_to(end);
    settle_instant();
}

// ---- dying

void Town::crash() {
    process_.reset();
    disk_->crash();
    ++crashes_;
    watch_.restarted();
    telephones_->server_died();
    begin_process();
    people_->server_began();
    followers_->server_began();
}

void Town::heal() {
    healed_ = true;
    disk_->heal();
    telephones_->heal();
    people_->heal();
    followers_->heal();
}

bool Town::settled() const {
    return telephones_->idle() && people_->idle() && watch_.books().legs_alive() == 0 &&
           followers_->up_to_date() && disk_->next_completion() == Instant{};
}

std::string Town::what_is_open() const {
    std::string open;
    const auto note = [&](bool is_open, const std::string& what) {
        if (is_open) open += (open.empty() ? "" : ", ") + what;
    };
    note(!telephones_->idle(), "telephones: " + telephones_->names());
    note(!people_->idle(), "unanswered wishes: " + people_->open_wishes());
    const auto& legs = watch_.books().legs_in_order();
    note(!legs.empty(), std::to_string(legs.size()) + " legs live, first call_leg/" +
                            (legs.empty() ? "" : watch_.books().name(legs.front())));
    note(!followers_->up_to_date(), "followers behind: " + followers_->who_is_behind());
    note(disk_->next_completion() != Instant{}, "the disk is at work");
    return open;
}

// ---- towards the house and from it

bool Town::partitioned() const {
    const double now = seconds();
    return !healed_ && std::ranges::any_of(case_.partitions, [now](const Span& one) {
        return now >= one.from_s && now < one.to_s;
    });
}

void Town::send(const StreamId& to, const std::string& by, schema::CommandUnion command,
                actors::Reply reply) {
    const CommandId id = command_id_of("town:" + std::to_string(++sent_));
    send({id, {}, wall(), to, by}, std::move(command), std::move(reply));
}

void Town::send(actors::Envelope envelope, schema::CommandUnion command, actors::Reply reply) {
    process_->send(envelope, command,
                   [this, envelope, command, reply = std::move(reply)](const auto& answer) {
                       watch_.answered(envelope, command, answer);
                       if (reply) reply(answer);
                   });
}

void Town::perform(const actors::Effect& effect, const actors::EffectKey& key) {
    watch_.performed(effect, key);
    telephones_->perform(effect);
}

}  // namespace sim::swarm
