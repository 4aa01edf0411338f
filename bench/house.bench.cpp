// Question: how many whole dial-in calls a second does a simulated house carry on one core: set-up,
// PIN, talk and end decided, encoded, hashed, journaled and their effects released, and what do
// the invariants cost on top?  Budget: 30,000 a second for house, disk and invariants together.
//
// Beside it, `partyline simulate` is measured as a whole by bench/simulate.
#include <benchmark/benchmark.h>

#include <map>
#include <queue>

#include "actors/house.hpp"
#include "actors/invariants/inspector.hpp"
#include "actors/vocabulary.hpp"
#include "base/secrets.hpp"
#include "sim/world/disk.hpp"

namespace {

constexpr std::uint64_t rooms = 500;
constexpr std::uint64_t calls_at_once = 2'500;
constexpr Duration talks_for = seconds(20);
constexpr Duration between_calls = milliseconds(8);  // talks_for / calls_at_once

/// Telephones that do what is asked of them, and hang up in the end.
class Telephones final : public actors::Outside {
public:
    explicit Telephones(bool inspected) {
        sim::DiskOptions disk{.keep = false, .at_once = true};
        // Calls end in the order in which they begin.
        disk.over_when_forgotten = [this](std::string_view name) {
            constexpr std::string_view leg = "call_leg/";
            return name.starts_with(leg) && call_of(std::string{name.substr(leg.size())}) < ended_;
        };
        if (inspected)
            disk.on_durable = [this](const journal::Record& one) { inspector_.feed(one); };
        disk_ = sim::make_disk(std::move(disk));
        actors::HouseOptions options;
        options.deterministic = true;
        options.idle_after = minutes(5);
        options.now = [] { return Instant{1'700'000'000'000'000}; };
        house_ = std::make_unique<actors::House>(*disk_, *this, std::move(options));
        house_->start();
        for (std::uint64_t i = 0; i < rooms; ++i) {
            schema::CreateConferenceT wish;
            wish.title = "room";
            wish.guest_pin = pin(room(i));
            wish.host_pin = schema::Hash{1, 2, 3, 4};
            send({StreamKind::conference, room(i)}, actors::command(std::move(wish)));
        }
        house_->run();
        for (std::uint64_t i = 0; i < calls_at_once; ++i)
            plan(between_calls * static_cast<std::int64_t>(i), What::call, i);
    }

    void carry(std::uint64_t calls) {
        for (const std::uint64_t end = ended_ + calls; ended_ < end;) {
            const Due due = due_.top();
            due_.pop();
            if (due.at > house_->now()) house_->advance_to(due.at);
            act(due);
            house_->run();
        }
    }
    [[nodiscard]] std::uint64_t transitions() const { return disk_->last_position(); }
    [[nodiscard]] bool good() const {
        return refused_ == 0 && inspector_.violation_count() == 0 && admitted_ >= ended_ &&
               admitted_ <= ended_ + calls_at_once;
    }

    void perform(const actors::Effect& effect, const actors::EffectKey&) override {
        if (const auto* answer = std::get_if<actors::AnswerCall>(&effect)) {
            plan({}, What::answered, call_of(answer->leg));
        } else if (const auto* keys = std::get_if<actors::CollectKeys>(&effect)) {
            if (keys->keys == actors::Keys::pin) plan(seconds(3), What::pin, call_of(keys->leg));
        } else if (const auto* prompts = std::get_if<actors::PlayPrompts>(&effect)) {
            if (prompts->prompts.front() != "joined") return;
            ++admitted_;
            const std::uint64_t call = call_of(prompts->leg);
            plan(seconds(1), What::talks, call);
            plan(seconds(2), What::listens, call);
            plan(talks_for, What::hangs_up, call);
        }
    }

private:
    enum class What : std::uint8_t { call, answered, pin, talks, listens, hangs_up };
    struct Due {
        Instant at;
        std::uint64_t order;
        std::uint64_t call;
        What what;
        bool operator<(const Due& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    static std::string room(std::uint64_t i) { return std::to_string(100'000 + i); }
    static std::string leg_of(std::uint64_t call) {
        std::string name = std::to_string(call);
        return std::string(16 - name.size(), '0') + name;
    }
    static std::uint64_t call_of(const std::string& leg) { return std::stoull(leg); }
    [[nodiscard]] schema::Hash pin(const std::string& conference) const {
        const base::Hash hash = secrets_->keyed_pin(conference, "1234");
        return {hash.a, hash.b, hash.c, hash.d};
    }

    void plan(Duration wait, What what, std::uint64_t call) {
        due_.push({house_->now() + wait, ++orders_, call, what});
    }
    void send(const StreamId& to, schema::CommandUnion wish) {
        house_->send({{++orders_, 7}, {}, house_->now(), to, "server"}, std::move(wish),
                     [this](const actors::Answer& answer) {
                         if (!answer.ok()) ++refused_;
                     });
    }

    void act(const Due& due) {
        const std::string leg = leg_of(due.call);
        const StreamId stream{StreamKind::call_leg, leg};
        const std::string conference = room(due.call % rooms);
        switch (due.what) {
            case What::call: {
                schema::IncomingCallT call;
                // As many numbers as there are calls at once, so that rosters do not grow.
                call.caller = call.name = "+4930" + std::to_string(due.call % calls_at_once);
                call.source = "trunk:main";
                call.called = call.conference = conference;
                call.route = schema::Route::conference;
                call.codec = "PCMA";
                return send(stream, actors::command(std::move(call)));
            }
            case What::answered: {
                schema::CallAnsweredT answered;
                answered.codec = "PCMA";
                return send(stream, actors::command(std::move(answered)));
            }
            case What::pin: {
                schema::PinKeyedT keyed;
                keyed.pin = pin(conference);
                return send(stream, actors::command(keyed));
            }
            case What::talks:
            case What::listens: {
                schema::LegTalkingT talking;
                talking.leg = leg;
                talking.on = due.what == What::talks;
                return send({StreamKind::conference, conference},
                            actors::command(std::move(talking)));
            }
            case What::hangs_up: {
                schema::CallEndedT end;
                end.cause = schema::Cause::hung_up;
                send(stream, actors::command(end));
                ++ended_;
                plan({}, What::call, due.call + calls_at_once);
            }
        }
    }

    std::unique_ptr<sim::Disk> disk_;
    actors::Inspector inspector_;
    std::shared_ptr<const base::Secrets> secrets_ = base::Secrets::of_seed(7);
    std::unique_ptr<actors::House> house_;
    std::priority_queue<Due> due_;
    std::uint64_t orders_ = 0, ended_ = 0, admitted_ = 0, refused_ = 0;
};

void whole_calls(benchmark::State& state) {
    base::start_crypto();
    Telephones telephones{state.range(0) != 0};
    telephones.carry(2 * calls_at_once);
    const std::uint64_t before = telephones.transitions();
    constexpr std::uint64_t batch = 10'000;
    for (auto _ : state) telephones.carry(batch);
    if (!telephones.good()) state.SkipWithError("a call went wrong");
    const auto calls = static_cast<double>(state.iterations() * batch);
    state.counters["calls_per_second"] = benchmark::Counter(calls, benchmark::Counter::kIsRate);
    state.counters["transitions_per_call"] =
        static_cast<double>(telephones.transitions() - before) / calls;
}
BENCHMARK(whole_calls)
    ->ArgNames({"inspected"})
    ->Arg(0)
    ->Arg(1)
    ->Iterations(2)
    ->Unit(benchmark::kMillisecond);

}  // namespace
