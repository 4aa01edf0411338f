#include "actors/house.hpp"

#include <doctest.h>

#include "actors/conference.hpp"
#include "actors/limits.hpp"
#include "journal/codec.hpp"
#include "tests/conference_story.hpp"

namespace {

using actors::Answer;
using actors::Cursor;
using actors::Refusal;
using actors::View;
using tests::conference;
using tests::user;
using tests::with;
using tests::World;

/// Writes down what it is shown, and how: "view 3", "4", "5".
struct Notebook final : actors::Subscriber {
    std::vector<std::string> lines;
    std::uint64_t last = 0;
    std::uint64_t epoch = 0;
    bool gap = false;

    void on_view(const View& view) override {
        lines.push_back("view " + std::to_string(view.sequence));
        last = view.sequence;
    }
    void on_transition(const actors::SharedTransition& transition) override {
        gap = gap || transition->sequence != last + 1;
        last = transition->sequence;
        epoch = transition->epoch;
        lines.push_back(std::to_string(last));
    }
};

using Lines = std::vector<std::string>;

schema::AddContactT contact(std::string name) {
    return with<schema::AddContactT>([&](auto& wish) { wish.user = std::move(name); });
}

/// Somebody with `count` contacts, so that the stream has count + 1 transitions.
void add_contacts(World& world, int count, const std::string& prefix = "c") {
    for (int i = 0; i < count; ++i) {
        world.send(user("alice"), "user/alice", contact(prefix + std::to_string(i)));
    }
    world.settle();
}

base::Hash hash_of(World& world, const StreamId& stream) {
    return actors::state_hash(world.view(stream).state);
}

void check_abandoned(actors::Scheduling how) {
    auto log = std::make_unique<journal::MemoryLog>();
    struct Counter final : actors::Outside {
        int performed = 0;
        void perform(const actors::Effect&, const actors::EffectKey&) override { ++performed; }
    } outside;
    int answers = 0;
    {
        actors::HouseOptions options;
        options.scheduling = how;
        options.now = [] { return tests::world_begins; };
        actors::House house{*log, outside, options};
        house.start();
        house.run();
        house.send({command_id_of("a"), {}, house.now(), user("alice"), "server"},
                   actors::command(tests::new_user()), [&](const Answer&) { ++answers; });
        house.run();
        house.send({command_id_of("b"), {}, house.now(), user("bob"), "server"},
                   actors::command(tests::new_user()), [&](const Answer&) { ++answers; });
        house.abandon();
    }
    CHECK(answers == 1);
    CHECK(log->last_position() == 1);
}

}  // namespace

TEST_CASE("a command is answered when its transition is stored, a refusal at once") {
    World world{{.complete_at_once = false}};
    std::vector<Answer> answers;
    const auto keep = [&](const Answer& answer) { answers.push_back(answer); };
    world.send(user("alice"), "server", tests::new_user(), keep);
    world.run();
    CHECK(answers.empty());
    world.send(user("alice"), "user/mallory", tests::new_user(), keep);
    world.run();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].refusal == Refusal::not_allowed);
    CHECK(world.log().complete_one());
    CHECK(answers.size() == 1);  // stored, but the entity has not heard yet
    world.run();
    REQUIRE(answers.size() == 2);
    CHECK(answers[1].ok());
    CHECK(answers[1].sequence == 1);
    CHECK(answers[1].epoch == 1);
}

TEST_CASE("a house says when it will next have something to do, and does it when time gets there") {
    World world;
    world.advance(milliseconds(1));
    const Instant housekeeping = world.house().next_due();
    CHECK(housekeeping > world.house().now());
    CHECK(housekeeping - world.house().now() <= seconds(1));
    world.send(user("alice"), "server", tests::new_user());
    CHECK(world.house().next_due() == world.house().now());
    world.settle();
    CHECK(world.house().next_due() == housekeeping);
    world.house().advance_to(housekeeping);
    CHECK(world.house().now() == housekeeping);
    CHECK(world.house().next_due() == housekeeping + seconds(1));
    world.house().advance_to(housekeeping - seconds(1));
    CHECK(world.house().now() == housekeeping);
}

