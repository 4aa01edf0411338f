#include "media/tape_ring.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "base/prng.hpp"
#include "media/tape_thread.hpp"
#include "media/test_allocations.hpp"
#include "media/worker.hpp"

namespace {

struct Numbered {
    std::uint64_t number;
};

media::TapeFrame frame_of(media::RoomId room, media::LegId leg, std::uint64_t tick,
                          std::uint32_t rate_hz = 8'000) {
    media::TapeFrame frame{.room = room, .leg = leg, .tick = tick, .rate_hz = rate_hz};
    frame.pcm.fill(static_cast<std::int16_t>(tick));
    return frame;
}

/// What a tape thread told, and two workers that nobody but the test gives anything to do.
struct Studio {
    Studio() {
        for (std::uint32_t i = 0; i < 2; ++i)
            workers.push_back(
                std::make_unique<media::Worker>(i, base::steady_now().us, 0, ports, post));
        media::Options options;
        options.on_tape = [this](const media::TapeFrame& frame) {
            const std::scoped_lock held(lock);
            told.emplace_back(frame.room, frame.tick, frame.last);
        };
        tape = std::make_unique<media::TapeThread>(options, workers);
    }
    using Told = std::tuple<media::RoomId, std::uint64_t, bool>;
    [[nodiscard]] bool wait_for(std::size_t count) {
        for (int i = 0; i < 500; ++i) {
            {
                const std::scoped_lock held(lock);
                if (told.size() >= count) return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return false;
    }
    media::SharedPorts ports;
    media::Post post{2};
    std::vector<std::unique_ptr<media::Worker>> workers;
    std::mutex lock;
    std::vector<Told> told;
    std::unique_ptr<media::TapeThread> tape;
};

}  // namespace

TEST_CASE("records of any length come out as they went in, over many turns of the ring") {
    media::RecordRing<Numbered> ring(4'096);
    Prng prng{3};
    std::uint64_t pushed = 0, popped = 0, wrong = 0;
    std::vector<std::uint8_t> body;
    for (int round = 0; round < 2'000; ++round) {
        for (;;) {
            body.assign(pushed * 7 % 901, static_cast<std::uint8_t>(pushed));
            if (!ring.try_push({pushed}, body)) break;
            ++pushed;
            if (prng.below(4) == 0) break;
        }
        ring.drain([&](const Numbered& head, std::span<const std::uint8_t> bytes) {
            const auto expected = static_cast<std::uint8_t>(popped);
            const bool right =
                head.number == popped && bytes.size() == popped * 7 % 901 &&
                std::ranges::all_of(bytes, [&](std::uint8_t byte) { return byte == expected; });
            wrong += right ? 0 : 1;
            ++popped;
        });
    }
    CHECK(pushed == popped);
    CHECK(pushed > 4'000);
    CHECK(wrong == 0);
}

TEST_CASE("a full ring refuses whole records, and one longer than it at once") {
    media::RecordRing<Numbered> ring(256);
    std::vector<std::uint8_t> body(48);
    std::size_t taken = 0, drained = 0;
    while (ring.try_push({taken}, body)) ++taken;
    CHECK(taken == 4);
    CHECK_FALSE(ring.try_push({9}, std::vector<std::uint8_t>(300)));
    ring.drain([&](const Numbered&, std::span<const std::uint8_t>) { ++drained; });
    CHECK(drained == taken);
    CHECK(ring.try_push({5}, body));
}

TEST_CASE("two threads hand a hundred thousand records over") {
    media::RecordRing<Numbered> ring(8'192);
    constexpr std::uint64_t count = 100'000;
    std::thread producer([&] {
        std::vector<std::uint8_t> body(20);
        for (std::uint64_t i = 0; i < count;) {
            body.assign(i % 50, static_cast<std::uint8_t>(i));
            if (ring.try_push({i}, body))
                ++i;
            else
                std::this_thread::yield();
        }
    });
    std::uint64_t next = 0, wrong = 0;
    while (next < count) {
        ring.drain([&](const Numbered& head, std::span<const std::uint8_t> body) {
            if (head.number != next || body.size() != next % 50) ++wrong;
            ++next;
        });
    }
    producer.join();
    CHECK(wrong == 0);
}

TEST_CASE("a tape that nobody empties drops and counts, and allocates nothing") {
    media::TapeRing ring;
    ring.tape(frame_of(1, 0, 0));
    CHECK(ring.frames_dropped() == 0);  // nobody wants it
    ring.want(true, true);
    const auto frame = frame_of(1, 0, 7, 48'000);
    const std::vector<std::uint8_t> bytes(1'000);
    const auto made = media::test::allocations_during([&] {
        for (int i = 0; i < 5'000; ++i) {
            ring.tape(frame);
            ring.capture({.room = 1, .leg = 2, .tick = 3, .bytes = bytes});
        }
    });
    CHECK(made == 0);
    std::uint64_t frames = 0, records = 0;
    ring.drain_frames(
        [&](const media::TapeFrame& got) { frames += got.tick == 7 && got.pcm[959] == 7 ? 1 : 0; });
    ring.drain_records([&](const media::CaptureRecord& got) {
        records += got.tick == 3 && got.bytes.size() == 1'000 ? 1 : 0;
    });
    CHECK(frames > 2'000);
    CHECK(frames + ring.frames_dropped() == 5'000);
    CHECK(records > 3'000);
    CHECK(records + ring.records_dropped() == 5'000);
}

TEST_CASE("frames of two workers are told in the order of their ticks") {
    Studio studio;
    // The room moves from the second worker to the first at tick 5.
    for (std::uint64_t tick = 0; tick < 5; ++tick) studio.workers[1]->tape(frame_of(1, 0, tick));
    for (std::uint64_t tick = 5; tick < 9; ++tick) studio.workers[0]->tape(frame_of(1, 0, tick));
    REQUIRE(studio.wait_for(9));
    studio.tape->stop();
    REQUIRE(studio.told.size() == 10);
    for (std::uint64_t i = 0; i < 9; ++i) CHECK(studio.told[i] == Studio::Told{1, i, false});
    CHECK(studio.told[9] == Studio::Told{1, 8, true});  // the engine stopped: all recordings end
}

TEST_CASE("a recording's last is told once, behind all of its frames") {
    Studio studio;
    for (const auto& worker : studio.workers) worker->start();
    for (std::uint64_t tick = 0; tick < 50; ++tick)
        studio.workers[tick % 2]->tape(frame_of(tick % 5 == 0 ? 2 : 1, 0, tick));
    studio.tape->end(1);
    studio.tape->end(7);  // of which nothing was taped: nothing to end
    REQUIRE(studio.wait_for(51));
    for (const auto& worker : studio.workers) worker->stop();
    studio.tape->stop();
    REQUIRE(studio.told.size() == 52);
    CHECK(studio.told[50] == Studio::Told{1, 49, true});
    CHECK(studio.told[51] == Studio::Told{2, 49, true});
}
