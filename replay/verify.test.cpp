#include "replay/verify.hpp"
#include "journal/stored.hpp"

#include <doctest.h>

#include "actors/limits.hpp"
#include "journal/codec.hpp"
#include "tests/conference_story.hpp"

namespace {

using tests::user;
using tests::World;

void put(journal::MemoryLog& log, const std::string& payload) {
    const auto transition = journal::decode_transition(payload).value();
    log.append({.stream = transition.stream, .sequence = transition.sequence, .payload = payload});
}

/// The log again, `forge` having its way with one transition; what follows is chained to it, so
/// that no checksum and no hash tells.
std::unique_ptr<journal::MemoryLog> forged(const journal::MemoryLog& log,
                                           journal::Position position,
                                           const std::function<void(schema::TransitionT&)>& forge) {
    auto copy = std::make_unique<journal::MemoryLog>();
    std::map<std::string, base::Hash> heads;
    const auto records = log.read_all(1, 1'000'000).value();
    for (const auto& record : records) {
        auto transition = journal::decode_transition(record.payload).value();
        if (record.position == position) forge(transition);
        transition.previous = tests::stored(heads[transition.stream]);
        const std::string payload = journal::encode(transition);
        heads[transition.stream] = journal::hash_of(payload);
        put(*copy, payload);
    }
    return copy;
}

journal::Position position_of(const journal::MemoryLog& log, schema::Event wanted) {
    const auto records = log.read_all(1, 1'000'000).value();
    for (const auto& record : records) {
        const auto transition = journal::decode_transition(record.payload).value();
        for (const auto& event : transition.events) {
            if (event.type == wanted) return record.position;
        }
    }
    return 0;
}

}  // namespace

TEST_CASE("an empty journal is as it should be") {
    const journal::MemoryLog log;
    const auto report = replay::verify(log);
    CHECK(report.ok());
    CHECK(report.transitions == 0);
}

TEST_CASE("a conference that was really held is decided alike again") {
    World world;
    tests::tell_story(world);
    journal::Position told = 0;
    const auto report =
        replay::verify(world.log(), {.progress = [&](auto done, auto) { told = done; }});
    REQUIRE(report.ok());
    CHECK(report.transitions == world.log().last_position());
    CHECK(told == world.log().last_position());
    CHECK(report.streams == world.log().list_streams("", "", 1000).value().size());
    CHECK(report.transitions_of.at("conference") > 20);
    CHECK(report.events_of.at("SeatDialled") == 4);
    CHECK(report.state == actors::state_hash_of_all(world.log()).value());
    CHECK(
        replay::verify(*forged(world.log(), 0, nullptr)).ok());  // forging nothing changes nothing
}

TEST_CASE("jobs change nothing in the report") {
    World world;
    tests::tell_story(world);
    const auto forge = [](schema::TransitionT& transition) { transition.by = "user/mallory"; };
    for (const journal::Position at : {journal::Position{0}, journal::Position{9}}) {
        const auto log = forged(world.log(), at, forge);
        const auto one = replay::verify(*log);
        for (const unsigned jobs : {2u, 3u, 7u}) {
            const auto many = replay::verify(*log, {.jobs = jobs});
            CHECK(many.state == one.state);
            CHECK(many.transitions == one.transitions);
            CHECK(many.skipped == one.skipped);
            CHECK(many.transitions_of == one.transitions_of);
            CHECK(many.events_of == one.events_of);
            CHECK(many.behaviours == one.behaviours);
            REQUIRE(many.differences.size() == one.differences.size());
            for (std::size_t i = 0; i < many.differences.size(); ++i) {
                CHECK(many.differences[i].position == one.differences[i].position);
                CHECK(many.differences[i].decided == one.differences[i].decided);
            }
        }
    }
}