TEST_CASE("the run queue and CAF's test scheduler make the same journal, byte for byte") {
    for (std::uint64_t seed = 0; seed <= 20; ++seed) {  // 0: not shuffled
        CAPTURE(seed);
        const auto told_by = [&](actors::Scheduling scheduling) {
            World world{
                {.shuffle_seed = seed, .idle_after = seconds(20), .scheduling = scheduling}};
            tests::tell_story(world);
            world.advance(minutes(1));
            tests::dial_out(world);
            std::vector<std::string> all;
            for (const auto& record : world.log().read_all(1, 100'000).value())
                all.push_back(record.payload);
            CHECK(world.house().statistics().passivations > 3);
            return std::pair{all, world.keys};
        };
        const auto queue = told_by(actors::Scheduling::run_queue);
        CHECK(queue.first.size() > 50);
        CHECK(queue == told_by(actors::Scheduling::caf_test_scheduler));
    }
}

TEST_CASE("an abandoned house says and does nothing more") {
    for (const auto how : {actors::Scheduling::run_queue, actors::Scheduling::caf_test_scheduler})
        check_abandoned(how);
}

TEST_CASE("a wish that already holds waits for the transition that it relies on") {
    World world{{.complete_at_once = false}};
    REQUIRE(world.ask(user("alice"), "server", tests::new_user()).ok());
    std::vector<Answer> answers;
    const auto keep = [&](const Answer& answer) { answers.push_back(answer); };
    world.send(user("alice"), "user/alice", contact("bob"), keep);
    world.send(user("alice"), "user/alice", contact("bob"), keep);
    world.run();
    CHECK(answers.empty());
    world.settle();
    REQUIRE(answers.size() == 2);
    CHECK(answers[1].sequence == 2);
    CHECK_FALSE(answers[1].repeated);
    CHECK(world.log().last_position() == 2);
}

TEST_CASE("a repeated command id is decided once and answers with the first sequence") {
    World world;
    world.ask(user("alice"), "server", tests::new_user());
    const actors::Envelope once{
        command_id_of("alice:1"), {}, world.house().now(), user("alice"), "user/alice"};
    std::vector<Answer> answers;
    for (int i = 0; i < 2; ++i) {
        world.house().send(once, actors::command(contact("bob")),
                           [&](const Answer& a) { answers.push_back(a); });
        world.settle();
        add_contacts(world, 5);
    }
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].sequence == 2);
    CHECK(answers[1].sequence == 2);
    CHECK_FALSE(answers[0].repeated);
    CHECK(answers[1].repeated);
    CHECK(answers[1].epoch == 1);
    CHECK(world.house().statistics().repeated == 1);
}

TEST_CASE("a view shows what is durable and nothing younger than its sequence") {
    World world{{.complete_at_once = false}};
    world.send(user("alice"), "server", tests::new_user());
    std::vector<View> views;
    world.house().view(user("alice"), [&](const View& view) { views.push_back(view); });
    world.run();
    CHECK(views.empty());
    world.send(user("alice"), "user/alice", contact("bob"));
    world.settle();
    REQUIRE(views.size() == 1);
    CHECK(views[0].sequence == 1);
    CHECK(actors::peek<schema::UserStateT>(views[0].state)->contacts.empty());
    CHECK(world.view(user("nobody")).sequence == 0);
}

TEST_CASE("a subscriber gets the state and then every transition once and in order") {
    World world{{.complete_at_once = false}};
    const auto notes = std::make_shared<Notebook>();
    world.ask(user("alice"), "server", tests::new_user());
    world.send(user("alice"), "user/alice", contact("bob"));
    world.house().subscribe(user("alice"), notes, std::nullopt);
    world.send(user("alice"), "user/alice", contact("carol"));
    world.settle();
    CHECK(notes->lines == Lines{"view 2", "3"});
    world.house().unsubscribe(user("alice"), notes);
    world.ask(user("alice"), "user/alice", contact("dave"));
    CHECK(notes->lines.size() == 2);
    CHECK(notes.use_count() == 1);
}

