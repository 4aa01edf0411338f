// A mixer thread: wakes every 20 ms on an absolute
// schedule, reads its legs' sockets, ticks its lane, sends.
//
// Legs behind a shared port are found by the source of their packets; what another worker owns goes
// to it by post. Legs with ports of their own are found by epoll.
//
// Thread: the constructor and what stands under "control side" belong to the control side; the rest
// is the worker's own. Memory: fixed when made. Time: base/clock, once per tick; it sleeps with
// clock_nanosleep(TIMER_ABSTIME). Between two sleeps: no lock, no allocation, no log, no system
// call but those on its sockets.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "base/realtime.hpp"
#include "base/spsc_ring.hpp"
#include "media/engine.hpp"
#include "media/lane.hpp"
#include "media/outlet.hpp"
#include "media/plan.hpp"
#include "media/post.hpp"
#include "media/rtp.hpp"
#include "media/shared_port.hpp"
#include "media/sharing.hpp"
#include "media/tape_ring.hpp"
#include "media/tick_meter.hpp"
#include "media/udp.hpp"

namespace media {

class Worker final : public Outlet {
public:
    /// `start_us`: when tick 0 of the whole engine is;
    /// `phase_us`: how much later this worker's ticks are.
    /// `ports` and `post` are those of all workers, and outlive it.
    Worker(std::uint32_t index, std::int64_t start_us, std::int64_t phase_us,
           const SharedPorts& ports, const Post& post);
    ~Worker() override;

    // ---- control side ----
    void start();
    void stop();  // joins; afterwards everything here belongs to the caller
    /// From the worker's next tick on. Returns the plan
    /// before, which is not free before `ticks_done` grows.
    [[nodiscard]] std::unique_ptr<const Plan> publish(std::unique_ptr<const Plan> plan);
    [[nodiscard]] std::uint64_t ticks_done() const noexcept {
        return ticks_done_.load(std::memory_order_seq_cst);
    }
    [[nodiscard]] std::uint64_t ticks_late() const noexcept {
        return ticks_late_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t events_dropped() const noexcept {
        return events_dropped_.load(std::memory_order_relaxed);
    }
    /// Packets that no leg behind a shared port was named for.
    [[nodiscard]] std::uint64_t packets_stray() const noexcept {
        return packets_stray_.load(std::memory_order_relaxed);
    }
    /// Packets that found a ring or the system's buffers full.
    [[nodiscard]] std::uint64_t packets_dropped() const noexcept {
        return packets_dropped_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] const TickMeter& meter() const noexcept { return meter_; }
    [[nodiscard]] bool next_event(Event& event) noexcept { return events_.try_pop(event); }
    /// Drained by the tape thread alone.
    [[nodiscard]] TapeRing& tapes() noexcept { return tapes_; }
    [[nodiscard]] bool next_learned(Learned& learned) noexcept { return learned_.try_pop(learned); }
    /// Which shared ports this worker reads, a bit for each.
    void read_ports(std::uint64_t which) noexcept {
        reads_.store(which, std::memory_order_release);  // pairs with the load in tick
    }
    /// Whose packets this worker reads. Tells apart RTP and RTCP by the lowest bit of the tag.
    void watch(Leg& leg);
    void unwatch(const Leg& leg);

    // ---- Outlet, called by the lane ----
    void send_rtp(Leg& from, const Address& to, std::span<const std::uint8_t> header,
                  std::span<const std::uint8_t> payload) noexcept override;
    void send_rtcp(Leg& from, const Address& to,
                   std::span<const std::uint8_t> compound) noexcept override;
    void tell(const Event& event) noexcept override;
    void tape(const TapeFrame& frame) noexcept override { tapes_.tape(frame); }
    bool capture(const CaptureRecord& record) noexcept override { return tapes_.capture(record); }

private:
    void run() noexcept;
    void tick(const Plan& plan, const TickTime& now) noexcept REALTIME;
    void read_sockets(const TickTime& now) noexcept REALTIME;
    void read_leg(Leg& leg, bool rtcp, const TickTime& now) noexcept REALTIME;
    void read_mail(const TickTime& now) noexcept REALTIME;
    void read_port(const SharedPort& port, bool rtcp, const TickTime& now) noexcept REALTIME;
    void deliver(const SharedPort& port, bool rtcp, const Datagram& packet,
                 const TickTime& now) noexcept REALTIME;
    void hand_to(Leg& leg, bool rtcp, const Datagram& packet,
                 const TickTime& now) noexcept REALTIME;

    const std::uint32_t index_;
    const std::int64_t start_us_, phase_us_;
    const SharedPorts& ports_;
    const Post& post_;
    Lane lane_;
    Poller poller_;
    Batch batch_;
    Outbox outbox_;
    std::array<std::uint8_t, packet_bytes_max + 1> mail_{};  // the packet just taken from a ring
    TickMeter meter_;
    SpscRing<Event, 8'192>
        events_;  // full: the event is dropped and counted; nobody waits for a reader
    TapeRing tapes_;
    SpscRing<Learned, 256> learned_;  // full: dropped; the next packet from there tells it again
    std::thread thread_;

    std::atomic<const Plan*> plan_;             // written by the control side
    std::atomic<bool> stopping_{false};         // written by the control side
    std::atomic<std::uint64_t> reads_{0};       // written by the control side
    std::atomic<std::uint64_t> ticks_done_{0};  // written by the worker, like all below
    std::atomic<std::uint64_t> ticks_late_{0};
    std::atomic<std::uint64_t> events_dropped_{0};
    std::atomic<std::uint64_t> packets_stray_{0};
    std::atomic<std::uint64_t> packets_dropped_{0};
    std::uint64_t posts_refused_ = 0;
};

}  // namespace media
