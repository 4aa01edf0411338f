// Questions: how many commands a second go through the house, durable in memory, for one stream and
// for many? How fast does an entity come back from its journal? Budget: 100,000 commands a second
// on one core, so that the disk is what one waits for; 100,000 transitions a second of recovery.
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

#include "actors/history.hpp"
#include "actors/house.hpp"
#include "base/clock.hpp"
#include "journal/codec.hpp"
#include "journal/memory_log.hpp"

namespace {

constexpr std::uint64_t batch = 20'000;  // commands in flight at once

struct Nobody final : actors::Outside {
    void perform(const actors::Effect&, const actors::EffectKey&) override {}
};

StreamId user(std::uint64_t i) { return {StreamKind::user, "u" + std::to_string(i)}; }

schema::CreateUserT creation() {
    schema::CreateUserT wish;
    wish.password = "$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
    return wish;
}

/// Each of these changes something: a title set to what it is not yet.
schema::SetMayDialNumbersT change(bool on) {
    schema::SetMayDialNumbersT wish;
    wish.allowed = on;
    return wish;
}

class Crowd {
public:
    Crowd(bool deterministic, std::uint64_t entities)
        : deterministic_(deterministic), entities_(entities), flags_(entities) {
        actors::HouseOptions options;
        options.deterministic = deterministic;
        options.now = base::wall_now;
        house_.emplace(log_, nobody_, options);
        house_->start();
        for (std::uint64_t i = 0; i < entities; ++i) send(user(i), actors::command(creation()));
        wait();
    }

    void run_batch() {
        for (std::uint64_t i = 0; i < batch; ++i) {
            const std::uint64_t who = next_++ % entities_;
            flags_[who] = !flags_[who];
            send(user(who), actors::command(change(flags_[who])));
        }
        wait();
    }
    [[nodiscard]] bool all_decided() const {
        return refused_ == 0 && log_.last_position() == sent_;
    }

private:
    void send(const StreamId& to, schema::CommandUnion wish) {
        // As an edge with ids of its own: chance costs a system call.
        house_->send({{++sent_, 1}, {}, house_->now(), to, "server"}, std::move(wish),
                     [this](const actors::Answer& answer) {
                         if (!answer.ok()) ++refused_;
                         answered_.fetch_add(1, std::memory_order_release);
                     });
        // One stream may have 4096 transitions under way: who asks more waits.
        while (sent_ - answered_.load(std::memory_order_acquire) >= 4'000) pause();
    }
    void wait() {
        while (answered_.load(std::memory_order_acquire) < sent_) pause();
    }
    void pause() {
        if (deterministic_) {
            house_->run();
        } else {
            std::this_thread::yield();
        }
    }

    bool deterministic_;
    std::uint64_t entities_;
    std::vector<bool> flags_;
    journal::MemoryLog log_;
    Nobody nobody_;
    std::uint64_t sent_ = 0, next_ = 0;
    std::atomic<std::uint64_t> answered_{0}, refused_{0};
    std::optional<actors::House> house_;
};

void commands(benchmark::State& state) {
    Crowd crowd{state.range(1) != 0, static_cast<std::uint64_t>(state.range(0))};
    for (auto _ : state) crowd.run_batch();
    if (!crowd.all_decided()) state.SkipWithError("a command was refused or lost");
    state.counters["commands_per_second"] = benchmark::Counter(
        static_cast<double>(state.iterations() * batch), benchmark::Counter::kIsRate);
}
BENCHMARK(commands)
    ->ArgNames({"entities", "deterministic"})
    ->ArgsProduct({{1, 100, 10'000}, {0, 1}})
    ->Iterations(5)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// A chat with `count` transitions, as bytes.
void fill(journal::MemoryLog& log, std::uint64_t count) {
    actors::History chat{{StreamKind::conversation, "team"}};
    for (std::uint64_t i = 1; i <= count; ++i) {
        schema::CommandUnion wish;
        if (i == 1) {
            schema::CreateConversationT create;
            create.kind = schema::ConversationKind::group;
            create.members = {"bob", "carol"};
            wish = actors::command(create);
        } else {
            schema::SendMessageT message;
            message.text =
                "Message number " + std::to_string(i) + ", as long as people write them.";
            wish = actors::command(message);
        }
        const Instant now{1'700'000'000'000'000 + static_cast<std::int64_t>(i)};
        const auto draft = chat.draft({i, 1}, {}, now, "user/alice", 1, wish).value();
        const std::string payload = journal::encode(draft.transition);
        ASSERT(chat.fold(draft.transition, payload));
        log.append({.stream = chat.text(), .sequence = i, .payload = payload});
    }
}

void recovery(benchmark::State& state) {
    constexpr std::uint64_t count = 20'000;
    journal::MemoryLog log;
    fill(log, count);
    for (auto _ : state) {
        actors::History chat{{StreamKind::conversation, "team"}};
        if (!chat.load_all(log).ok() || chat.sequence() != count)
            state.SkipWithError("the journal did not hold");
    }
    state.counters["transitions_per_second_and_core"] = benchmark::Counter(
        static_cast<double>(state.iterations() * count), benchmark::Counter::kIsRate);
}
BENCHMARK(recovery)->Unit(benchmark::kMillisecond);

void decide_encode_fold(benchmark::State& state) {
    for (auto _ : state) {
        journal::MemoryLog log;
        fill(log, 1'000);
    }
    state.counters["transitions_per_second_and_core"] = benchmark::Counter(
        static_cast<double>(state.iterations() * 1'000), benchmark::Counter::kIsRate);
}
BENCHMARK(decide_encode_fold)->Unit(benchmark::kMillisecond);

}  // namespace