TEST_CASE("a cursor that holds gets what follows it, a stale one the state") {
    World world;
    world.ask(user("alice"), "server", tests::new_user());
    add_contacts(world, 4);
    for (const auto& [cursor, lines] :
         {std::pair{Cursor{1, 3}, Lines{"4", "5", "6"}}, std::pair{Cursor{1, 5}, Lines{"6"}},
          std::pair{Cursor{1, 0}, Lines{"1", "2", "3", "4", "5", "6"}},
          std::pair{Cursor{2, 3}, Lines{"view 5", "6"}},
          std::pair{Cursor{1, 9}, Lines{"view 5", "6"}}}) {
        CAPTURE(cursor.epoch);
        CAPTURE(cursor.sequence);
        World again{{.log = world.log().crash(100), .first_id = 1000}};
        const auto notes = std::make_shared<Notebook>();
        again.house().subscribe(user("alice"), notes, cursor);
        again.settle();
        again.ask(user("alice"), "user/alice", contact("zoe"));
        CHECK(notes->lines == lines);
        CHECK(notes->epoch == 2);
    }
}

TEST_CASE("a follower that is far behind is caught up page by page while the stream goes on") {
    World world;
    world.ask(user("alice"), "server", tests::new_user());
    add_contacts(world, 900);
    const auto notes = std::make_shared<Notebook>();
    world.house().subscribe(user("alice"), notes, Cursor{1, 0});
    add_contacts(world, 50, "d");
    CHECK_FALSE(notes->gap);
    CHECK(notes->last == 951);
    CHECK(notes->lines.size() == 951);
}

TEST_CASE("a second subscription of the same pair starts anew") {
    World world;
    world.ask(user("alice"), "server", tests::new_user());
    const auto notes = std::make_shared<Notebook>();
    world.house().subscribe(user("alice"), notes, std::nullopt);
    world.house().subscribe(user("alice"), notes, std::nullopt);
    world.ask(user("alice"), "user/alice", contact("bob"));
    CHECK(notes->lines == Lines{"view 1", "view 1", "2"});
}

TEST_CASE("a full disk gives everything back, refuses, and recovers") {
    World world{{.complete_at_once = false}};
    world.ask(user("alice"), "server", tests::new_user());
    const base::Hash before = hash_of(world, user("alice"));
    const auto notes = std::make_shared<Notebook>();
    world.house().subscribe(user("alice"), notes, std::nullopt);
    world.settle();
    world.log().fail_all(journal::Fault::disk_full);
    std::vector<Answer> answers;
    const auto keep = [&](const Answer& answer) { answers.push_back(answer); };
    for (const char* name : {"bob", "bob", "carol"})
        world.send(user("alice"), "user/alice", contact(name), keep);
    std::vector<View> views;
    world.house().view(user("alice"), [&](const View& view) { views.push_back(view); });
    world.run();
    world.log().complete_one();
    world.run();
    world.send(user("alice"), "user/alice", contact("dave"),
               keep);  // between the first fault and the last
    world.settle();
    REQUIRE(answers.size() == 4);
    for (const Answer& answer : answers) CHECK(answer.refusal == Refusal::storage_full);
    REQUIRE(views.size() == 1);
    CHECK(views[0].sequence == 1);
    CHECK(actors::state_hash(views[0].state) == before);
    CHECK(world.fatal.empty());

    world.log().fail_all(journal::Fault::none);
    CHECK(world.ask(user("alice"), "user/alice", contact("erin")).sequence == 2);
    CHECK(world.state<schema::UserStateT>(user("alice")).contacts == Lines{"erin"});
    CHECK(notes->lines == Lines{"view 1", "2"});
}

