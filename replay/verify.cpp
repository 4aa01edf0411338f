#include "replay/verify.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "actors/history.hpp"
#include "base/hash_index.hpp"
#include "journal/codec.hpp"
#include "replay/lane.hpp"

namespace replay {
namespace {

constexpr std::size_t page = 1024;
constexpr std::size_t pages_waiting_max = 8;  // full: reading waits for the slowest lane

/// A page of the journal and which lane takes which record.
struct Page {
    std::vector<journal::Record> records;
    std::vector<std::uint16_t> lanes;  // beside the records
};

/// A lane on a thread of its own, and the pages that wait for it.
class Job {
public:
    Job(const journal::Log& log, std::uint16_t number) : lane_(log), number_(number) {}
    ~Job() { finish(); }
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    void start() {
        thread_ = std::thread{[this] { run(); }};
    }
    void give(std::shared_ptr<const Page> next) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return waiting_.size() < pages_waiting_max; });
        waiting_.push_back(std::move(next));
        changed_.notify_all();
    }
    void finish() {
        {
            const std::scoped_lock lock{mutex_};
            ended_ = true;
            changed_.notify_all();
        }
        if (thread_.joinable()) thread_.join();
    }
    [[nodiscard]] Lane& lane() { return lane_; }

private:
    void run() {
        for (;;) {
            std::shared_ptr<const Page> next;
            {
                std::unique_lock lock{mutex_};
                changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
                if (waiting_.empty()) return;
                next = std::move(waiting_.front());
                waiting_.erase(waiting_.begin());
                changed_.notify_all();
            }
            for (std::size_t i = 0; i < next->records.size(); ++i) {
                if (next->lanes[i] == number_) lane_.take(next->records[i]);
            }
        }
    }

    Lane lane_;
    const std::uint16_t number_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::shared_ptr<const Page>> waiting_;  // under mutex_
    bool ended_ = false;                                // under mutex_
    std::thread thread_;
};

/// Hands all records up to `last` to `take`, page by page; the position that cannot be read, or 0.
journal::Position read_on(const journal::Log& log, const Progress& progress,
                          const std::function<void(std::vector<journal::Record>)>& take) {
    const journal::Position last = log.last_position();
    for (journal::Position next = 1; next <= last;) {
        auto records = log.read_all(next, page);
        // A page that cannot be read as a whole is read one by one up to the flaw.
        if (!records.ok()) records = log.read_all(next, 1);
        if (!records.ok() || records.value().empty()) return next;
        std::vector<journal::Record> taken = std::move(records).value();
        while (!taken.empty() && taken.back().position > last) taken.pop_back();
        if (taken.empty()) return 0;
        next = taken.back().position + 1;
        take(std::move(taken));
        if (progress) progress(next - 1, last);
    }
    return 0;
}

// Streams of all lanes in byte order of their names, as the hash wants them.
base::Hash state_of(const std::vector<std::vector<Lane::Ended>>& lanes) {
    std::vector<const Lane::Ended*> all;
    for (const auto& lane : lanes) {
        for (const Lane::Ended& one : lane) all.push_back(&one);
    }
    std::sort(all.begin(), all.end(),
              [](const auto* a, const auto* b) { return a->stream < b->stream; });
    base::Hash state{};
    for (const Lane::Ended* one : all) state = actors::combined(state, one->stream, one->state);
    return state;
}

Report report_of(std::vector<Lane*> lanes) {
    Report report;
    std::vector<std::vector<Lane::Ended>> ends;
    for (const Lane* lane : lanes) {
        lane->add_to(report);
        ends.push_back(lane->ends());
    }
    report.state = state_of(ends);
    std::sort(report.differences.begin(), report.differences.end(),
              [](const Difference& a, const Difference& b) { return a.position < b.position; });
    if (report.differences.size() > differences_max) report.differences.resize(differences_max);
    return report;
}

Difference unreadable(journal::Position position) {
    return {.position = position, .what = "The journal cannot be read here."};
}

Report verify_alone(const journal::Log& log, const Progress& progress) {
    Lane lane{log};
    const auto flaw = read_on(log, progress, [&](const std::vector<journal::Record>& records) {
        for (const journal::Record& record : records) lane.take(record);
    });
    if (flaw != 0) lane.differs(unreadable(flaw));
    return report_of({&lane});
}

}  // namespace

Report verify(const journal::Log& log, const VerifyOptions& options) {
    const unsigned jobs = std::clamp(options.jobs, 1u, 256u);
    if (jobs == 1) return verify_alone(log, options.progress);
    std::vector<std::unique_ptr<Job>> lanes;
    for (unsigned i = 0; i < jobs; ++i)
        lanes.push_back(std::make_unique<Job>(log, static_cast<std::uint16_t>(i)));
    for (const auto& job : lanes) job->start();
    const auto flaw = read_on(log, options.progress, [&](std::vector<journal::Record> records) {
        auto next = std::make_shared<Page>();
        next->records = std::move(records);
        for (const journal::Record& record : next->records) {
            const auto name = base::quick_hash(journal::stream_of(record.payload));
            next->lanes.push_back(static_cast<std::uint16_t>(name % jobs));
        }
        for (const auto& job : lanes) job->give(next);
    });
    std::vector<Lane*> ended;
    for (const auto& job : lanes) {
        job->finish();
        ended.push_back(&job->lane());
    }
    if (flaw != 0) ended.front()->differs(unreadable(flaw));
    return report_of(std::move(ended));
}

}  // namespace replay
