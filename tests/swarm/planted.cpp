// Plants one bug after another and lets the swarm look for it: prints which invariant saw it, in
// which seed, and how long that took; fails when one is not found within the seeds that it is
// given.
//
//     planted [BUG] [FIRST..LAST]     BUG "none": nothing is planted, and nothing may be found
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/planted.hpp"
#include "sim/swarm/run.hpp"

namespace {

struct Bug {
    const char* name;
    std::uint64_t seeds_max;  // it must be found within so many
    const char* about;
};

const std::vector<Bug> bugs{
    {"effect_before_sync", 5, "effects go out when their event is handed to the disk"},
    {"reply_before_sync", 5, "clients hear of success before the disk does"},
    {"full_disk_acknowledged", 60, "what a full disk gave back is told as stored"},
    {"resend_stored_twice", 20, "a command that comes again is decided again"},
    {"snapshot_off_by_one", 60, "a start from a snapshot forgets the newest command"},
    {"agenda_not_stored", 60, "what a restart must know is not on disk"},
    {"restart_not_told_to_legs", 60, "telephones outlive the process"},
    {"nothing_released_again", 100, "a restart does not tell what may have got lost"},
    {"timer_lost", 20, "deadlines are not kept"},
    {"time_steps_back", 100, "a stream follows the wall's clock backwards"},
    {"follower_skips_on_resubscribe", 60, "a cursor brings one transition too few"},
    {"effect_key_reused", 5, "two effects of a transition share a key"},
    {"mute_lost_at_restart", 60, "who was muted is heard after a restart"},
    {"held_leg_heard", 20, "music on hold for everybody"},
    {"removed_leg_stays_in_mix", 20, "who was put out goes on to listen"},
    {"leg_in_two_rooms", 60, "two calls get the same leg"},
    {"pin_accepted_without_check", 20, "any PIN will do"},
    {"pin_counter_reset_by_hang_up", 100, "guessing goes on after a hang-up"},
    {"strike_lost", 20, "a wrong PIN is not held against its caller"},
    {"guard_never_blocks", 60, "strikes are counted for nothing"},
    {"locked_door_open", 60, "guests dial in to a locked conference"},
    {"guests_steer", 20, "who takes part may do what hosts may"},
    {"cancel_not_passed_on", 60, "a cancelled telephone rings on"},
    {"port_leaked_on_cancelled_dial", 60, "a cancelled call keeps its seat and port"},
    {"calls_go_on_after_the_end", 60, "a conference ends without its telephones"},
    {"number_kept_after_the_end", 60, "a conference that is over keeps its number"},
    {"lost_numbers_kept", 100, "a number stays taken for a conference that a crash prevented"},
    {"number_claimed_twice", 100, "who draws a conference's number by chance takes it away"},
    {"message_number_reused", 20, "two messages have the same number"},
};

constexpr double case_s = 120;

struct Search {
    std::uint64_t first = 1, last = 0;
    sim::swarm::Outcome outcome;
    std::uint64_t seed = 0;  // 0: not found
    double seconds = 0;
};

Search look_for(std::string_view bug, std::uint64_t first, std::uint64_t last) {
    Search search{.first = first, .last = last};
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t seed = first; seed <= last && search.seed == 0; ++seed) {
        planted::chosen = bug;
        search.outcome = run(sim::swarm::draw_case(seed, case_s));
        if (search.outcome.ok()) continue;
        planted::chosen = {};  // what is found without the bug is not found because of it
        if (run(sim::swarm::draw_case(seed, case_s)).ok()) search.seed = seed;
    }
    search.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    planted::chosen = {};
    return search;
}

bool find(const Bug& bug, std::uint64_t first, std::uint64_t last) {
    const Search search = look_for(bug.name, first, last);
    const bool found = search.seed != 0;
    std::printf("%-31s %-25s %4llu %4llu %7.2f  %s\n", bug.name,
                found ? search.outcome.violations.front().invariant.c_str() : "NOT FOUND",
                static_cast<unsigned long long>(search.seed),
                static_cast<unsigned long long>(bug.seeds_max), search.seconds, bug.about);
    std::fflush(stdout);
    return found;
}

int nothing_planted(std::uint64_t first, std::uint64_t last) {
    int found = 0;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
        const auto outcome = run(sim::swarm::draw_case(seed, case_s));
        if (outcome.ok()) continue;
        ++found;
        const auto& one = outcome.violations.front();
        std::printf("seed %llu: %s: %s: %s\n", static_cast<unsigned long long>(seed),
                    one.invariant.c_str(), one.stream.c_str(), one.sentence.c_str());
        if (first != last) continue;
        for (const std::string& line : outcome.newest) std::printf("%s\n", line.c_str());
    }
    std::printf("%d of %llu seeds\n", found, static_cast<unsigned long long>(last - first + 1));
    return found == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    base::start_crypto();
    const std::string only = argc > 1 ? argv[1] : "";
    std::uint64_t first = 1, last = 0;
    if (argc > 2) {
        first = std::strtoull(argv[2], nullptr, 10);
        const char* dots = std::strstr(argv[2], "..");
        last = dots ? std::strtoull(dots + 2, nullptr, 10) : first;
    }
    if (only == "none") return nothing_planted(first, last == 0 ? 100 : last);
    std::printf("%-31s %-25s %4s %4s %7s  %s\n", "planted bug", "seen by", "seed", "of", "s",
                "what it does");
    int missed = 0;
    for (const Bug& bug : bugs) {
        if (!only.empty() && only != bug.name) continue;
        if (!find(bug, first, last == 0 ? bug.seeds_max : last)) ++missed;
    }
    if (missed > 0) std::printf("%d bugs were not found\n", missed);
    return missed == 0 ? 0 : 1;
}