TEST_CASE("an entity that asked for room once still leaves memory later") {
    World world{{.complete_at_once = false, .idle_after = seconds(60)}};
    world.ask(user("alice"), "server", tests::new_user());
    world.log().fail_append(1, journal::Fault::disk_full);
    world.send(user("alice"), "user/alice", contact("bob"));
    world.house().view(user("alice"), [](const View&) {});
    world.settle();
    world.advance(seconds(200));
    CHECK(world.house().statistics().resident == 0);
}

TEST_CASE("an I/O fault stops the process once and says that the outcome is unknown") {
    World world{{.complete_at_once = false}};
    world.ask(user("alice"), "server", tests::new_user());
    world.log().fail_append(1, journal::Fault::io);
    std::vector<Answer> answers;
    const auto keep = [&](const Answer& answer) { answers.push_back(answer); };
    world.send(user("alice"), "user/alice", contact("bob"), keep);
    world.send(user("alice"), "user/alice", contact("carol"), keep);
    world.settle();
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].refusal == Refusal::storage_failed);
    CHECK(answers[1].refusal == Refusal::storage_failed);
    CHECK(world.fatal == std::vector{journal::Fault::io});
}

TEST_CASE("a log that is too busy is a matter of trying again") {
    World world{{.complete_at_once = false}};
    world.ask(user("alice"), "server", tests::new_user());
    world.log().fail_append(1, journal::Fault::overloaded);
    CHECK(world.ask(user("alice"), "user/alice", contact("bob")).refusal == Refusal::busy);
    CHECK(world.ask(user("alice"), "user/alice", contact("bob")).sequence == 2);
}

TEST_CASE("an idle entity leaves memory and comes back the same by snapshot and tail") {
    World world{{.idle_after = seconds(60)}};
    world.ask(user("alice"), "server", tests::new_user());
    add_contacts(world, 300);
    const base::Hash live = hash_of(world, user("alice"));
    CHECK(world.log().snapshot("user/alice")->sequence == 256);
    world.advance(seconds(200));
    CHECK(world.house().statistics().resident == 0);
    CHECK(world.house().statistics().passivations == 1);
    CHECK(world.log().snapshot("user/alice")->sequence == 301);
    CHECK(hash_of(world, user("alice")) == live);
    CHECK(world.ask(user("alice"), "user/alice", contact("zoe")).sequence == 302);
    actors::History replayed{user("alice")};
    REQUIRE(replayed.load_all(world.log()).ok());
    CHECK(actors::state_hash(replayed.machine().state()) == hash_of(world, user("alice")));
    const actors::Envelope old{
        command_id_of("edge:2"), {}, world.house().now(), user("alice"), "user/alice"};
    Answer answer;
    world.house().send(old, actors::command(contact("c0")), [&](const Answer& a) { answer = a; });
    world.settle();
    CHECK(answer.repeated);  // the snapshot remembers recent commands
    CHECK(answer.sequence == 2);
}

TEST_CASE("an entity that is watched stays and does not keep others from leaving") {
    World world{{.idle_after = seconds(60)}};
    world.ask(user("alice"), "server", tests::new_user());
    world.ask(user("bob"), "server", tests::new_user());
    const auto notes = std::make_shared<Notebook>();
    world.house().subscribe(user("alice"), notes, std::nullopt);
    world.settle();
    world.advance(seconds(200));
    CHECK(world.house().statistics().resident == 1);
    world.ask(user("alice"), "user/alice", contact("bob"));
    CHECK(notes->lines == Lines{"view 1", "2"});
}

