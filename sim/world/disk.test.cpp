#include "sim/world/disk.hpp"

#include <doctest.h>

#include "actors/history.hpp"
#include "actors/house.hpp"
#include "base/hasher.hpp"
#include "journal/codec.hpp"
#include "sim/world/disk_image.hpp"
#include "tests/subject.hpp"

namespace {

using journal::Appended;
using journal::Durability;
using journal::Fault;

constexpr Instant begins{1'700'000'000'000'000};
Instant at_us(std::int64_t us) { return begins + Duration{us}; }

/// Any bytes will do for a disk that is not asked to fold them.
struct Writer {
    explicit Writer(sim::Disk& to) : disk(to) {}
    void append(const std::string& stream, Durability durability = Durability::sync) {
        const std::size_t index = answers.size();
        answers.push_back({Fault::overloaded, 0});
        disk.append({.stream = stream,
                     .sequence = ++sequences[stream],
                     .payload = stream + " says " + std::to_string(sequences[stream]),
                     .durability = durability,
                     .done = [this, index](const Appended& got) { answers[index] = got; }});
    }
    [[nodiscard]] std::size_t answered() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            answers, [](const Appended& one) { return one.fault != Fault::overloaded; }));
    }
    sim::Disk& disk;
    std::map<std::string, std::uint64_t> sequences;
    std::vector<Appended> answers;
};

base::Hash hash_of_all(const journal::Log& log) {
    base::Hasher hasher;
    for (const auto& record : log.read_all(1, 1'000'000).value())
        hasher.add(journal::hash_of(record.payload));
    return hasher.hash();
}

struct Nobody final : actors::Outside {
    void perform(const actors::Effect&, const actors::EffectKey&) override {}
};

/// A person who collects contacts, leaves memory, comes back, and lives through crashes.
class Life {
public:
    Life(bool keep, bool at_once) {
        sim::DiskOptions options;
        options.keep = keep;
        options.at_once = at_once;
        options.seed = 5;
        options.on_durable = [this](const journal::Record& record) {
            seen.add(journal::hash_of(record.payload));
        };
        disk = sim::make_disk(std::move(options));
        start();
        ask(tests::with<schema::CreateUserT>([](auto& wish) { wish.password = "x"; }), "server");
    }
    void start() {
        actors::HouseOptions options;
        options.deterministic = true;
        options.now = [begin = now] { return begin; };
        options.idle_after = seconds(20);
        house = std::make_unique<actors::House>(*disk, nobody, std::move(options));
        house->start();
        settle();
    }
    void settle() {
        house->run();
        while (disk->next_completion() != Instant{}) {
            disk->run_until(disk->next_completion());
            house->run();
        }
    }
    void pass(Duration time) {
        const Instant end = now + time;
        while (now < end) {
            const Instant next = house->next_due();
            now = next == Instant{} || next > end ? end : next;
            disk->run_until(now);
            house->advance_to(now);
            settle();
        }
    }
    template <class T>
    void ask(T wish, const std::string& by) {
        house->send({{++ids, 1}, {}, now, {StreamKind::user, "alice"}, by},
                    actors::command(std::move(wish)), {});
        settle();
    }
    void contacts(int count) {
        for (int i = 0; i < count; ++i) {
            ask(tests::with<schema::AddContactT>(
                    [&](auto& wish) { wish.user = "c" + std::to_string(++names); }),
                "user/alice");
        }
    }
    void crash() {
        house->abandon();
        house.reset();
        disk->crash();
        start();
    }
    void tell() {
        contacts(300);
        pass(seconds(5));
        contacts(20);
        pass(seconds(60));  // leaves memory
        contacts(300);
        crash();
        contacts(3);
        pass(seconds(60));
        crash();
        contacts(3);
        pass(seconds(60));
    }
    base::Hash state() {
        base::Hash hash;
        house->view({StreamKind::user, "alice"}, [&](const actors::View& view) {
            CHECK(view.sequence > 600);
            hash = actors::state_hash(view.state);
        });
        settle();
        return hash;
    }

