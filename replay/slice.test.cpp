#include "replay/slice.hpp"
#include "journal/stored.hpp"

#include <doctest.h>

#include <filesystem>
#include <fstream>

#include "journal/codec.hpp"
#include "journal/open_log.hpp"
#include "journal/schema_map.hpp"
#include "replay/disguise.hpp"
#include "tests/conference_story.hpp"

namespace {

namespace fs = std::filesystem;
using tests::user;
using tests::World;

/// A directory that goes when the test ends.
struct Scratch {
    Scratch() {
        std::string name = fs::temp_directory_path() / "partyline-slice-XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    [[nodiscard]] std::string at(const std::string& name) const { return path + "/" + name; }
    std::string path;
};

/// What pseudonyms must hide, and what is nobody's business: another room with people of its own.
void busy_house(World& world) {
    tests::tell_story(world);
    world.ask(user("dave.miller"), "server", tests::new_user());
    world.ask(user("alice"), "user/alice", tests::with<schema::AddPhoneT>([](auto& wish) {
                  wish.label = "desk";
                  wish.ha1 = "sealed-ha1-of-alice";
              }));
    world.ask(user("alice"), "phone/alice-desk",
              tests::with<schema::RegisterPhoneT>([](auto& wish) {
                  wish.label = "desk";
                  wish.contact = "sip:alice-desk@192.0.2.77:5062";
                  wish.source = "udp:192.0.2.77:5062";
                  wish.user_agent = "Snom of Alice " + std::string(120, 'x');
                  wish.call_id = "f81d4fae@pc33.example.com";
                  wish.cseq = 1;
                  wish.expires_s = 3600;
              }));
    auto other = tests::new_conference(world, "471200");
    other.people = {"dave.miller"};
    other.title = "Nobody's business";
    world.ask(tests::conference("471200"), "user/dave.miller", other);
    world.ask(tests::conference("471100"), "server", schema::RestartedT{});
}

std::string whole(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::set<std::string> streams_of(const journal::Log& log) {
    std::set<std::string> names;
    for (const auto& name : log.list_streams("", "", 10'000).value()) names.insert(name);
    return names;
}

}  // namespace

TEST_CASE("a slice holds its conference, all that belongs to it, and nothing else") {
    World world;
    busy_house(world);
    const Scratch scratch;
    const auto report = replay::slice(world.log(), "471100", scratch.at("bug.partyline"));
    REQUIRE(report.ok());
    const auto log = journal::open_log(scratch.at("bug.partyline"));
    REQUIRE(log.ok());
    const auto names = streams_of(*log.value());
    CHECK(report.value().streams == names.size());
    for (const char* wanted :
         {"conference/471100", "call_leg/00000000000000a1", "user/alice", "user/bob", "user/carol",
          "conversation/direct:alice:bob", "number/471100", "guard/caller:+49301234"}) {
        CAPTURE(wanted);
        CHECK(names.contains(wanted));
    }
    CHECK_FALSE(names.contains("user/dave.miller"));
    CHECK_FALSE(names.contains("conference/471200"));
    // Each stream is a prefix, byte for byte, and the conference's is all of it.
    for (const std::string& name : names) {
        const auto before = world.log().read_stream(name, 1, 10'000).value();
        const auto after = log.value()->read_stream(name, 1, 10'000).value();
        REQUIRE(after.size() <= before.size());
        if (name == "conference/471100") CHECK(after.size() == before.size());
        for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].payload == before[i].payload);
    }
    CHECK(replay::verify(*log.value()).ok());
}

TEST_CASE("with pseudonyms nothing of the people is left, and the rules decide as before") {
    World world;
    busy_house(world);
    const Scratch scratch;
    const std::string path = scratch.at("bug.partyline");
    const auto report =
        replay::slice(world.log(), "471100", path, {.pseudonymise = true, .key = "a key"});
    REQUIRE(report.ok());
    const std::string bytes = whole(path);
    for (const char* secret :
         {"alice", "bob", "carol", "dave", "471100", "+49301234", "+4940555", "Monday", "192.0.2",
          "Shall we talk", "argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHQ", "sealed-ha1", "Snom",
          "f81d4fae", "desk", "00000000000000a1"}) {
        CAPTURE(secret);
        CHECK(bytes.find(secret) == std::string::npos);
    }
    const auto log = journal::open_log(path);
    REQUIRE(log.ok());
    const auto verified = replay::verify(*log.value());
    for (const auto& found : verified.differences) {
        MESSAGE(found.stream << " " << found.what << "\n"
                             << found.journaled << "\n"
                             << found.decided);
    }
    CHECK(verified.ok());
    CHECK(verified.transitions == report.value().transitions);
    // Effects still name their causes: ids that followed from a stream's name do so again.
    std::map<CommandId, std::pair<std::string, std::uint64_t>> told;
    std::uint64_t derived = 0;
    for (const auto& record : log.value()->read_all(1, 10'000).value()) {
        const auto transition = journal::decode_transition(record.payload).value();
        const CommandId id = journal::loaded(transition.command_id);
        const CommandId cause = journal::loaded(transition.cause_id);
        told[id] = {transition.stream, transition.sequence};
        if (const auto by = told.find(cause); by != told.end()) {
            for (std::uint32_t i = 0; i < 64; ++i) {
                if (derived_command_id(by->second.first, by->second.second, i) == id) ++derived;
            }
        }
    }
    CHECK(derived > 20);
    SUBCASE("the same key gives the same file, another key another") {
        const auto made = [&](const std::string& key) {
            const std::string again = scratch.at("again.partyline");
            REQUIRE(replay::slice(world.log(), "471100", again, {.pseudonymise = true, .key = key})
                        .ok());
            return whole(again);
        };
        CHECK(made("a key") == bytes);
        CHECK(made("b key") != bytes);
    }
}

TEST_CASE("a difference survives its pseudonyms") {
    World world;
    busy_house(world);
    journal::MemoryLog log;
    std::map<std::string, base::Hash> heads;
    for (const auto& record : world.log().read_all(1, 10'000).value()) {
        auto transition = journal::decode_transition(record.payload).value();
        for (auto& event : transition.events) {
            if (event.type == schema::Event::SeatMuted)
                static_cast<schema::SeatMutedT*>(event.value)->by_host = false;
        }
        transition.previous = tests::stored(heads[transition.stream]);
        const std::string payload = journal::encode(transition);
        heads[transition.stream] = journal::hash_of(payload);
        log.append(
            {.stream = transition.stream, .sequence = transition.sequence, .payload = payload});
    }
    const auto before = replay::verify(log);
    REQUIRE(before.differences.size() == 1);
    const Scratch scratch;
    REQUIRE(replay::slice(log, "471100", scratch.at("bug.partyline"),
                          {.pseudonymise = true, .key = "k"})
                .ok());
    const auto after = replay::verify(*journal::open_log(scratch.at("bug.partyline")).value());
    REQUIRE(after.differences.size() == 1);
    CHECK(after.differences[0].sequence == before.differences[0].sequence);
}

TEST_CASE("pseudonyms know every text and every hash that a command or an event can hold") {
    // What is nobody's name, number or secret.
    const std::set<std::string> plain{"codec", "code"};
    const auto fields = replay::disguised_fields();
    std::set<std::string> known{fields.begin(), fields.end()};
    const auto& map = journal::schema_map();
    std::set<std::string> unknown;
    const std::function<void(std::int32_t)> look = [&](std::int32_t object) {
        for (const auto& field : map.objects[static_cast<std::size_t>(object)].fields) {
            const auto type = field.type == reflection::Vector ? field.element : field.type;
            if (type == reflection::Obj) {
                const auto& inner = map.objects[static_cast<std::size_t>(field.index)];
                if (inner.kind == journal::ObjectMap::Kind::table) look(field.index);
                if (inner.kind != journal::ObjectMap::Kind::hash) continue;
            } else if (type != reflection::String) {
                continue;
            }
            if (!known.contains(field.name) && !plain.contains(field.name))
                unknown.insert(field.name);
        }
    };
    for (const std::int32_t which : {map.command, map.event}) {
        for (const auto& member : map.enums[static_cast<std::size_t>(which)].members) {
            if (member.object >= 0) look(member.object);
        }
    }
    for (const std::string& name : unknown) MESSAGE(name);
    CHECK(unknown.empty());
}

TEST_CASE("what cannot be sliced is refused in words") {
    World world;
    tests::people_and_numbers(world);
    const Scratch scratch;
    CHECK(replay::slice(world.log(), "4712", scratch.at("x")).error() ==
          "there is no conference '4712'. Near it: conference/471100");
    CHECK(replay::slice(world.log(), "471100", scratch.at("no/such/place"))
              .error()
              .find("cannot be written") != std::string::npos);
    CHECK(fs::is_empty(scratch.path));
}