TEST_CASE("a lying snapshot is ignored") {
    World world;
    world.ask(user("alice"), "server", tests::new_user());
    add_contacts(world, 10);
    actors::History history{user("alice")};
    REQUIRE(history.load(world.log()).ok());
    schema::SnapshotT good = history.snapshot();
    const auto lie = [&](auto tamper) {
        schema::SnapshotT snapshot = good;
        tamper(snapshot);
        world.log().put_snapshot("user/alice", {11, journal::encode(snapshot)});
        actors::History again{user("alice")};
        CHECK(again.load(world.log()).ok());
        CHECK(actors::state_hash(again.machine().state()) == actors::state_hash(good.state));
        CHECK(again.head() == history.head());
        CHECK(again.decided_at(command_id_of("edge:2")) == 2);
    };
    lie([](auto&) {});
    lie([](auto& s) { s.head = {1, 2, 3, 4}; });
    lie([](auto& s) { s.sequence = 0; });
    lie([](auto& s) { s.sequence = 12; });
    lie([](auto& s) { s.stream = "user/bob"; });
    lie([](auto& s) { s.state = actors::state(schema::GuardStateT{}); });
    lie([](auto& s) { s.schema_version = actors::fold_version + 1; });
    world.log().put_snapshot("user/alice", {11, "not a snapshot"});
    actors::History again{user("alice")};
    CHECK(again.load(world.log()).ok());
    CHECK(again.sequence() == 11);
}

TEST_CASE(
    "a call that nobody answers ends after 45 seconds, one microsecond sooner it still rings") {
    World world;
    tests::people_and_numbers(world);
    world.manners["+4940555"] = tests::Manner::only_rings;
    world.ask(conference("471100"), "user/alice",
              tests::dial(schema::TargetKind::number, "+4940555"));
    const StreamId leg = tests::call_leg(world.dialled.at("+4940555"));
    world.advance(actors::ring_patience - Duration{1});
    CHECK(world.state<schema::CallLegStateT>(leg).phase == schema::LegPhase::ringing);
    world.advance(Duration{1});
    const auto ended = world.state<schema::CallLegStateT>(leg);
    CHECK(ended.phase == schema::LegPhase::ended);
    CHECK(ended.cause == schema::Cause::no_answer);
    CHECK(Instant{ended.ended_at} - Instant{ended.started_at} == actors::ring_patience);
    CHECK(world.state<schema::ConferenceStateT>(conference("471100")).seats.back().cause ==
          schema::Cause::no_answer);
}

TEST_CASE("a deadline that meets a full disk is tried again until it is kept") {
    World world;
    tests::people_and_numbers(world);
    world.manners["+4940555"] = tests::Manner::only_rings;
    world.ask(conference("471100"), "user/alice",
              tests::dial(schema::TargetKind::number, "+4940555"));
    world.log().fail_all(journal::Fault::disk_full);
    world.advance(seconds(60));
    world.log().fail_all(journal::Fault::none);
    world.advance(seconds(1));
    const auto leg =
        world.state<schema::CallLegStateT>(tests::call_leg(world.dialled.at("+4940555")));
    CHECK(leg.cause == schema::Cause::no_answer);
}

TEST_CASE("a deadline survives both leaving memory and a restart") {
    World world{{.idle_after = seconds(60)}};
    world.ask(user("alice"), "server", tests::new_user());
    world.ask(user("alice"), "server", with<schema::OpenSessionT>([](auto& w) {
                  w.token = {1, 1, 1, 1};
                  w.lasts_s = 3600;
              }));
    world.advance(minutes(10));
    CHECK(world.house().statistics().resident == 0);
    World next{{.begins = world.house().now(), .log = world.crash(), .first_id = 100}};
    next.advance(minutes(49));
    CHECK(next.state<schema::UserStateT>(user("alice")).sessions.size() == 1);
    next.advance(minutes(1));
    CHECK(next.state<schema::UserStateT>(user("alice")).sessions.empty());
}

