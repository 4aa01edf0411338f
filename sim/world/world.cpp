// The loop that moves a world from one instant to the next; see world.hpp.
#include "sim/world/world.hpp"

#include <algorithm>
#include <vector>

#include "sim/world/callers.hpp"
#include "sim/world/chats.hpp"
#include "sim/world/lines.hpp"
#include "sim/world/meetings.hpp"
#include "sim/world/rooms.hpp"
#include "sim/world/telephony.hpp"

namespace sim {
namespace {

constexpr std::uint32_t first_standing_conference = 100'001;
constexpr unsigned turns_between_asking = 4096;
// Who has ended is not asked again: memory follows what is under way.
constexpr Duration idle_after = minutes(5);
constexpr std::size_t resident_max = 20'000;

/// The earlier of two instants; zero is never.
Instant earlier(Instant one, Instant other) {
    if (one == Instant{}) return other;
    if (other == Instant{}) return one;
    return std::min(one, other);
}

/// What of a world may be forgotten once its actor has left memory.
using Over = std::function<bool(StreamKind kind, std::string_view name)>;

DiskOptions disk_of(const WorldOptions& options, Ground& ground, Over over) {
    DiskOptions disk = options.disk;
    disk.keep = options.keep_journal;
    disk.sync_s = ground.scenario.server.disk_s;
    disk.seed = Chance{options.seed, "disk"}.bits();
    disk.begins = world_begins;
    disk.over_when_forgotten = [over = std::move(over)](std::string_view text) {
        const auto stream = parse_stream(text);
        return stream && over(stream->kind, stream->name);
    };
    disk.on_durable = [&ground, seen = options.disk.on_durable](const journal::Record& record) {
        ++ground.counts.transitions;
        ground.figures.tick(Metric::transitions, ground.now());
        if (seen) seen(record);
    };
    return disk;
}

}  // namespace

struct World::Inside {
    Inside(const Scenario& the_scenario, const WorldOptions& the_options)
        : scenario(the_scenario),
          options(the_options),
          ground(scenario, options),
          order(Chance{options.seed, "order"}.bits()),
          lines(ground),
          rooms(ground, the_options.listen),
          telephony(ground, lines, rooms),
          disk(make_disk(disk_of(
              options, ground,
              [this](StreamKind kind, std::string_view name) { return is_over(kind, name); }))),
          people(ground),
          chats(ground, people) {
        std::uint32_t first_room = first_standing_conference;
        for (const CallClass& one : scenario.calls) {
            callers.push_back(std::make_unique<Callers>(ground, lines, telephony, one, first_room));
            first_room += std::max(1u, one.rooms);
        }
        for (const MeetingClass& one : scenario.meetings)
            meetings.push_back(
                std::make_unique<Meetings>(ground, lines, telephony, people, numbers, one));
        telephony.callee_of = [this](const actors::DialCall& call) { return callee(call); };
        start_process();
        people.set_up();
        for (const auto& one : callers) one->set_up();
        while (ground.waiting() > 0) turn(Instant{INT64_MAX});
        lines.begin([this] { telephony.drop_trunk(); });
        people.begin();
        chats.begin();
        for (const auto& one : callers) one->begin(scenario.until_s);
        for (const auto& one : meetings) one->begin(scenario.until_s);
    }

    /// Legs whose call is over, and meetings that have been ended.
    [[nodiscard]] bool is_over(StreamKind kind, std::string_view name) const {
        if (kind == StreamKind::call_leg) return !telephony.knows(leg_id(name));
        if (kind != StreamKind::conference && kind != StreamKind::number) return false;
        return Meetings::is_meeting(name) &&
               std::ranges::none_of(meetings, [&](const auto& one) { return one->holds(name); });
    }

    [[nodiscard]] std::optional<Callee> callee(const actors::DialCall& call) {
        for (const auto& one : meetings) {
            if (const auto found = one->callee(call)) return found;
        }
        return std::nullopt;
    }
    ~Inside() {
        ground.process_died();
        house->abandon();
    }

    // ---- the process

