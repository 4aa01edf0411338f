// A telephone side and a clock for tests: a deterministic house over a journal in memory, and
// phones that answer effects with commands as the real edge would. Same calls, same journal, on
// every machine.
//
// Thread: one. Memory: everything that ever happened. Time: starts at a fixed instant and moves by
// advance().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/history.hpp"
#include "actors/house.hpp"
#include "base/secrets.hpp"
#include "journal/memory_log.hpp"
#include "tests/subject.hpp"

namespace tests {

inline constexpr Instant world_begins{1'700'000'000'000'000};

inline StreamId user(std::string name) { return {StreamKind::user, std::move(name)}; }
inline StreamId conversation(std::string name) {
    return {StreamKind::conversation, std::move(name)};
}
inline StreamId conference(std::string name) { return {StreamKind::conference, std::move(name)}; }
inline StreamId call_leg(std::string name) { return {StreamKind::call_leg, std::move(name)}; }
inline StreamId number(std::string name) { return {StreamKind::number, std::move(name)}; }
inline StreamId guard(std::string name) { return {StreamKind::guard, std::move(name)}; }

/// What a dialled phone does.
enum class Manner { answers, is_busy, only_rings, stays_silent };

struct WorldOptions {
    bool complete_at_once = true;
    Instant begins = world_begins;
    std::uint64_t shuffle_seed = 0;  // 0: the scheduler's own order
    Duration idle_after = minutes(5);
    std::unique_ptr<journal::MemoryLog> log{};  // absent: a fresh one
    std::uint64_t first_id = 0;
    actors::Scheduling scheduling = actors::Scheduling::run_queue;
};

class World final : public actors::Outside {
public:
    explicit World(WorldOptions options = {})
        : log_(options.log ? std::move(options.log)
                           : std::make_unique<journal::MemoryLog>(journal::MemoryLogOptions{
                                 .complete_at_once = options.complete_at_once})),
          shuffle_(options.shuffle_seed),
          shuffled_(options.shuffle_seed != 0),
          ids_(options.first_id) {
        actors::HouseOptions house;
        house.scheduling = options.scheduling;
        house.threads = 1;
        house.now = [begins = options.begins] { return begins; };
        house.idle_after = options.idle_after;
        house.on_fatal = [this](journal::Fault fault) { fatal.push_back(fault); };
        house_ = std::make_unique<actors::House>(*log_, *this, std::move(house));
        house_->start();
        if (options.complete_at_once) settle();
    }
    ~World() override { house_.reset(); }

    [[nodiscard]] actors::House& house() { return *house_; }
    [[nodiscard]] journal::MemoryLog& log() { return *log_; }
    [[nodiscard]] std::uint64_t ids() const { return ids_; }
    [[nodiscard]] const base::Secrets& secrets() const { return *secrets_; }

    /// Runs actors and disk until both are at rest.
    void settle() {
        do {
            run();
        } while (log_->complete_one());
    }
    void run() { shuffled_ ? house_->run_shuffled(shuffle_) : house_->run(); }
    void advance(Duration by) {
        house_->advance(by);
        settle();
    }

    /// The process dies now; the next one finds what the disk has.
    [[nodiscard]] std::unique_ptr<journal::MemoryLog> crash(std::size_t unsynced_kept = 0) {
        auto next = log_->crash(unsynced_kept);
        house_.reset();
        return next;
    }

    template <class T>
    void send(const StreamId& to, std::string by, T wish, actors::Reply reply = {}) {
        const CommandId id = command_id_of("edge:" + std::to_string(++ids_));
        house_->send({id, {}, house_->now(), to, std::move(by)}, actors::command(std::move(wish)),
                     std::move(reply));
    }

    /// Sends and waits until all that follows has happened.
    template <class T>
    actors::Answer ask(const StreamId& to, std::string by, T wish) {
        actors::Answer got{.refusal = actors::Refusal::busy};
        send(to, std::move(by), std::move(wish),
             [&](const actors::Answer& answer) { got = answer; });
        settle();
        return got;
    }

    [[nodiscard]] actors::View view(const StreamId& stream) {
        actors::View got;
        house_->view(stream, [&](const actors::View& view) { got = view; });
        settle();
        return got;
    }
    template <class State>
    [[nodiscard]] State state(const StreamId& stream) {
        const actors::View got = view(stream);
        const State* found = actors::peek<State>(got.state);
        return found ? *found : State{};
    }

    // ---- the telephone side

    void perform(const actors::Effect& effect, const actors::EffectKey& key) override {
        keys.push_back(key);
        effects.push_back(effect);
        std::visit([this](const auto& one) { on(one); }, effect);
    }

    std::map<std::string, std::vector<std::string>> pins;  // of a leg: what it keys, in order
    std::map<std::string, Manner> manners;                 // of a dialled target
    std::map<std::string, std::string> dialled;            // target -> its newest leg
    std::map<std::string, std::vector<actors::RoomSeat>> rooms;
    std::vector<actors::Effect> effects;
    std::vector<CommandId> keys;
    std::vector<journal::Fault> fatal;

private:
    void on(const actors::AnswerCall& one) {
        send(call_leg(one.leg), "server", schema::CallAnsweredT{});
    }
    void on(const actors::DialCall& one) {
        dialled[one.target] = one.leg;
        const Manner manner = manners[one.target];
        if (manner == Manner::stays_silent) return;
        if (manner == Manner::is_busy) {
            send(call_leg(one.leg), "server", with<schema::CallEndedT>([](auto& end) {
                     end.cause = schema::Cause::busy;
                     end.sip_status = 486;
                 }));
            return;
        }
        send(call_leg(one.leg), "server", schema::CallRingingT{});
        if (manner == Manner::answers) send(call_leg(one.leg), "server", schema::CallAnsweredT{});
    }
    void on(const actors::CollectKeys& one) {
        if (one.keys != actors::Keys::pin || pins[one.leg].empty()) return;
        const std::string digits = pins[one.leg].front();
        pins[one.leg].erase(pins[one.leg].begin());
        const base::Hash pin = secrets_->keyed_pin(one.conference, digits);
        send(call_leg(one.leg), "server", with<schema::PinKeyedT>([&](auto& keyed) {
                 keyed.pin = schema::Hash{pin.a, pin.b, pin.c, pin.d};
             }));
    }
    void on(const actors::UpdateRoom& one) { rooms[one.conference] = one.seats; }
    template <class Other>
    void on(const Other&) {}  // is only recorded

    std::unique_ptr<journal::MemoryLog> log_;
    std::unique_ptr<actors::House> house_;
    std::shared_ptr<const base::Secrets> secrets_ = base::Secrets::of_seed(7);
    Prng shuffle_;
    bool shuffled_ = false;
    std::uint64_t ids_ = 0;
};

}  // namespace tests