TEST_CASE("what a crash may have kept from arriving is told again and decided once") {
    for (int stored = 0; stored <= 8; ++stored) {
        CAPTURE(stored);
        World world{{.complete_at_once = false}};
        const auto create = with<schema::CreateConversationT>([](auto& w) {
            w.kind = schema::ConversationKind::group;
            w.members = {"bob", "carol"};
        });
        for (const char* name : {"alice", "bob", "carol"})
            world.ask(user(name), "server", tests::new_user());
        world.send(tests::conversation("team"), "user/alice", create);
        world.run();
        for (int i = 0; i < stored; ++i) {
            world.log().complete_one();
            if (i % 2 == 1) world.run();  // at times the entity does not hear of it any more
        }
        const bool made = world.log().last_position() > 3;
        World next{{.log = world.crash(), .first_id = 100}};
        next.settle();
        next.advance(seconds(2));
        for (const char* name : {"alice", "bob", "carol"}) {
            const View view = next.view(user(name));
            CHECK(view.sequence == (made ? 2u : 1u));  // entered once
            CHECK(actors::peek<schema::UserStateT>(view.state)->conversations.size() ==
                  (made ? 1u : 0u));
        }
        CHECK(next.log().released() == next.log().last_position());
    }
}

TEST_CASE("a restart reaches legs and conferences with telephones, and releases stay bounded") {
    World world;
    tests::people_and_numbers(world);
    tests::dial_in_and_talk(world);
    world.manners["+4940666"] = tests::Manner::stays_silent;
    world.ask(conference("471100"), "user/alice",
              tests::dial(schema::TargetKind::number, "+4940666"));
    std::unique_ptr<journal::MemoryLog> log = world.crash();
    std::uint64_t last = 0;
    for (int restart = 0; restart < 5; ++restart) {
        CAPTURE(restart);
        World next{{.log = std::move(log), .first_id = 1000}};
        const auto room = next.state<schema::ConferenceStateT>(conference("471100"));
        for (const auto& seat : room.seats) {
            CHECK(seat.leg.empty());
            CHECK_FALSE(actors::is_live(seat));
        }
        const auto leg = next.state<schema::CallLegStateT>(tests::call_leg(tests::host_leg));
        CHECK(leg.phase == schema::LegPhase::ended);
        CHECK(leg.cause == schema::Cause::lost);
        CHECK(next.dialled.empty());
        if (restart == 0) {
            last = next.log().last_position();
        } else {
            CHECK(next.log().last_position() == last);  // nothing is left to settle
            CHECK(next.house().statistics().effects == 0);
        }
        next.advance(seconds(2));
        log = next.crash();
    }
}

TEST_CASE("nobody is called for a seat that a crash has cleared") {
    World world{{.complete_at_once = false}};
    tests::people_and_numbers(world);
    world.settle();
    world.advance(seconds(2));
    world.send(conference("471100"), "user/alice",
               tests::dial(schema::TargetKind::number, "+4940555"));
    world.run();
    world.log().complete_one();  // SeatDialled is stored, its PlaceCall never left
    World next{{.log = world.crash(), .first_id = 1000}};
    next.settle();
    CHECK(next.dialled.empty());
    CHECK(next.state<schema::ConferenceStateT>(conference("471100")).seats.back().cause ==
          schema::Cause::lost);
}

TEST_CASE("a house goes in peace though its disk died") {
    World world{{.complete_at_once = false}};
    std::vector<Answer> answers;
    world.send(user("alice"), "server", tests::new_user(),
               [&](const Answer& a) { answers.push_back(a); });
    world.run();
    const auto next = world.crash();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].refusal == Refusal::storage_failed);
    CHECK(next->last_position() == 0);
}

TEST_CASE("a damaged stream is refused and the others go on") {
    World world;
    world.ask(user("alice"), "server", tests::new_user());
    journal::MemoryLog damaged;
    damaged.append({.stream = "user/bob", .sequence = 1, .payload = "rubbish"});
    std::string other = world.log().read_all(1, 1).value()[0].payload;
    damaged.append({.stream = "user/alice", .sequence = 1, .payload = other});
    World next{{.log = damaged.crash(1), .first_id = 100}};
    CHECK(next.ask(user("bob"), "user/bob", contact("alice")).refusal == Refusal::storage_failed);
    CHECK(next.view(user("bob")).state.type == schema::State::NONE);
    CHECK(next.ask(user("alice"), "user/alice", contact("bob")).ok());
}