    void start_process() {
        actors::HouseOptions how;
        how.deterministic = true;
        how.threads = 1;
        how.now = [at = ground.now()] { return at; };
        how.idle_after = idle_after;
        how.resident_max = resident_max;
        how.on_fatal = [this](journal::Fault) { fatal = true; };
        house = std::make_unique<actors::House>(*disk, telephony, std::move(how));
        ground.house = house.get();
        house->start();
    }

    void crash() {
        fatal = false;
        house->abandon();
        ground.process_died();
        telephony.crash();
        rooms.crash();
        chats.crash();
        for (const auto& one : meetings) one->crash();
        ground.house = nullptr;
        house.reset();
        disk->crash();
        start_process();
        if (options.witness) options.witness->restarted(disk->epoch());
        ground.process_began();
    }

    // ---- time

    void settle() {
        for (;;) {
            options.shuffled ? house->run_shuffled(order) : house->run();
            if (fatal) {
                crash();
                continue;
            }
            const Instant completes = disk->next_completion();
            if (completes == Instant{} || completes > ground.now()) return;
            disk->run_until(ground.now());
        }
    }

    [[nodiscard]] Instant next() {
        Instant when = earlier(ground.timetable.next(), disk->next_completion());
        when = earlier(when, house->next_due());
        return earlier(when, rooms.next_tick());
    }

    /// One step in time, not beyond `end`. False: nothing happens before.
    bool turn(Instant end) {
        settle();
        const Instant when = next();
        if (when == Instant{} || when > end) return false;
        pass_to(std::max(when, ground.now()));
        while (ground.timetable.next() == ground.now() && !ground.timetable.empty())
            ground.timetable.run_one();
        return true;
    }

    void pass_to(Instant now) {
        ground.timetable.pass_to(now);
        disk->run_until(now);
        house->advance_to(now);
        if (rooms.next_tick() != Instant{} && rooms.next_tick() <= now) rooms.run_until(now);
    }

    const Scenario scenario;
    const WorldOptions options;
    Ground ground;
    Prng order;
    Lines lines;
    Rooms rooms;
    Telephony telephony;
    std::unique_ptr<Disk> disk;
    People people;
    Chats chats;
    MeetingNumbers numbers;
    std::vector<std::unique_ptr<Callers>> callers;
    std::vector<std::unique_ptr<Meetings>> meetings;
    bool fatal = false;
    std::unique_ptr<actors::House> house;
};

World::World(const Scenario& scenario, WorldOptions options)
    : inside_(std::make_unique<Inside>(scenario, options)) {}
World::~World() = default;

void World::run_until(double seconds, const std::function<bool(double)>& keep_on) {
    const Instant end = world_begins + seconds_of(seconds);
    unsigned turns = 0;
    while (inside_->turn(end)) {
        if (++turns % turns_between_asking != 0 || !keep_on) continue;
        if (!keep_on(inside_->ground.seconds_passed())) return;
    }
    if (end > inside_->ground.now()) inside_->pass_to(end);
    inside_->settle();
}

void World::crash() { inside_->crash(); }

void World::heal() {
    inside_->ground.healed = true;
    inside_->disk->heal();
    inside_->lines.heal();
}

bool World::settled() const {
    const Inside& inside = *inside_;
    const bool people =
        std::ranges::all_of(inside.callers, [](const auto& one) { return one->idle(); });
    const bool met =
        std::ranges::all_of(inside.meetings, [](const auto& one) { return one->idle(); });
    return people && met && inside.chats.idle() && inside.telephony.idle() && inside.lines.idle() &&
           inside.ground.waiting() == 0 && inside.disk->next_completion() == Instant{};
}

const HearingCheck& World::hearing() const { return inside_->rooms.hearing(); }
Disk& World::disk() { return *inside_->disk; }
actors::House& World::house() { return *inside_->house; }
Instant World::now() const { return inside_->ground.now(); }

WorldCounts World::counts() const {
    WorldCounts counts = inside_->ground.counts;
    counts.events = inside_->ground.timetable.happened();
    return counts;
}

base::Hash World::state_hash() {
    return base::blake2b(base::hex(inside_->disk->journal_hash()) + " " +
                         std::to_string(inside_->rooms.heard_hash()));
}

}  // namespace sim
