// Question: how fast does verify decide a journal again, and how much of that is reading it?
// Budget: 500,000 transitions a second and core.
//
// The journal is the golden conference (tests/golden; run it from the repository's root), told
// again and again under other names: some hundred transitions of twenty streams each.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "base/hash.hpp"
#include "journal/bulk.hpp"
#include "journal/codec.hpp"
#include "journal/reader_log.hpp"
#include "replay/disguise.hpp"
#include "replay/verify.hpp"

namespace {

constexpr int conferences = 2000;

/// Each behind its length, 4 bytes, little-endian.
std::vector<schema::TransitionT> story() {
    std::ifstream file{"tests/golden/conference.1.journal", std::ios::binary};
    std::vector<schema::TransitionT> transitions;
    for (char length[4]; file.read(length, 4);) {
        std::size_t bytes = 0;
        for (int i = 3; i >= 0; --i) bytes = bytes << 8 | static_cast<unsigned char>(length[i]);
        std::string payload(bytes, '\0');
        file.read(payload.data(), static_cast<std::streamsize>(bytes));
        transitions.push_back(journal::decode_transition(payload).value());
    }
    return transitions;
}

/// On disk, for as long as the program runs.
class Journal {
public:
    Journal() {
        std::string name = std::filesystem::temp_directory_path() / "partyline-replay-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        auto bulk = journal::Bulk::create(folder_ + "/journal");
        const auto transitions = story();
        if (transitions.empty()) {
            std::cerr << "there is no tests/golden/conference.1.journal here\n";
            std::exit(1);
        }
        for (int i = 0; i < conferences; ++i) {
            replay::Disguise disguise{std::to_string(i)};
            std::map<std::string, base::Hash> heads;
            for (const auto& transition : transitions) {
                schema::TransitionT told = disguise.disguised(transition);
                base::Hash& head = heads[told.stream];
                told.previous = {head.a, head.b, head.c, head.d};
                const std::string payload = journal::encode(told);
                head = journal::hash_of(payload);
                ASSERT(bulk.value()->add(payload).ok());
            }
        }
        ASSERT(bulk.value()->finish(0).ok());
        log = std::make_unique<journal::ReaderLog>(
            journal::Reader::open(folder_ + "/journal").value());
    }
    ~Journal() {
        log.reset();
        std::filesystem::remove_all(folder_);
    }
    std::unique_ptr<journal::ReaderLog> log;

private:
    std::string folder_;
};

const journal::Log& the_journal() {
    static Journal journal;
    return *journal.log;
}

void count(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() *
                            static_cast<std::int64_t>(the_journal().last_position()));
}

void reading_alone(benchmark::State& state) {
    const journal::Log& log = the_journal();
    for (auto _ : state) {
        std::size_t bytes = 0;
        for (journal::Position next = 1;;) {
            const auto records = log.read_all(next, 1024).value();
            if (records.empty()) break;
            for (const auto& record : records) bytes += record.payload.size();
            next = records.back().position + 1;
        }
        benchmark::DoNotOptimize(bytes);
    }
    count(state);
}
BENCHMARK(reading_alone)->Unit(benchmark::kMillisecond);

void reading_and_decoding(benchmark::State& state) {
    const journal::Log& log = the_journal();
    for (auto _ : state) {
        for (journal::Position next = 1;;) {
            const auto records = log.read_all(next, 1024).value();
            if (records.empty()) break;
            for (const auto& record : records)
                benchmark::DoNotOptimize(journal::decode_transition(record.payload));
            next = records.back().position + 1;
        }
    }
    count(state);
}
BENCHMARK(reading_and_decoding)->Unit(benchmark::kMillisecond);

void verify(benchmark::State& state) {
    const journal::Log& log = the_journal();
    for (auto _ : state) {
        const auto report = replay::verify(log, {.jobs = static_cast<unsigned>(state.range(0))});
        ASSERT(report.ok());
    }
    count(state);
}
BENCHMARK(verify)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