    Instant now = begins;
    base::Hasher seen;
    Nobody nobody;
    std::unique_ptr<sim::Disk> disk;
    std::unique_ptr<actors::House> house;
    std::uint64_t ids = 0;
    int names = 0;
};

}  // namespace

TEST_CASE("an append is answered when its sync is done, and those that came meanwhile share one") {
    const auto disk = sim::make_disk({});
    Writer writer{*disk};
    CHECK(disk->next_completion() == Instant{});
    writer.append("user/a");
    writer.append("user/b");
    CHECK(disk->next_completion() == at_us(200));
    disk->run_until(at_us(100));
    writer.append("user/a");
    writer.append("user/c");
    CHECK(writer.answered() == 0);
    disk->run_until(at_us(200));
    CHECK(writer.answered() == 2);
    CHECK(disk->next_completion() == at_us(400));
    disk->run_until(at_us(400));
    CHECK(writer.answered() == 4);
    CHECK(disk->next_completion() == Instant{});
    CHECK(writer.answers[3].position == 4);
    CHECK(disk->read_stream("user/a", 1, 9).value().size() == 2);
    CHECK(disk->journal_hash() == hash_of_all(*disk));
}

TEST_CASE("a relaxed append waits for no sync, and is safe half a second later") {
    for (const bool wait : {false, true}) {
        CAPTURE(wait);
        const auto disk = sim::make_disk({.faults = {.lost = 1}});
        Writer writer{*disk};
        writer.append("user/a", Durability::relaxed);
        CHECK(disk->next_completion() == begins);
        disk->run_until(begins);
        CHECK(writer.answered() == 1);
        CHECK(disk->bytes() == 0);
        disk->run_until(begins + milliseconds(wait ? 500 : 499));
        disk->crash();
        CHECK(disk->last_position() == (wait ? 1 : 0));
        CHECK(disk->epoch() == 2);
    }
}

