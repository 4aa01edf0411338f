// One leg's sound made again from its captured records: the production receiver and Speech, told
// what they took and decided then.
//
// Thread: one. Memory: a receiver. Time: a record a tick, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/capture.hpp"
#include "media/receiver.hpp"
#include "media/speech.hpp"

namespace replay {

class LegAgain {
public:
    /// The next record. What it says is taken as it is; what does not fit is silence, and unknown.
    void take(const media::Capture& capture);

    /// Are all records here that its sound leans on?
    [[nodiscard]] bool known() const { return known_; }
    [[nodiscard]] bool begun() const { return receiver_ != nullptr; }
    /// Was there a record between the last one and that one?
    [[nodiscard]] bool misses_before(const media::CaptureHead& next) const {
        return next.version > 1 && next.serial != 0 && next.serial != serial_next_;
    }
    [[nodiscard]] bool contributes() const { return speech_.contributes(); }
    /// At the room's rate; only what contributes.
    [[nodiscard]] std::span<const std::int16_t> spoken() const { return speech_.spoken(); }

private:
    [[nodiscard]] bool follows(const media::CaptureHead& head);
    [[nodiscard]] bool fill_in(const media::Capture& capture);

    std::unique_ptr<media::Receiver> receiver_;
    media::Speech speech_;
    media::Receiver::Taken taken_;
    std::uint16_t serial_next_ = 0;
    bool known_ = false;
};

}  // namespace replay
