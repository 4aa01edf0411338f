// A mixer thread: wakes every 20 ms on an absolute
// schedule, reads its legs' sockets, ticks its lane, sends.
//
// Thread: the constructor and what stands under "control side" belong to the control side; the rest
// is the worker's own. Memory: fixed when made. Time: base/clock, once per tick; it sleeps with
// clock_nanosleep(TIMER_ABSTIME). Between two sleeps: no lock, no allocation, no log, no system
// call but those on its sockets.
#pragma once

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
#include "media/tape_ring.hpp"
#include "media/tick_meter.hpp"
#include "media/udp.hpp"

namespace media {

class Worker final : public Outlet {
public:
    /// `start_us`: when tick 0 of the whole engine is;
    /// `phase_us`: how much later this worker's ticks are.
    Worker(std::uint32_t index, std::int64_t start_us, std::int64_t phase_us);
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
    [[nodiscard]] const TickMeter& meter() const noexcept { return meter_; }
    [[nodiscard]] bool next_event(Event& event) noexcept { return events_.try_pop(event); }
    /// Drained by the tape thread alone.
    [[nodiscard]] TapeRing& tapes() noexcept { return tapes_; }
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
    void capture(const CaptureRecord& record) noexcept override { tapes_.capture(record); }

private:
    void run() noexcept;
    void tick(const Plan& plan, const TickTime& now) noexcept REALTIME;
    void read_sockets(const TickTime& now) noexcept REALTIME;
    void read_leg(Leg& leg, bool rtcp, const TickTime& now) noexcept REALTIME;

    const std::int64_t start_us_, phase_us_;
    Lane lane_;
    Poller poller_;
    Batch batch_;
    TickMeter meter_;
    SpscRing<Event, 8'192>
        events_;  // full: the event is dropped and counted; nobody waits for a reader
    TapeRing tapes_;
    std::thread thread_;

    std::atomic<const Plan*> plan_;             // written by the control side
    std::atomic<bool> stopping_{false};         // written by the control side
    std::atomic<std::uint64_t> ticks_done_{0};  // written by the worker, like all below
    std::atomic<std::uint64_t> ticks_late_{0};
    std::atomic<std::uint64_t> events_dropped_{0};
};

}  // namespace media
