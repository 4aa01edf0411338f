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

#include "actors/history.hpp"
#include "actors/vocabulary.hpp"
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

/// The other kind of journal: people who write to each other for years, ten thousand messages a
/// conversation.
void write_to_each_other(journal::Bulk& bulk) {
    for (int i = 0; i < 15; ++i) {
        const std::string one = "a" + std::to_string(i), other = "b" + std::to_string(i);
        actors::History history{{StreamKind::conversation, "direct:" + one + ":" + other}};
        std::uint64_t count = 0;
        const auto ask = [&](const schema::CommandUnion& wish) {
            const CommandId id = command_id_of(one + std::to_string(++count));
            const Instant now{1'795'000'000'000'000 + static_cast<std::int64_t>(count)};
            const auto draft = history.draft(id, {}, now, "user/" + one, 1, wish);
            ASSERT(draft.ok());
            const std::string payload = journal::encode(draft.value().transition);
            ASSERT(history.fold(draft.value().transition, payload));
            ASSERT(bulk.add(payload).ok());
        };
        schema::CreateConversationT create;
        create.kind = schema::ConversationKind::direct;
        create.members = {one, other};
        ask(actors::command(std::move(create)));
        for (int text = 0; text < 10'000; ++text) {
            schema::SendMessageT message;
            message.text = "a message of ordinary length, as people write";
            message.client_id = std::to_string(text);
            message.via = "web";
            ask(actors::command(std::move(message)));
        }
    }
}

void hold_conferences(journal::Bulk& bulk) {
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
            ASSERT(bulk.add(payload).ok());
        }
    }
}

/// On disk, for as long as the program runs.
class Journal {
public:
    explicit Journal(void (*fill)(journal::Bulk&)) {
        base::start_crypto();
        std::string name = std::filesystem::temp_directory_path() / "partyline-replay-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        auto bulk = journal::Bulk::create(folder_ + "/journal");
        fill(*bulk.value());
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

const journal::Log& conferences_held() {
    static Journal journal{hold_conferences};
    return *journal.log;
}
const journal::Log& conversations() {
    static Journal journal{write_to_each_other};
    return *journal.log;
}
using Which = const journal::Log& (*)();

void count(benchmark::State& state, const journal::Log& log) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log.last_position()));
}

void reading(benchmark::State& state, Which which) {
    const journal::Log& log = which();
    for (auto _ : state) {
        std::size_t bytes = 0;
        const auto done = log.walk(1, [&](journal::Position, std::string_view payload) {
            bytes += payload.size();
            return true;
        });
        ASSERT(done.ok());
        benchmark::DoNotOptimize(bytes);
    }
    count(state, log);
}

void verifying(benchmark::State& state, Which which) {
    const journal::Log& log = which();
    for (auto _ : state) {
        const auto report = replay::verify(log, {.jobs = static_cast<unsigned>(state.range(0))});
        ASSERT(report.ok());
    }
    count(state, log);
}

// With one job per second of processor time, with two per second.
BENCHMARK_CAPTURE(reading, conferences, conferences_held)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(verifying, conferences, conferences_held)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(verifying, conferences, conferences_held)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(reading, conversations, conversations)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(verifying, conversations, conversations)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
