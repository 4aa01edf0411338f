// partyline swarm: many small worlds, each with faults of its own, each judged; the seed of one
// that fails lives the same life again.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "sim/swarm/shrink.hpp"

#include <unistd.h>

namespace app {
namespace {

using sim::swarm::Case;
using sim::swarm::Outcome;

struct SwarmOptions {
    std::string seeds = "1..100", case_file;
    double minutes = 2;
    unsigned jobs = 1;
    std::size_t newest = 20;
    bool shrink = false, json = false;
    std::uint64_t first = 1, last = 100;
};

struct Found {
    Case drawn;
    Outcome outcome;
    std::string again;  // the line that reproduces it
};

/// All that a run of many cases has come to.
struct Totals {
    std::vector<Found> found;  // by seed
    std::uint64_t cases = 0, wishes = 0, transitions = 0, crashes = 0;
    double virtual_s = 0, wall_s = 0;
};

// A rule of the program that is broken aborts; whoever reads that must know how to see it again.
thread_local char under_way[200];
void tell_what_aborted(int) {
    const char* begin = "while running: ";
    static_cast<void>(!write(STDERR_FILENO, begin, std::strlen(begin)));
    static_cast<void>(!write(STDERR_FILENO, under_way, std::strlen(under_way)));
    std::signal(SIGABRT, SIG_DFL);
    std::raise(SIGABRT);
}

std::string line_for(std::uint64_t seed, double minutes) {
    const std::string number = std::to_string(seed);
    char text[32];
    std::snprintf(text, sizeof text, "%g", minutes);
    return "partyline swarm --seeds " + number + ".." + number + " --minutes " + text;
}

bool parse_seeds(SwarmOptions& options) {
    const auto dots = options.seeds.find("..");
    const std::string first = options.seeds.substr(0, dots);
    const std::string last = dots == std::string::npos ? first : options.seeds.substr(dots + 2);
    const auto number = [](const std::string& text) {
        return !text.empty() && text.size() <= 18 &&
               text.find_first_not_of("0123456789") == std::string::npos;
    };
    if (!number(first) || !number(last)) return false;
    options.first = std::stoull(first);
    options.last = std::stoull(last);
    return options.first <= options.last;
}

Totals run_seeds(const SwarmOptions& options, Progress& progress) {
    Totals totals;
    std::mutex mutex;
    std::atomic<std::uint64_t> next{options.first};
    const std::uint64_t count = options.last - options.first + 1;
    const auto work = [&] {
        for (std::uint64_t seed = next++; seed <= options.last; seed = next++) {
            const std::string again = line_for(seed, options.minutes);
            std::snprintf(under_way, sizeof under_way, "%s\n", again.c_str());
            const Case drawn = sim::swarm::draw_case(seed, options.minutes * 60);
            Outcome outcome = sim::swarm::run(drawn);
            const std::lock_guard lock{mutex};
            ++totals.cases;
            totals.wishes += outcome.wishes;
            totals.transitions += outcome.transitions;
            totals.crashes += outcome.crashes;
            totals.virtual_s += outcome.seconds;
            if (!outcome.ok()) totals.found.push_back({drawn, std::move(outcome), again});
            progress.show(totals.cases, count);
        }
    };
    std::vector<std::thread> others;
    for (unsigned i = 1; i < options.jobs; ++i) others.emplace_back(work);
    work();
    for (std::thread& one : others) one.join();
    std::ranges::sort(totals.found, {}, [](const Found& one) { return one.drawn.seed; });
    return totals;
}

Result<Totals, std::string> run_case(const SwarmOptions& options) {
    std::ifstream file{options.case_file};
    if (!file) return fail("cannot read '" + options.case_file + "'");
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto drawn = sim::swarm::case_from_json(text);
    if (!drawn.ok()) return fail("'" + options.case_file + "' is " + drawn.error());
    std::snprintf(under_way, sizeof under_way, "partyline swarm --case %s\n",
                  options.case_file.substr(0, 150).c_str());
    Outcome outcome = sim::swarm::run(drawn.value());
    Totals totals{.found = {},
                  .cases = 1,
                  .wishes = outcome.wishes,
                  .transitions = outcome.transitions,
                  .crashes = outcome.crashes,
                  .virtual_s = outcome.seconds};
    if (!outcome.ok())
        totals.found.push_back(
            {drawn.value(), std::move(outcome), "partyline swarm --case " + options.case_file});
    return totals;
}

/// The smaller case lies beside whoever asked for it, and its line takes the place of the seed's.
Done<std::string> make_small(Found& found, Progress& progress) {
    constexpr std::uint64_t runs_max = 400;
    auto small = sim::swarm::shrink(found.drawn, runs_max,
                                    [&](std::uint64_t runs) { progress.show(runs, runs_max); });
    progress.clear();
    const std::string name = "swarm-" + std::to_string(found.drawn.seed) + ".json";
    std::ofstream file{name};
    file << sim::swarm::to_json(small.smallest) << "\n";
    if (!file.flush()) return fail("cannot write '" + name + "'");
    found = {small.smallest, std::move(small.outcome), "partyline swarm --case " + name};
    return {};
}

nlohmann::json as_json(const Found& found, std::size_t newest) {
    nlohmann::json violations = nlohmann::json::array(), lines = nlohmann::json::array();
    for (const auto& one : found.outcome.violations) {
        violations.push_back({{"invariant", one.invariant},
                              {"position", one.position},
                              {"stream", one.stream},
                              {"sentence", one.sentence}});
    }
    const auto& all = found.outcome.newest;
    for (std::size_t i = all.size() - std::min(all.size(), newest); i < all.size(); ++i)
        lines.push_back(nlohmann::json::parse(all[i]));
    return {{"seed", found.drawn.seed},
            {"again", found.again},
            {"case", nlohmann::json::parse(sim::swarm::to_json(found.drawn))},
            {"violations", violations},
            {"newest", lines}};
}

void print(const Found& found, std::size_t newest) {
    const auto& first = found.outcome.violations.front();
    std::cout << "seed " << found.drawn.seed << ": " << first.invariant << ": "
              << (first.stream.empty() ? "" : first.stream + ": ") << first.sentence
              << " (position " << first.position << ")\n  again: " << found.again << "\n";
    const auto& all = found.outcome.newest;
    for (std::size_t i = all.size() - std::min(all.size(), newest); i < all.size(); ++i)
        std::cout << "  " << all[i] << "\n";
}

int report(const SwarmOptions& options, const Totals& totals) {
    const int status = totals.found.empty() ? 0 : 1;
    if (options.json) {
        nlohmann::json found = nlohmann::json::array();
        for (const Found& one : totals.found) found.push_back(as_json(one, options.newest));
        const nlohmann::json all{{"ok", status == 0},
                                 {"cases", totals.cases},
                                 {"wishes", totals.wishes},
                                 {"transitions", totals.transitions},
                                 {"crashes", totals.crashes},
                                 {"virtual_seconds", totals.virtual_s},
                                 {"wall_seconds", totals.wall_s},
                                 {"found", found}};
        std::cout << all.dump(2) << "\n";
        return status;
    }
    for (std::size_t i = 0; i < totals.found.size(); ++i)  // the story of the first is enough
        print(totals.found[i], i == 0 ? options.newest : 0);
    std::printf(
        "%llu worlds, %zu of them broken: %.1f hours of virtual time, %llu wishes, %llu "
        "transitions, %llu crashes, in %.1f s\n",
        static_cast<unsigned long long>(totals.cases), totals.found.size(), totals.virtual_s / 3600,
        static_cast<unsigned long long>(totals.wishes),
        static_cast<unsigned long long>(totals.transitions),
        static_cast<unsigned long long>(totals.crashes), totals.wall_s);
    return status;
}

int swarm(SwarmOptions options) {
    if (!parse_seeds(options))
        return complain(
            "--seeds is A..B with A not above B, like 1..1000; '" + options.seeds + "' is not", 2);
    std::signal(SIGABRT, tell_what_aborted);
    Progress progress{"swarming"};
    const auto began = std::chrono::steady_clock::now();
    Totals totals;
    if (options.case_file.empty()) {
        totals = run_seeds(options, progress);
    } else {
        auto done = run_case(options);
        if (!done.ok()) return complain(done.error(), 2);
        totals = std::move(done).value();
    }
    progress.clear();
    totals.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (options.shrink && !totals.found.empty()) {
        Progress shrinking{"shrinking"};
        const auto done = make_small(totals.found.front(), shrinking);
        if (!done.ok()) return complain(done.error());
    }
    return report(options, totals);
}

}  // namespace

void add_swarm(CLI::App& root, Run& run) {
    CLI::App* command = root.add_subcommand(
        "swarm", "look for bugs: many small worlds, each with faults of its own, each judged");
    const auto options = std::make_shared<SwarmOptions>();
    command->add_option("--seeds", options->seeds, "which ones: A..B")->capture_default_str();
    command->add_option("--minutes", options->minutes, "of virtual time until all is healed")
        ->check(CLI::Range(0.1, 1440.0))
        ->capture_default_str();
    command->add_option("--jobs", options->jobs, "worlds at once")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_option("--case", options->case_file, "one case, as --shrink wrote it")
        ->excludes("--seeds");
    command->add_option("--newest", options->newest, "transitions to show before the violation")
        ->capture_default_str();
    command->add_flag("--shrink", options->shrink, "make the first broken world small");
    command->add_flag("--json", options->json, "print JSON");
    command->callback([&run, options] { run = [options] { return swarm(*options); }; });
}

}  // namespace app
