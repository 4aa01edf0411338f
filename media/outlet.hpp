// Where a tick's results go: packets to the wire, events to the control side.
//
// The tick core knows only this; a worker puts sockets behind it, a test or the simulator puts
// vectors. Thread: called by the worker that ticks. What it is given lives only during the call.
#pragma once

#include <cstdint>
#include <span>

#include "media/engine.hpp"

namespace media {

class Leg;

class Outlet {
public:
    virtual ~Outlet() = default;
    virtual void send_rtp(Leg& from, const Address& to, std::span<const std::uint8_t> header,
                          std::span<const std::uint8_t> payload) noexcept = 0;
    virtual void send_rtcp(Leg& from, const Address& to,
                           std::span<const std::uint8_t> compound) noexcept = 0;
    virtual void tell(const Event& event) noexcept = 0;
    /// For a room whose PlanRoom::recording is on: its mix in every tick, silent or not, and each
    /// leg that spoke in it. A gap in the mix is a pause.
    virtual void tape(const TapeFrame& frame) noexcept { (void)frame; }
    /// For a room whose profile asks for it; see media/capture.hpp. False: it is lost.
    virtual bool capture(const CaptureRecord& record) noexcept {
        (void)record;
        return true;
    }
};

}  // namespace media
