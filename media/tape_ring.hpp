// What one worker hands to the tape thread: frames to be recorded, and records of a capture.
//
// Thread: the worker pushes, the tape thread drains. Memory: 4 MB each, from when somebody wants
// them: 10 s of a room at 48 kHz with three talkers. Full (the disk is slow): what is new is
// dropped and counted; the call goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>

#include "media/engine.hpp"
#include "media/record_ring.hpp"

namespace media {

class TapeRing {
public:
    static constexpr std::size_t ring_bytes = std::size_t{4} << 20;

    /// Before the worker starts. What nobody wants is not kept, and not counted as dropped.
    void want(bool tape, bool capture) {
        if (tape) frames_ = std::make_unique<RecordRing<FrameHead>>(ring_bytes);
        if (capture) records_ = std::make_unique<RecordRing<RecordHead>>(ring_bytes);
    }

    // ---- the worker's side ----
    void tape(const TapeFrame& frame) noexcept REALTIME {
        if (!frames_) return;
        const std::span samples{frame.pcm.data(), frame.last ? 0 : frame.rate_hz / 50};
        const FrameHead head{frame.room, frame.leg, frame.tick, frame.rate_hz, frame.last};
        if (!frames_->try_push(head, {reinterpret_cast<const std::uint8_t*>(samples.data()),
                                      samples.size_bytes()}))
            count(frames_dropped_);
    }
    /// False: it is dropped.
    bool capture(const CaptureRecord& record) noexcept REALTIME {
        if (!records_) return true;
        const bool kept = records_->try_push({record.room, record.leg, record.tick}, record.bytes);
        if (!kept) count(records_dropped_);
        return kept;
    }

    // ---- the tape thread's side ----
    template <class Take>
    void drain_frames(Take&& take) {
        if (!frames_) return;
        frames_->drain([&](const FrameHead& head, std::span<const std::uint8_t> body) {
            TapeFrame frame;
            frame.room = head.room;
            frame.leg = head.leg;
            frame.tick = head.tick;
            frame.rate_hz = head.rate_hz;
            frame.last = head.last;
            if (!body.empty()) std::memcpy(frame.pcm.data(), body.data(), body.size());
            take(std::as_const(frame));
        });
    }
    template <class Take>
    void drain_records(Take&& take) {
        if (!records_) return;
        records_->drain([&](const RecordHead& head, std::span<const std::uint8_t> body) {
            take(CaptureRecord{head.room, head.leg, head.tick, body});
        });
    }

    // ---- any thread ----
    [[nodiscard]] std::uint64_t frames_dropped() const noexcept {
        return frames_dropped_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t records_dropped() const noexcept {
        return records_dropped_.load(std::memory_order_relaxed);
    }

private:
    struct FrameHead {
        RoomId room;
        LegId leg;
        std::uint64_t tick;
        std::uint32_t rate_hz;
        bool last;
    };
    struct RecordHead {
        RoomId room;
        LegId leg;
        std::uint64_t tick;
    };
    static void count(std::atomic<std::uint64_t>& counter) noexcept {
        counter.store(counter.load(std::memory_order_relaxed) + 1,
                      std::memory_order_relaxed);  // one writer, the worker
    }

    std::unique_ptr<RecordRing<FrameHead>> frames_;
    std::unique_ptr<RecordRing<RecordHead>> records_;
    std::atomic<std::uint64_t> frames_dropped_{0}, records_dropped_{0};
};

}  // namespace media
