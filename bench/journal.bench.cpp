// Questions: how many transitions a second become durable with 1, 64 and 1024 writers that each
// wait for one append at a time, compared with RocksDB writing the same bytes in batches of as
// many, synced, by hand, in turns on the same disk?  Budget: ratio_to_raw >= 0.8 at 1024. How many
// does one core read, decode and hold against their hashes after a restart?
#include <benchmark/benchmark.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.hpp"
#include "journal/database.hpp"
#include "journal/layout.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"

namespace {

using namespace journal;
using journal::testing::History;
using journal::testing::TempDirectory;

std::string stream_of(std::size_t writer) { return "conversation/" + std::to_string(writer); }

std::unique_ptr<Store> open_store(const std::string& path) {
    auto opened = Store::open(path);
    if (!opened.ok()) std::abort();
    return std::move(opened).value();
}

double seconds_since(Instant start) {
    return static_cast<double>((base::steady_now() - start).us) / 1e6;
}

std::vector<std::string> payloads_of(std::size_t writers) {
    History history;
    std::vector<std::string> payloads;
    for (std::size_t w = 0; w < writers; ++w) {
        payloads.push_back(
            history.next(stream_of(w), "a message of ordinary length, as people write").payload);
    }
    return payloads;
}

// Writers that each have one append outstanding: a completion makes its writer append again, on a
// thread of their own, as actors do.
class Writers {
public:
    Writers(Store& store, const std::vector<std::string>& payloads)
        : store_(store), payloads_(payloads), sequences_(payloads.size(), 0) {}

    double seconds_for(std::size_t appends) {
        const Instant start = base::steady_now();
        left_ = appends;
        std::vector<std::size_t> ready(payloads_.size());
        for (std::size_t w = 0; w < ready.size(); ++w) ready[w] = w;
        std::size_t outstanding = 0;
        while (true) {
            for (const std::size_t writer : ready) {
                if (left_ == 0) break;
                --left_;
                ++outstanding;
                append(writer);
            }
            if (outstanding == 0) break;
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [this] { return !done_.empty(); });
            ready.clear();
            ready.swap(done_);
            outstanding -= ready.size();
        }
        return seconds_since(start);
    }

private:
    void append(std::size_t writer) {
        store_.append({.stream = stream_of(writer),
                       .sequence = ++sequences_[writer],
                       .payload = payloads_[writer],
                       .done = [this, writer](const Appended& answer) {
                           if (answer.fault != Fault::none) std::abort();
                           const std::scoped_lock lock{mutex_};
                           done_.push_back(writer);
                           if (done_.size() == 1) changed_.notify_one();
                       }});
    }

    Store& store_;
    const std::vector<std::string>& payloads_;
    std::vector<std::uint64_t> sequences_;
    std::size_t left_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::size_t> done_;
};

// The naive twin: same families, keys and values, no queue, no answer, no checks.
class Raw {
public:
    Raw(const std::string& path, const std::vector<std::string>& payloads)
        : payloads_(payloads), sequences_(payloads.size(), 0) {
        std::filesystem::create_directories(path);
        database_.path = path;
        if (!open_database(database_, Recovery::exact, true, nullptr).ok()) std::abort();
    }

    double seconds_for(std::size_t appends) {
        const Instant start = base::steady_now();
        rocksdb::WriteOptions synced;
        synced.sync = true;
        rocksdb::WriteBatch batch;
        while (appends > 0) {
            batch.Clear();
            for (std::size_t w = 0; w < payloads_.size() && appends > 0; ++w, --appends)
                put(batch, w);
            if (!database_.db->Write(synced, &batch).ok()) std::abort();
        }
        return seconds_since(start);
    }

private:
    void put(rocksdb::WriteBatch& batch, std::size_t writer) {
        const PositionKey key = position_key(++position_);
        const RecordHeader header = record_header(Durability::sync, position_, 0);
        const rocksdb::Slice key_slice = key;
        const rocksdb::Slice value[] = {slice(header.view()), payloads_[writer]};
        batch.Put(database_.family(Family::log), rocksdb::SliceParts(&key_slice, 1),
                  rocksdb::SliceParts(value, 2));
        const StreamValueBytes index = encode_stream_value({position_, {}});
        batch.Put(database_.family(Family::streams),
                  stream_key(stream_of(writer), ++sequences_[writer]), slice(index.view()));
    }

