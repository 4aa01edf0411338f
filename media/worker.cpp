#include "media/worker.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <bit>

#include "base/assert.hpp"
#include "base/clock.hpp"

namespace media {
namespace {

// A flood at one port may cost this leg its own packets, but not the others their tick.
constexpr int reads_per_leg_max = 1;
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

Worker::Worker(std::uint32_t index, std::int64_t start_us, std::int64_t phase_us,
               const SharedPorts& ports, const Post& post)
    : index_(index),
      start_us_(start_us),
      phase_us_(phase_us),
      ports_(ports),
      post_(post),
      lane_(index),
      plan_(new Plan{}) {}

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
    read_mail(now);
    for (std::uint64_t left = reads_.load(std::memory_order_acquire); left != 0; left &= left - 1) {
        const SharedPort& port = ports_.at(static_cast<std::size_t>(std::countr_zero(left)));
        read_port(port, false, now);
        read_port(port, true, now);
    }
    read_sockets(now);
    lane_.tick(plan, now, *this);
    lane_.let_go_rooms(plan);
    outbox_.flush();
    packets_dropped_.store(posts_refused_ + outbox_.refused(), std::memory_order_relaxed);
}

// ---- shared ports -----------------------------------------------------------------------------

void Worker::read_mail(const TickTime& now) noexcept REALTIME {
    for (std::size_t from = 0; from < post_.workers(); ++from) {
        if (from == index_) continue;
        post_.ring(from, index_)
            .drain(mail_, [&](const PacketRing::Head& head, std::span<const std::uint8_t> bytes) {
                // Looked up again: its leg may have moved on or be gone since it was posted.
                deliver(
                    ports_.at(head.port), head.rtcp,
                    {.from = head.from, .arrived_wall_us = head.arrived_wall_us, .bytes = bytes},
                    now);
            });
    }
}

void Worker::read_port(const SharedPort& port, bool rtcp, const TickTime& now) noexcept REALTIME {
    // Twice what all its legs send in a tick, and a little: a flood waits, the mix does not.
    std::size_t rounds = 2 + 2 * port.legs_max / Batch::packets_max;
    const SourceTable& sources = rtcp ? port.rtcp_sources : port.rtp_sources;
    while (rounds-- > 0) {
        const auto packets = batch_.receive(rtcp ? port.rtcp : port.rtp);
        for (const Datagram& packet : packets) sources.prefetch(packet.from);
        std::array<const Leg*, Batch::packets_max> legs;
        for (std::size_t i = 0; i < packets.size(); ++i) {
            legs[i] = sources.find(packets[i].from);
            if (legs[i] != nullptr) legs[i]->prefetch();
        }
        for (std::size_t i = 0; i < packets.size(); ++i) {
            const Leg* later = i + 2 < packets.size() ? legs[i + 2] : nullptr;
            if (later != nullptr && lane_.owns(*later)) later->prefetch_sound();
            deliver(port, rtcp, packets[i], now);
        }
        if (packets.size() < Batch::packets_max) return;
    }
}

void Worker::deliver(const SharedPort& port, bool rtcp, const Datagram& packet,
                     const TickTime& now) noexcept REALTIME {
    const SourceTable& sources = rtcp ? port.rtcp_sources : port.rtp_sources;
    Leg* leg = sources.find(packet.from);
    const bool unnamed = leg == nullptr;
    if (unnamed) leg = sources.find({.ip = packet.from.ip, .port = 0});
    if (leg == nullptr) return add_one(packets_stray_);
    const std::uint32_t owner = leg->owner.load(std::memory_order_acquire).worker;
    if (owner != index_) {
        const PacketRing::Head head{.from = packet.from,
                                    .arrived_wall_us = packet.arrived_wall_us,
                                    .port = port.index,
                                    .bytes = static_cast<std::uint16_t>(packet.bytes.size()),
                                    .rtcp = rtcp};
        if (!post_.ring(index_, owner).try_push(head, packet.bytes)) ++posts_refused_;
        return;
    }
    if (!unnamed || rtcp) return hand_to(*leg, rtcp, packet, now);
    const std::uint64_t before = leg->statistics().packets_received;
    hand_to(*leg, rtcp, packet, now);
    if (leg->statistics().packets_received != before)
        (void)learned_.try_push({.leg = leg->id, .source = packet.from});
}

void Worker::hand_to(Leg& leg, bool rtcp, const Datagram& packet,
                     const TickTime& now) noexcept REALTIME {
    if (rtcp) return leg.rtcp_arrived(packet.bytes, packet.from, now, *this);
    // The kernel stamps with the wall clock; what counts is how long ago that was.
    const std::int64_t age_us =
        packet.arrived_wall_us == 0 ? 0 : now.wall_us - packet.arrived_wall_us;
    leg.rtp_arrived(packet.bytes, packet.from,
                    now.now_us - std::clamp<std::int64_t>(age_us, 0, 1'000'000), now, *this);
}

// ---- ports of their own -----------------------------------------------------------------------

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
        for (const Datagram& packet : packets) hand_to(leg, rtcp, packet, now);
        if (packets.size() < Batch::packets_max) return;
    }
}

void Worker::send_rtp(Leg& from, const Address& to, std::span<const std::uint8_t> header,
                      std::span<const std::uint8_t> payload) noexcept {
    if (ports_.has(from.ports.rtp)) return outbox_.add(from.ports.rtp, to, header, payload);
    (void)send_udp(from.ports.rtp, to, header, payload);
}

void Worker::send_rtcp(Leg& from, const Address& to,
                       std::span<const std::uint8_t> compound) noexcept {
    if (ports_.has(from.ports.rtcp)) return outbox_.add(from.ports.rtcp, to, compound);
    (void)send_udp(from.ports.rtcp, to, compound);
}

void Worker::tell(const Event& event) noexcept {
    if (!events_.try_push(event)) add_one(events_dropped_);
}

}  // namespace media
