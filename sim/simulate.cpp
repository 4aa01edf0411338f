// Replications on threads; see simulate.hpp.
#include "sim/simulate.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "actors/invariants/inspector.hpp"
#include "sim/keep_journal.hpp"
#include "sim/models/chance.hpp"
#include "sim/results/summary.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/world/world.hpp"

namespace sim {
namespace {

/// How far all replications of a round have come; tells at most every hundredth of the way.
class Progress {
public:
    Progress(const std::function<void(double)>& tell, std::size_t worlds)
        : tell_(tell), shares_(worlds) {}
    void of(std::size_t world, double share) {
        if (!tell_) return;
        const std::lock_guard lock{mutex_};
        shares_[world] = share;
        double sum = 0;
        for (const double one : shares_) sum += one;
        const double all = sum / static_cast<double>(shares_.size());
        if (all < told_ + 0.002 && all < 1) return;
        told_ = all;
        tell_(all);
    }

private:
    const std::function<void(double)>& tell_;
    std::mutex mutex_;
    std::vector<double> shares_;
    double told_ = 0;
};

struct Outcome {
    Replication replication;
    double slice_s = 0;
    std::string error;
};

std::vector<std::string> told(actors::Inspector& inspector) {
    inspector.end(false);
    std::vector<std::string> sentences;
    for (const actors::Violation& one : inspector.violations())
        sentences.push_back(one.invariant + ": " + one.sentence + " (" + one.stream +
                            ", position " + std::to_string(one.position) + ")");
    const std::uint64_t more = inspector.violation_count() - sentences.size();
    if (more > 0) sentences.push_back("and " + std::to_string(more) + " more");
    return sentences;
}

Outcome replicate(const Scenario& scenario, const SimulateOptions& options, std::uint64_t number,
                  const std::function<void(double)>& progress) {
    Outcome outcome;
    Replication& result = outcome.replication;
    result.seed = seed_of(options.seed, number);
    Recorder recorder(world_begins, Duration{static_cast<std::int64_t>(scenario.until_s * 1e6)});
    std::unique_ptr<actors::Inspector> inspector;
    if (options.check) inspector = std::make_unique<actors::Inspector>();
    const bool keep = number == 0 && !options.journal_folder.empty();
    WorldOptions how;
    how.seed = result.seed;
    how.keep_journal = keep;
    how.recorder = &recorder;
    how.listen = options.check && scenario.fidelity == Fidelity::sound;
    if (inspector)
        how.disk.on_durable = [&](const journal::Record& record) { inspector->feed(record); };
    World world(scenario, how);
    world.run_until(scenario.until_s, [&](double passed) {
        progress(passed / scenario.until_s);
        return true;
    });
    recorder.finish(world.now());
    result.counts = world.counts();
    result.virtual_s = scenario.until_s;
    result.state_hash = world.state_hash();
    result.series = recorder.series();
    if (inspector) result.violations = told(*inspector);
    for (const std::string& complaint : world.hearing().complaints())
        result.violations.push_back("heard_by_plan: " + complaint);
    outcome.slice_s = static_cast<double>(recorder.slice_length().us) / 1e6;
    if (keep) outcome.error = keep_journal(world.disk(), options.journal_folder);
    progress(1);
    return outcome;
}

/// Replications from .. to - 1, in the order of their numbers.
std::vector<Outcome> round_of(const Scenario& scenario, const SimulateOptions& options,
                              std::uint64_t from, std::uint64_t to) {
    std::vector<Outcome> outcomes(to - from);
    Progress progress(options.on_progress, outcomes.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (;;) {
            // Whoever is free takes the next number: which thread has which decides nothing.
            const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
            if (i >= outcomes.size()) return;
            outcomes[i] = replicate(scenario, options, from + i,
                                    [&progress, i](double share) { progress.of(i, share); });
        }
    };
    std::vector<std::thread> threads;
    const std::size_t jobs = std::clamp<std::size_t>(options.jobs, 1, outcomes.size());
    for (std::size_t i = 1; i < jobs; ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    return outcomes;
}

}  // namespace

std::uint64_t seed_of(std::uint64_t seed, std::uint64_t number) {
    return Chance{seed, "replication", number}.bits();
}

Result<Run, std::string> simulate(const Scenario& scenario, const SimulateOptions& options) {
    Run run;
    run.scenario = scenario;
    run.seed = options.seed;
    run.configuration = configuration_hash(scenario);
    // With a precision asked for, some run in vain: how many are enough does not depend on jobs.
    const std::size_t most = replications_max(scenario);
    std::size_t to = std::min(most, replications_min(scenario));
    for (;;) {
        for (Outcome& one : round_of(scenario, options, run.replications.size(), to)) {
            if (!one.error.empty()) return fail(one.error);
            run.slice_s = one.slice_s;
            run.replications.push_back(std::move(one.replication));
        }
        const auto enough_are = enough(scenario, run.slice_s, run.replications);
        if (enough_are) run.replications.resize(*enough_are);
        if (enough_are || to >= most) break;
        to = std::min<std::size_t>(most, to + std::max(1u, options.jobs));
    }
    std::string hashes;
    for (const Replication& one : run.replications) hashes += base::hex(one.state_hash);
    run.state_hash = base::blake2b(hashes);
    return run;
}

}  // namespace sim
