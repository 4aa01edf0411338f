// Puts the engine together: workers, the control side
// under one lock, and the thread that tells events.
#include "media/engine.hpp"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "media/control.hpp"
#include "media/tape_thread.hpp"
#include "media/udp.hpp"
#include "media/worker.hpp"

namespace media {
namespace {

constexpr std::int64_t house_interval_us = 10'000;  // events are told within this
constexpr unsigned workers_max = 64;

void nap() noexcept {
    timespec length{.tv_sec = 0, .tv_nsec = house_interval_us * 1'000};
    (void)nanosleep(&length, nullptr);
}

}  // namespace

struct Engine::Inside {
    explicit Inside(Options&& given) : options(std::move(given)) {
        base::start_crypto();
        raise_descriptor_limit();
        unsigned count =
            options.workers != 0 ? options.workers : std::thread::hardware_concurrency();
        count = std::clamp(count, 1u, workers_max);
        post = std::make_unique<Post>(count);
        const std::int64_t start_us = base::steady_now().us;
        for (unsigned i = 0; i < count; ++i) {
            // Spread over the 20 ms, so that workers do not all want the machine at once.
            workers.push_back(
                std::make_unique<Worker>(i, start_us, tick_us * i / count, ports, *post));
        }
        tape = std::make_unique<TapeThread>(options, workers);
        control = std::make_unique<Control>(options, workers, ports);
        for (const auto& worker : workers) worker->start();
        house = std::thread([this] { keep_house(); });
    }

    ~Inside() {
        stopping.store(true, std::memory_order_relaxed);
        house.join();
        for (const auto& worker : workers) worker->stop();
        tape->stop();
        control.reset();
    }

    void keep_house() {
        while (!stopping.load(std::memory_order_relaxed)) {
            nap();
            for (const auto& worker : workers) {
                Event event;
                while (worker->next_event(event)) {
                    if (options.on_event)
                        options.on_event(event);  // without the lock: it may call the engine
                }
            }
            const std::scoped_lock held(lock);
            control->keep_house();
        }
    }

    const Options options;
    std::mutex lock;  // guards control; no worker ever takes it
    SharedPorts ports;
    std::unique_ptr<Post> post;
    std::vector<std::unique_ptr<Worker>> workers;
    std::unique_ptr<TapeThread> tape;
    std::unique_ptr<Control> control;
    std::atomic<bool> stopping{false};  // written by the destructor
    std::thread house;
};

Engine::Engine(Options options) : inside_(std::make_unique<Inside>(std::move(options))) {}
Engine::~Engine() = default;

Result<std::uint16_t, Fault> Engine::open(LegId leg, const PeerHint& peer) {
    const std::scoped_lock held(inside_->lock);
    return inside_->control->open(leg, peer);
}

void Engine::configure(LegId leg, const LegConfig& config) {
    const std::scoped_lock held(inside_->lock);
    inside_->control->configure(leg, config);
}

void Engine::set_room(RoomId room, std::span<const RoomLeg> legs, const RoomProfile& profile) {
    const std::scoped_lock held(inside_->lock);
    if (inside_->control->set_room(room, legs, profile)) inside_->tape->end(room);
}

void Engine::record(RoomId room, Recording what) {
    const std::scoped_lock held(inside_->lock);
    if (inside_->control->record(room, what)) inside_->tape->end(room);
}

void Engine::play(LegId leg, std::span<const std::string> prompts, bool replace) {
    const std::scoped_lock held(inside_->lock);
    inside_->control->play(leg, prompts, replace);
}

void Engine::stop_prompts(LegId leg) {
    const std::scoped_lock held(inside_->lock);
    inside_->control->stop_prompts(leg);
}

void Engine::announce(RoomId room, const std::string& prompt) {
    const std::scoped_lock held(inside_->lock);
    inside_->control->announce(room, prompt);
}

void Engine::close(LegId leg) {
    const std::scoped_lock held(inside_->lock);
    inside_->control->close(leg);
}

std::optional<LegStatistics> Engine::statistics(LegId leg) const {
    const std::scoped_lock held(inside_->lock);
    return inside_->control->statistics(leg);
}

EngineStatistics Engine::statistics() const {
    EngineStatistics sum;
    TickMeter::Counts counts{};
    for (const auto& worker : inside_->workers) {
        sum.ticks += worker->ticks_done();
        sum.ticks_late += worker->ticks_late();
        sum.events_dropped += worker->events_dropped();
        sum.tape_dropped += worker->tapes().frames_dropped();
        sum.capture_dropped += worker->tapes().records_dropped();
        sum.packets_stray += worker->packets_stray();
        sum.packets_dropped += worker->packets_dropped();
        sum.tick_us_max = std::max(sum.tick_us_max, worker->meter().max_us());
        worker->meter().add_to(counts);
    }
    sum.tick_us_p50 = std::min(TickMeter::quantile(counts, 500), sum.tick_us_max);
    sum.tick_us_p999 = std::min(TickMeter::quantile(counts, 999), sum.tick_us_max);
    sum.tick_us_p99 = std::min(TickMeter::quantile(counts, 990), sum.tick_us_max);
    const std::scoped_lock held(inside_->lock);
    sum.legs = static_cast<std::uint32_t>(inside_->control->leg_count());
    sum.rooms = static_cast<std::uint32_t>(inside_->control->room_count());
    sum.sums_missed = inside_->control->sums_missed();
    sum.rooms_moved = inside_->control->rooms_moved();
    sum.legs_sharing = static_cast<std::uint32_t>(inside_->control->sharing_count());
    return sum;
}

}  // namespace media