    const std::vector<std::string>& payloads_;
    std::vector<std::uint64_t> sequences_;
    Position position_ = 0;
    Database database_;
};

void durable_transitions(benchmark::State& state) {
    const auto writers_count = static_cast<std::size_t>(state.range(0));
    const std::size_t appends = writers_count * (writers_count == 1 ? 400 : 40);
    const auto payloads = payloads_of(writers_count);
    const TempDirectory directory{journal::testing::Where::disk};
    auto store = open_store(directory.outside() + "/store");
    Writers writers{*store, payloads};
    Raw raw{directory.outside() + "/raw", payloads};
    double store_seconds = 0;
    double raw_seconds = 0;
    std::vector<double> ratios;  // their median: one hiccup of a shared disk must not decide
    for (auto _ : state) {
        const double by_hand = raw.seconds_for(appends);
        const double seconds = writers.seconds_for(appends);
        raw_seconds += by_hand;
        store_seconds += seconds;
        ratios.push_back(by_hand / seconds);
        state.SetIterationTime(seconds);
    }
    std::sort(ratios.begin(), ratios.end());
    const double total = static_cast<double>(state.iterations()) * static_cast<double>(appends);
    state.counters["transitions_per_s"] = total / store_seconds;
    state.counters["raw_per_s"] = total / raw_seconds;
    state.counters["ratio_to_raw"] = ratios[ratios.size() / 2];
    state.counters["payload_bytes"] = static_cast<double>(payloads[0].size());
}
BENCHMARK(durable_transitions)->Arg(1)->Arg(64)->Arg(1024)->UseManualTime()->MinTime(1.5);

// One core: whole streams of a hundred transitions, as an entity's actor reads them.
void recovery(benchmark::State& state) {
    constexpr std::size_t streams = 500;
    constexpr std::size_t each = 100;
    const TempDirectory directory{journal::testing::Where::disk};
    {
        auto store = open_store(directory.path());
        History history;
        journal::testing::Answers answers;
        for (std::size_t i = 0; i < streams * each; ++i) {
            Append append = history.next(stream_of(i % streams), "a message of ordinary length");
            append.done = answers.take();
            store->append(std::move(append));
        }
        static_cast<void>(answers.wait_for(streams * each));
    }
    auto store = open_store(directory.path());
    std::size_t next = 0;
    std::size_t read = 0;
    for (auto _ : state) {
        const auto records = store->read_stream(stream_of(next++ % streams), 1, each);
        base::Hash previous{};
        for (const Record& record : records.value()) {
            const auto transition = decode_transition(record.payload);
            const schema::Hash& carried = transition.value().previous;
            if (base::Hash{carried.a(), carried.b(), carried.c(), carried.d()} != previous)
                std::abort();
            previous = hash_of(record.payload);
        }
        read += records.value().size();
    }
    state.counters["transitions_per_s_and_core"] =
        benchmark::Counter(static_cast<double>(read), benchmark::Counter::kIsRate);
}
BENCHMARK(recovery)->MeasureProcessCPUTime();

void encode_one(benchmark::State& state) {
    const Append append = History{}.next("conversation/1", "a message of ordinary length");
    const auto transition = decode_transition(append.payload);
    for (auto _ : state) benchmark::DoNotOptimize(encode(transition.value()));
}
BENCHMARK(encode_one);

void decode_one(benchmark::State& state) {
    const Append append = History{}.next("conversation/1", "a message of ordinary length");
    for (auto _ : state) benchmark::DoNotOptimize(decode_transition(append.payload));
}
BENCHMARK(decode_one);

void print_one(benchmark::State& state) {
    const Append append = History{}.next("conversation/1", "a message of ordinary length");
    const auto transition = decode_transition(append.payload);
    for (auto _ : state) benchmark::DoNotOptimize(to_json(transition.value(), 1));
}
BENCHMARK(print_one);

}  // namespace
