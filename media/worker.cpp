#include "media/worker.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>

#include "base/assert.hpp"
#include "base/clock.hpp"

namespace media {
namespace {

// A flood at one port may cost this leg its own packets, but not the others their tick.
constexpr int reads_per_leg_max = 2;
constexpr std::int64_t catch_up_max =
    3;  // ticks; more behind than this are skipped, not made up for in a burst
constexpr std::uint64_t rtcp_bit = 1;
static_assert(alignof(Leg) > rtcp_bit, "the lowest bit of a leg's address is free");

void sleep_until(std::int64_t us) noexcept {
    timespec at{};
    at.tv_sec = static_cast<time_t>(us / 1'000'000);
    at.tv_nsec = static_cast<long>(us % 1'000'000 * 1'000);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
    }  // interrupted by a signal: the time to wake up stands
}

// Sound that waits behind a compiler run is late for good, so ask to go
// first. It is a few percent of a core; where the system does not allow
// it (RLIMIT_RTPRIO) the worker takes its turn like everybody else.
void ask_for_precedence() noexcept {
    sched_param wish{};
    wish.sched_priority = 10;  // above all ordinary threads, below those of the kernel
    (void)pthread_setschedparam(pthread_self(), SCHED_RR, &wish);
}

void add_one(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + by,
                  std::memory_order_relaxed);  // one writer
}

}  // namespace

Worker::Worker(std::uint32_t index, std::int64_t start_us, std::int64_t phase_us)
    : start_us_(start_us), phase_us_(phase_us), lane_(index), plan_(new Plan{}) {}

Worker::~Worker() {
    stop();
    delete plan_.load();
}

void Worker::start() {
    thread_ = std::thread([this] {
        (void)pthread_setname_np(pthread_self(), "media");
        ask_for_precedence();
        run();
    });
}

void Worker::stop() {
    stopping_.store(true, std::memory_order_relaxed);
    if (thread_.joinable()) thread_.join();
}

std::unique_ptr<const Plan> Worker::publish(std::unique_ptr<const Plan> plan) {
    // Sequentially consistent, as are ticks_done_ and the load in run(): who reads ticks_done_ == n
    // after this knows that the ticks after the n+1st see the new plan.
    return std::unique_ptr<const Plan>(plan_.exchange(plan.release(), std::memory_order_seq_cst));
}

void Worker::watch(Leg& leg) {
    const auto tag = reinterpret_cast<std::uint64_t>(&leg);
    poller_.add(leg.ports.rtp, tag);
    poller_.add(leg.ports.rtcp, tag | rtcp_bit);
}

void Worker::unwatch(const Leg& leg) {
    poller_.remove(leg.ports.rtp);
    poller_.remove(leg.ports.rtcp);
}

void Worker::run() noexcept {
    std::int64_t index = std::max<std::int64_t>(0, (base::steady_now().us - start_us_) / tick_us);
    while (!stopping_.load(std::memory_order_relaxed)) {
        const std::int64_t due_us = start_us_ + phase_us_ + index * tick_us;
        sleep_until(due_us);
        const TickTime now{.tick = static_cast<std::uint64_t>(index),
                           .now_us = base::steady_now().us,
                           .wall_us = base::wall_now().us};
        tick(*plan_.load(std::memory_order_seq_cst), now);
        const std::int64_t end_us = base::steady_now().us;
        meter_.record(static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(end_us - now.now_us, 0, INT32_MAX)));
        ++index;
        const std::int64_t behind =
            (end_us - due_us) / tick_us;  // whole ticks: the next one's time is past
        if (behind > 0) add_one(ticks_late_);
        if (behind > catch_up_max) {
            add_one(ticks_late_, static_cast<std::uint64_t>(behind - 1));
            index += behind - 1;
        }
        // Everything this tick touched may be reclaimed by whoever sees this (Control::reclaim).
        ticks_done_.store(ticks_done_.load(std::memory_order_relaxed) + 1,
                          std::memory_order_seq_cst);
    }
}

void Worker::tick(const Plan& plan, const TickTime& now) noexcept REALTIME {
    lane_.let_go(plan);
    read_sockets(now);
    lane_.tick(plan, now, *this);
}

void Worker::read_sockets(const TickTime& now) noexcept REALTIME {
    // Every leg at most twice on average; epoll takes turns, so nobody is starved for good.
    std::size_t rounds = 16;
    while (rounds-- > 0) {
        const auto ready = poller_.ready();
        for (const std::uint64_t tag : ready) {
            Leg& leg = *reinterpret_cast<Leg*>(tag & ~rtcp_bit);
            if (lane_.owns(leg)) read_leg(leg, (tag & rtcp_bit) != 0, now);
        }
        if (ready.size() < Poller::ready_max) return;
    }
}

void Worker::read_leg(Leg& leg, bool rtcp, const TickTime& now) noexcept REALTIME {
    for (int read = 0; read < reads_per_leg_max; ++read) {
        const auto packets = batch_.receive(rtcp ? leg.ports.rtcp : leg.ports.rtp);
        for (const Datagram& packet : packets) {
            if (rtcp) {
                leg.rtcp_arrived(packet.bytes, packet.from, now, *this);
                continue;
            }
            // The kernel stamps with the wall clock; what counts is how long ago that was.
            const std::int64_t age_us =
                packet.arrived_wall_us == 0 ? 0 : now.wall_us - packet.arrived_wall_us;
            leg.rtp_arrived(packet.bytes, packet.from,
                            now.now_us - std::clamp<std::int64_t>(age_us, 0, 1'000'000), now,
                            *this);
        }
        if (packets.size() < Batch::packets_max) return;
    }
}

void Worker::send_rtp(Leg& from, const Address& to, std::span<const std::uint8_t> header,
                      std::span<const std::uint8_t> payload) noexcept {
    (void)send_udp(from.ports.rtp, to, header, payload);
}

void Worker::send_rtcp(Leg& from, const Address& to,
                       std::span<const std::uint8_t> compound) noexcept {
    (void)send_udp(from.ports.rtcp, to, compound);
}

void Worker::tell(const Event& event) noexcept {
    if (!events_.try_push(event)) add_one(events_dropped_);
}

}  // namespace media