TEST_CASE("the first difference of each stream is shown, and no later one") {
    World world;
    tests::people_and_numbers(world);
    journal::MemoryLog log;
    std::map<std::string, base::Hash> heads;
    std::size_t forgeries = 0;
    for (const auto& record : world.log().read_all(1, 1000).value()) {
        auto transition = journal::decode_transition(record.payload).value();
        if (transition.stream == "user/alice" || transition.stream == "user/bob") {
            transition.events.clear();
            ++forgeries;
        }
        transition.previous = tests::stored(heads[transition.stream]);
        const std::string payload = journal::encode(transition);
        heads[transition.stream] = journal::hash_of(payload);
        put(log, payload);
    }
    const auto report = replay::verify(log);
    REQUIRE(report.differences.size() == 2);
    CHECK(report.differences[0].stream == "user/alice");
    CHECK(report.differences[1].stream == "user/bob");
    CHECK(report.skipped == forgeries - 2);
}

TEST_CASE("rules that this program does not know are named, not guessed") {
    World world;
    world.ask(user("alice"), "server", tests::new_user());
    const auto log = forged(world.log(), 1, [](schema::TransitionT& transition) {
        transition.behaviour = actors::behaviour_version + 1;
    });
    const auto report = replay::verify(*log);
    REQUIRE_FALSE(report.ok());
    CHECK(report.differences.at(0).what.find("Rules of version 2 decided it") == 0);
}

TEST_CASE("a forged event is found and both lists are shown") {
    World world;
    tests::tell_story(world);
    const auto at = position_of(world.log(), schema::Event::SeatMuted);
    const auto log = forged(world.log(), at, [](schema::TransitionT& transition) {
        static_cast<schema::SeatMutedT*>(transition.events[0].value)->muted = false;
    });
    const auto report = replay::verify(*log);
    REQUIRE_FALSE(report.ok());
    CHECK(report.differences.at(0).position == at);
    CHECK(report.differences.at(0).stream == "conference/471100");
    CHECK(report.differences.at(0).sequence > 1);
    CHECK(report.differences.at(0).journaled.find(R"("type":"SeatMuted")") != std::string::npos);
    CHECK(report.differences.at(0).journaled.find(R"("muted":false)") != std::string::npos);
    CHECK(report.differences.at(0).decided.find(R"("muted":true)") != std::string::npos);
    CHECK(report.transitions == log->last_position());  // other streams are read on
    CHECK(report.streams_differing == 1);
    CHECK(report.skipped > 0);
}

TEST_CASE("an impossible event is named, not folded") {
    World world;
    tests::tell_story(world);
    const auto at = position_of(world.log(), schema::Event::SeatRinging);
    const auto log = forged(world.log(), at, [](schema::TransitionT& transition) {
        static_cast<schema::SeatRingingT*>(transition.events[0].value)->seat = 4711;
    });
    CHECK(replay::verify(*log).differences.at(0).position == at);
}

TEST_CASE("a command that nobody would grant is shown with its refusal") {
    World world;
    tests::tell_story(world);
    const auto at = position_of(world.log(), schema::Event::LockSet);
    const auto log = forged(
        world.log(), at, [](schema::TransitionT& transition) { transition.by = "user/mallory"; });
    CHECK(replay::verify(*log).differences.at(0).decided == R"({"refusal":"not_allowed"})");
}

TEST_CASE("what does not follow or was decided twice is a difference") {
    World world;
    tests::people_and_numbers(world);
    const auto records = world.log().read_all(1, 1000).value();
    SUBCASE("a broken chain") {
        journal::MemoryLog log;
        auto first = journal::decode_transition(records[0].payload).value();
        first.previous = {1, 2, 3, 4};
        put(log, journal::encode(first));
        CHECK(replay::verify(log).differences.at(0).what.find("does not follow") !=
              std::string::npos);
    }
    SUBCASE("not a transition") {
        journal::MemoryLog log;
        log.append({.stream = "user/alice", .sequence = 1, .payload = "rubbish"});
        CHECK(replay::verify(log).differences.at(0).position == 1);
    }
    SUBCASE("one command id in two transitions") {
        const auto contact = [](const char* name) {
            return tests::with<schema::AddContactT>([&](auto& w) { w.user = name; });
        };
        world.ask(user("alice"), "user/alice", contact("bob"));
        world.ask(user("alice"), "user/alice", contact("carol"));
        const auto log =
            forged(world.log(), world.log().last_position(), [](schema::TransitionT& transition) {
                const CommandId id = command_id_of("edge:" + std::to_string(9));
                transition.command_id = journal::stored(id);
            });
        const auto report = replay::verify(*log);
        REQUIRE_FALSE(report.ok());
        CHECK(report.differences.at(0).what.find("decided before") != std::string::npos);
    }
}

