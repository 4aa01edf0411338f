// Many threads against one house: whatever the interleaving, each command is answered once, each
// stream has no gap, and the live state is the fold of the log.
#include <doctest.h>

#include <atomic>
#include <thread>

#include "journal/codec.hpp"
#include "tests/conference_story.hpp"

namespace {

using actors::Answer;
using tests::user;
using tests::with;

constexpr int threads = 4;
constexpr int streams = 50;
constexpr int commands_each = 2'500;

struct Nobody final : actors::Outside {
    void perform(const actors::Effect&, const actors::EffectKey&) override {}
};

struct GapWatcher final : actors::Subscriber {
    std::atomic<bool> gap{false};
    std::atomic<std::uint64_t> last{0};
    void on_view(const actors::View& view) override { last = view.sequence; }
    void on_transition(const actors::SharedTransition& transition) override {
        if (transition->sequence != last + 1) gap = true;
        last = transition->sequence;
    }
};

std::string name_of(std::uint64_t i) { return "u" + std::to_string(i); }

/// Makes each append wait on a thread of its own, as a real disk does.
class Disk {
public:
    explicit Disk(journal::MemoryLog& log)
        : thread_([this, &log](const std::stop_token& stop) {
              while (!stop.stop_requested() || log.waiting_count() > 0) {
                  if (!log.complete_one()) std::this_thread::yield();
              }
          }) {}

private:
    std::jthread thread_;
};

void create_users(actors::House& house) {
    std::atomic<int> made{0};
    for (int i = 0; i < streams; ++i) {
        house.send(user(name_of(i)), "server", actors::command(tests::new_user()),
                   [&](const Answer&) { ++made; });
    }
    while (made < streams) std::this_thread::yield();
}

/// What one thread wants: contacts come and go, a message to a group now and then, some wishes
/// twice.
void hammer(actors::House& house, int thread, std::atomic<int>& answers, std::atomic<int>& bad) {
    Prng prng{static_cast<std::uint64_t>(thread) + 1};
    for (int i = 0; i < commands_each; ++i) {
        const std::string who = name_of(prng.below(streams));
        const auto counted = std::make_shared<std::atomic<int>>(0);
        const actors::Reply reply = [&answers, &bad, counted](const Answer& answer) {
            if (counted->fetch_add(1) != 0 || !answer.ok()) ++bad;
            ++answers;
        };
        const actors::Envelope envelope{
            command_id_of(std::to_string(thread) + ":" + std::to_string(i)),
            {},
            house.now(),
            user(who),
            "user/" + who};
        const std::string other = "c" + std::to_string(prng.below(20));
        if (prng.below(2) == 0) {
            house.send(envelope,
                       actors::command(with<schema::AddContactT>([&](auto& w) { w.user = other; })),
                       reply);
        } else {
            house.send(
                envelope,
                actors::command(with<schema::RemoveContactT>([&](auto& w) { w.user = other; })),
                reply);
        }
    }
}

void check_log(const journal::MemoryLog& log, actors::House& house) {
    for (int i = 0; i < streams; ++i) {
        actors::History folded{user(name_of(i))};
        REQUIRE(folded.load_all(log).ok());  // sequences and hash chain hold
        std::atomic<bool> seen{false};
        actors::View live;
        house.view(user(name_of(i)), [&](const actors::View& view) {
            live = view;
            seen = true;
        });
        while (!seen) std::this_thread::yield();
        CHECK(live.sequence == folded.sequence());
        CHECK(actors::state_hash(live.state) == actors::state_hash(folded.machine().state()));
    }
}

}  // namespace

TEST_CASE("many threads are each answered once and the log folds to what is live") {
    for (const bool at_once : {true, false}) {
        CAPTURE(at_once);
        journal::MemoryLog log{{.complete_at_once = at_once}};
        std::optional<Disk> disk;
        if (!at_once) disk.emplace(log);
        Nobody outside;
        actors::HouseOptions options;
        options.threads = 2;
        options.idle_after = milliseconds(1);  // entities come and go all the time
        actors::House house{log, outside, options};
        house.start();
        create_users(house);
        const auto watcher = std::make_shared<GapWatcher>();
        house.subscribe(user("u0"), watcher, std::nullopt);
        std::atomic<int> answers{0}, bad{0};
        {
            std::vector<std::jthread> hands;
            for (int t = 0; t < threads; ++t) {
                hands.emplace_back([&house, &answers, &bad, t] { hammer(house, t, answers, bad); });
            }
        }
        for (int waits = 0; answers < threads * commands_each && waits < 60'000; ++waits) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        CHECK(answers == threads * commands_each);
        CHECK(bad == 0);
        check_log(log, house);
        CHECK_FALSE(watcher->gap);
        CHECK(watcher->last == log.head("user/u0").value().sequence);
    }
}

TEST_CASE("a house that is busy goes in peace and answers everybody") {
    for (int round = 0; round < 5; ++round) {
        journal::MemoryLog log{{.complete_at_once = false}};
        Nobody outside;
        std::atomic<int> answers{0}, refused{0};
        constexpr int sent = 3'000;
        {
            Disk disk{log};
            actors::HouseOptions options;
            options.threads = 2;
            actors::House house{log, outside, options};
            house.start();
            create_users(house);
            for (int i = 0; i < sent; ++i) {
                const std::string who = name_of(static_cast<std::uint64_t>(i) % streams);
                house.send(user(who), "user/" + who,
                           actors::command(with<schema::AddContactT>(
                               [&](auto& w) { w.user = "c" + std::to_string(i); })),
                           [&](const Answer& answer) {
                               if (!answer.ok()) ++refused;
                               ++answers;
                           });
            }
        }
        CHECK(answers == sent);
        CHECK(log.last_position() == static_cast<std::uint64_t>(streams + sent - refused));
    }
}

TEST_CASE("a restart of a threaded house settles lost calls before the first command") {
    tests::World before;
    tests::people_and_numbers(before);
    tests::dial_in_and_talk(before);
    const auto log = before.crash();
    Nobody outside;
    actors::HouseOptions options;
    options.threads = 2;
    actors::House house{*log, outside, options};
    house.start();
    actors::History leg{tests::call_leg(tests::host_leg)};
    REQUIRE(leg.load(*log).ok());
    const auto state = leg.machine().state();
    CHECK(actors::peek<schema::CallLegStateT>(state)->cause == schema::Cause::lost);
}