TEST_CASE("whatever a crash takes, what was answered as synced stays, and a prefix of the rest") {
    std::size_t cut = 0, whole = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        base::Hasher seen;
        sim::DiskOptions options{.faults = {.torn_tail = 0.3, .reordered = 0.3}, .seed = seed};
        options.on_durable = [&](const auto& one) { seen.add(journal::hash_of(one.payload)); };
        const auto disk = sim::make_disk(std::move(options));
        Writer writer{*disk};
        writer.append("user/a");
        disk->run_until(at_us(200));
        for (int i = 1; i <= 3; ++i) {
            writer.append("user/b", Durability::relaxed);
            disk->run_until(at_us(200 + i));
        }
        writer.append("user/a");
        writer.append("user/b");
        disk->run_until(at_us(210));
        disk->crash();
        const auto kept = disk->last_position();
        CHECK((kept == 6 || (kept >= 1 && kept <= 4)));
        ++(kept == 6 ? whole : cut);
        CHECK(disk->journal_hash() == hash_of_all(*disk));
        CHECK(seen.hash() == disk->journal_hash());
        CHECK(writer.answered() == 4);
        const std::uint64_t next = disk->head("user/b").value().sequence + 1;
        Appended got;
        disk->append({.stream = "user/b",
                      .sequence = next,
                      .payload = "goes on",
                      .done = [&](const Appended& one) { got = one; }});
        disk->run_until(at_us(10'000));
        CHECK(got.position == kept + 1);
    }
    CHECK(cut > 20);
    CHECK(whole > 5);
}

TEST_CASE("a damaged record hides all that comes after it") {
    sim::Chance chance{1, "test"};
    const std::vector<std::string> records{"one", "two", std::string(300, 'x')};
    CHECK(sim::records_after_crash(records, {.lost = 0}, chance) == 3);
    CHECK(sim::records_after_crash(records, {.lost = 1}, chance) == 0);
    CHECK(sim::records_after_crash(records, {.torn_tail = 1, .lost = 0}, chance) == 2);
    CHECK(sim::records_after_crash(records, {.reordered = 1, .lost = 0}, chance) < 2);
    CHECK(sim::records_after_crash({}, {.torn_tail = 1, .reordered = 1}, chance) == 0);
}

TEST_CASE("a full disk refuses at once and accepts again when space is back") {
    const auto disk = sim::make_disk({.faults = {.full_from_s = 1, .full_to_s = 2}});
    Writer writer{*disk};
    disk->run_until(begins + milliseconds(1'500));
    writer.append("user/a");
    disk->run_until(disk->next_completion());
    CHECK(writer.answers[0].fault == Fault::disk_full);
    disk->run_until(begins + seconds(2));
    writer.sequences.clear();
    writer.append("user/a");
    disk->run_until(disk->next_completion());
    CHECK(writer.answers[1].position == 1);
}

TEST_CASE("a failed sync answers io to all until the process has died; what is there is chance") {
    std::size_t there = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const auto disk = sim::make_disk({.faults = {.sync_fails = 1}, .seed = seed});
        Writer writer{*disk};
        writer.append("user/a");
        disk->run_until(at_us(200));
        writer.append("user/b");
        REQUIRE(writer.answered() == 2);
        CHECK(writer.answers[0].fault == Fault::io);
        CHECK(writer.answers[1].fault == Fault::io);
        CHECK(disk->next_completion() == Instant{});
        disk->heal();
        disk->crash();
        there += disk->last_position();
        writer.sequences.clear();
        writer.append("user/z");
        disk->run_until(at_us(10'000));
        CHECK(writer.answers[2].fault == Fault::none);
    }
    CHECK(there > 5);
    CHECK(there < 45);
}

TEST_CASE("a sequence that does not follow is refused and changes nothing") {
    const auto disk = sim::make_disk({.at_once = true});
    Writer writer{*disk};
    writer.sequences["user/a"] = 4;
    writer.append("user/a");
    CHECK(writer.answers[0].fault == Fault::wrong_expected_sequence);
    CHECK(disk->last_position() == 0);
    writer.append("user/b");
    CHECK(writer.answers[1].position == 1);
    CHECK(disk->journal_hash() == hash_of_all(*disk));
}

TEST_CASE("a disk that forgets serves the same house the same way, through sleep and crashes") {
    for (const bool at_once : {true, false}) {
        CAPTURE(at_once);
        Life kept{true, at_once}, forgotten{false, at_once};
        kept.tell();
        forgotten.tell();
        CHECK(kept.disk->last_position() == forgotten.disk->last_position());
        CHECK(kept.disk->journal_hash() == forgotten.disk->journal_hash());
        CHECK(kept.disk->journal_hash() == hash_of_all(*kept.disk));
        CHECK(forgotten.seen.hash() == forgotten.disk->journal_hash());
        CHECK(kept.state() == forgotten.state());
        CHECK(forgotten.disk->read_all(1, 1'000).value().size() < 5);
        CHECK(forgotten.disk->read_stream("user/alice", 1, 9).value().empty());
    }
}

TEST_CASE("a stream that is over leaves nothing behind") {
    sim::DiskOptions options{.keep = false, .at_once = true};
    options.over_when_forgotten = [](std::string_view name) {
        return name.starts_with("call_leg/");
    };
    const auto disk = sim::make_disk(std::move(options));
    Writer writer{*disk};
    for (const char* stream : {"call_leg/1", "user/a", "call_leg/2"}) writer.append(stream);
    disk->forget("call_leg/1");
    disk->mark_released(3);
    CHECK(disk->list_streams("call_leg/", "", 9).value() == std::vector<std::string>{"call_leg/2"});
    CHECK(disk->list_streams("user/", "", 9).value() == std::vector<std::string>{"user/a"});
    writer.append("call_leg/1");  // it had not left after all
    CHECK(writer.answers.back().position == 4);
}