TEST_CASE("a conference that is over and spoken to all the same is held against all that it was") {
    World world;
    tests::tell_story(world);
    const StreamId room = tests::conference("471100");
    const auto try_pin = [&](const char* leg) {
        const auto wish = tests::with<schema::TryPinT>([&](auto& w) { w.leg = leg; });
        world.ask(room, "server", wish);
    };
    const auto decided = [&] { return world.log().head(room.text()).value().sequence; };
    const auto ended_at = decided();
    try_pin("00000000000000a1");
    try_pin("00000000000000a2");
    REQUIRE(decided() == ended_at + 2);
    const auto refused_at =
        world.log().read_stream(room.text(), ended_at + 1, 1).value().at(0).position;
    for (const unsigned jobs : {1u, 2u}) {
        const auto report = replay::verify(world.log(), {.jobs = jobs});
        CHECK(report.ok());
        CHECK(report.state == actors::state_hash_of_all(world.log()).value());
    }
    const auto first = world.log().read_stream(room.text(), 1, 1).value().at(0).payload;
    const schema::Id id = journal::decode_transition(first).value().command_id;
    const auto twice = forged(world.log(), refused_at,
                              [&](schema::TransitionT& transition) { transition.command_id = id; });
    CHECK(replay::verify(*twice).differences.at(0).what.find("decided before") !=
          std::string::npos);
    const auto later = forged(world.log(), refused_at, [](schema::TransitionT& transition) {
        transition.now -= 3'600'000'000;
    });
    CHECK(replay::verify(*later).differences.at(0).what.find("earlier") != std::string::npos);
}

TEST_CASE("how every stream ends is told") {
    World world;
    tests::tell_story(world);
    for (const unsigned jobs : {1u, 3u}) {
        std::map<std::string, replay::Ended, std::less<>> ends;
        const auto report =
            replay::verify(world.log(), {.jobs = jobs, .on_end = [&](const replay::Ended& one) {
                                             ends.emplace(one.stream, one);
                                         }});
        CHECK(ends.size() == report.streams);
        for (const auto& [name, end] : ends) {
            actors::History history{*parse_stream(name)};
            REQUIRE(history.load_all(world.log()).ok());
            CHECK(end.state == actors::state_hash(history.machine().state()));
            CHECK(end.agenda == history.machine().agenda());
        }
    }
}

TEST_CASE("a snapshot is held against the state that it was made of") {
    World world;
    world.ask(user("alice"), "server", tests::new_user());
    actors::History history{user("alice")};
    REQUIRE(history.load(world.log()).ok());
    schema::SnapshotT snapshot = history.snapshot();
    world.log().put_snapshot("user/alice", {1, journal::encode(snapshot)});
    CHECK(replay::verify(world.log()).snapshots == 1);
    static_cast<schema::UserStateT*>(snapshot.state.value)->admin = true;
    world.log().put_snapshot("user/alice", {1, journal::encode(snapshot)});
    CHECK(replay::verify(world.log()).differences.at(0).what.find("snapshot") != std::string::npos);
    snapshot.schema_version = actors::fold_version + 1;
    world.log().put_snapshot("user/alice", {1, journal::encode(snapshot)});
    CHECK(replay::verify(world.log()).ok());
}
