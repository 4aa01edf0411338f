#include "replay/verify.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "actors/history.hpp"
#include "replay/batch.hpp"
#include "replay/lane.hpp"

namespace replay {
namespace {

constexpr std::size_t batches_waiting_max = 4;  // full: reading waits for the slowest lane
constexpr journal::Position told_every = 1024;

/// A lane on a thread of its own, and the batches that wait for it.
class Job {
public:
    explicit Job(const journal::Log& log) : lane_(log) {}
    ~Job() { finish(); }
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    void start() {
        thread_ = std::thread{[this] { run(); }};
    }
    void add(journal::Position position, std::string_view payload, std::uint64_t name_hash) {
        filling_.add(position, payload, name_hash);
        if (filling_.full()) give();
    }
    /// Everything is taken and the entities are gone.
    void finish() {
        if (!thread_.joinable()) return;
        if (!filling_.empty()) give();
        {
            const std::scoped_lock lock{mutex_};
            ended_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    [[nodiscard]] Lane& lane() { return lane_; }
    [[nodiscard]] std::vector<Ended>& ends() { return ends_; }

private:
    void give() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return waiting_.size() < batches_waiting_max; });
        waiting_.push_back(std::move(filling_));
        filling_ = {};
        if (!empty_.empty()) {
            filling_ = std::move(empty_.back());
            empty_.pop_back();
        }
        lock.unlock();
        changed_.notify_all();
    }
    void run() {
        for (;;) {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
            if (waiting_.empty()) break;
            Batch next = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            changed_.notify_all();
            lane_.take(next);
            next.clear();
            lock.lock();
            empty_.push_back(std::move(next));
        }
        ends_ = lane_.end();
    }

    Lane lane_;
    std::vector<Ended> ends_;
    Batch filling_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Batch> waiting_;  // under mutex_
    std::vector<Batch> empty_;   // under mutex_
    bool ended_ = false;         // under mutex_
    std::thread thread_;
};

/// Hands all records up to the last one of now to `take`; the position that cannot be read, or 0.
template <class Take>
journal::Position read_on(const journal::Log& log, const Progress& progress, const Take& take) {
    const journal::Position last = log.last_position();
    journal::Position read = 0;
    if (last == 0) return 0;
    const auto done = log.walk(1, [&](journal::Position position, std::string_view payload) {
        if (position > last) return false;
        take(position, payload, Batch::name_hash_of(payload));
        read = position;
        if (progress && (position % told_every == 0 || position == last)) progress(position, last);
        return position < last;
    });
    return done.ok() && read == last ? 0 : read + 1;
}

// Streams of all lanes in byte order of their names, as the hash wants them.
base::Hash state_of(const std::vector<std::vector<Ended>>& lanes) {
    std::vector<std::size_t> next(lanes.size(), 0);
    base::Hash state{};
    for (;;) {
        const Ended* first = nullptr;
        std::size_t of = 0;
        for (std::size_t i = 0; i < lanes.size(); ++i) {
            if (next[i] == lanes[i].size()) continue;
            const Ended& one = lanes[i][next[i]];
            if (first != nullptr && first->stream < one.stream) continue;
            first = &one;
            of = i;
        }
        if (first == nullptr) return state;
        ++next[of];
        state = actors::combined(state, first->stream, first->state);
    }
}

Report report_of(const std::vector<Lane*>& lanes, const std::vector<std::vector<Ended>>& ends,
                 const VerifyOptions& options) {
    Report report;
    for (const Lane* lane : lanes) lane->add_to(report);
    report.state = state_of(ends);
    if (options.on_end) {
        for (const auto& lane : ends) std::ranges::for_each(lane, options.on_end);
    }
    std::sort(report.differences.begin(), report.differences.end(),
              [](const Difference& a, const Difference& b) { return a.position < b.position; });
    if (report.differences.size() > differences_max) report.differences.resize(differences_max);
    return report;
}

Difference unreadable(journal::Position position) {
    return {.position = position, .what = "The journal cannot be read here."};
}

Report verify_alone(const journal::Log& log, const VerifyOptions& options) {
    Lane lane{log};
    Batch batch;
    const auto flaw = read_on(log, options.progress,
                              [&](auto position, std::string_view payload, auto name_hash) {
                                  batch.add(position, payload, name_hash);
                                  if (!batch.full()) return;
                                  lane.take(batch);
                                  batch.clear();
                              });
    lane.take(batch);
    if (flaw != 0) lane.differs(unreadable(flaw));
    return report_of({&lane}, {lane.end()}, options);
}

}  // namespace

Report verify(const journal::Log& log, const VerifyOptions& options) {
    const unsigned jobs = std::clamp(options.jobs, 1u, 256u);
    if (jobs == 1) return verify_alone(log, options);
    std::vector<std::unique_ptr<Job>> lanes;
    for (unsigned i = 0; i < jobs; ++i) lanes.push_back(std::make_unique<Job>(log));
    for (const auto& job : lanes) job->start();
    // The lane by the upper half: within it, the streams are found by the lower one.
    const auto flaw = read_on(
        log, options.progress, [&](auto position, std::string_view payload, auto name_hash) {
            lanes[(name_hash >> 32) % jobs]->add(position, payload, name_hash);
        });
    std::vector<Lane*> ended;
    std::vector<std::vector<Ended>> ends;
    for (const auto& job : lanes) {
        job->finish();
        ended.push_back(&job->lane());
        ends.push_back(std::move(job->ends()));
    }
    if (flaw != 0) ended.front()->differs(unreadable(flaw));
    return report_of(ended, ends, options);
}

}  // namespace replay
