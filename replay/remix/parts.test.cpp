// A captured room that is mixed in parts, by the real engine with two workers and real sockets, and
// mixed again from its records.
#include <doctest.h>

#include <mutex>
#include <set>

#include "media/capture.hpp"
#include "media/engine.hpp"
#include "media/test_phones.hpp"
#include "replay/remix/remix.hpp"
#include "replay/remix/taped.hpp"

namespace {

using media::test::Phone;
using replay::testing::Captured;
using replay::testing::Taped;

/// What the engine tells to be kept.
struct Kept {
    std::mutex mutex;
    std::vector<Captured> records;
    void add(const media::CaptureRecord& record) {
        const std::lock_guard lock{mutex};
        records.push_back({record.leg, record.tick, {record.bytes.begin(), record.bytes.end()}});
    }
};

media::RoomProfile captured_profile() {
    media::RoomProfile profile;
    profile.capture = true;
    return profile;
}

}  // namespace

TEST_CASE("a room in parts comes out bit for bit, while it is split, joined, moved and left") {
    Kept kept;
    {
        media::Options options;
        options.port_min = 40'000;
        options.port_max = 42'799;
        options.workers = 2;
        options.split_rooms_at = 4;
        options.on_capture = [&](const media::CaptureRecord& record) { kept.add(record); };
        media::Engine engine{options};
        std::vector<std::unique_ptr<Phone>> phones;
        std::vector<media::RoomLeg> seats;
        for (int i = 0; i < 6; ++i) {
            phones.push_back(std::make_unique<Phone>(101 + i, 300 + 170 * i));
            phones.back()->join(engine);
            seats.push_back({.leg = phones.back()->leg});
        }
        const auto talk = [&](std::size_t legs, unsigned ms) {
            engine.set_room(1, std::span{seats}.first(legs), captured_profile());
            media::test::play_ms(phones, ms);
        };
        talk(3, 300);  // whole
        talk(6, 500);  // in parts
        engine.announce(1, "someone_joined");
        media::test::play_ms(phones, 300);
        seats[4].gain_in_db = 6;
        talk(6, 200);
        talk(2, 300);  // less than half: whole again
        talk(6, 300);
    }
    std::set<unsigned> parts;
    std::map<std::uint64_t, std::set<unsigned>> parts_at;
    for (const Captured& record : kept.records) {
        const auto head = media::decode_capture(record.bytes).value().head;
        parts.insert(head.part);
        if (record.leg != media::captured_room) parts_at[record.tick].insert(head.part);
    }
    REQUIRE(parts.size() == 2);
    const auto split =
        std::ranges::count_if(parts_at, [](const auto& tick) { return tick.second.size() == 2; });
    CHECK(split > 20);
    const auto prove = [](const std::vector<Captured>& records) {
        return Taped{records}.remix({.prove = true}).proof;
    };
    const auto proof = prove(kept.records);
    CHECK(proof.frames > 200);
    CHECK(proof.differ == 0);
    CHECK(proof.proven == proof.frames);
    CHECK(proof.lacking < proof.frames / 2);  // at the seams, and where the machine was late
    // That parts are tried out hides no difference.
    std::size_t flips = 0;
    for (Captured& record : kept.records) {
        const bool both = parts_at[record.tick].size() == 2 && record.leg == 101;
        const auto capture = media::decode_capture(record.bytes).value();
        if (!both || capture.pieces.empty() || !capture.head.contributes) continue;
        const auto& piece = capture.pieces[0];
        if (piece.kind != media::CapturePiece::Kind::packet || piece.payload.empty()) continue;
        record.bytes[static_cast<std::size_t>(piece.payload.data() - record.bytes.data())] ^= 0x30;
        if (++flips == 5) break;
    }
    REQUIRE(flips == 5);
    CHECK(prove(kept.records).differ >= 5);
}

TEST_CASE("a whole room that changes its worker is no room in parts") {
    media::test::VirtualRoom room{{media::pcmu_format, media::pcma_format, media::pcmu_format}};
    const auto at_worker = [&](std::uint32_t worker) {
        auto plan = std::make_shared<media::PlanRoom>(*room.room);
        plan->capture = true;
        plan->part = worker;
        room.replace(plan);
    };
    for (auto& phone : room.phones) phone.hz = 440;
    at_worker(0);
    room.steps(50);
    at_worker(1);
    room.steps(50);
    const auto proof = Taped{room.outlet.captured}.remix({.prove = true}).proof;
    CHECK(proof.frames == 300);
    CHECK(proof.proven == 300);
    CHECK(proof.lacking <= 3);  // of the tick after the move
}
