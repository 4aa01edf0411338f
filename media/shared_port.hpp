// A port pair that many legs share, and the list of all of them.
//
// What comes in belongs to the leg whose address it comes from. Failing that, to the only leg of
// that host which has heard nothing yet, or nothing for seconds (entries with port 0): phones say
// one port and use another, and NATs change their minds. All else is a stray. Thread: made and
// filled by the control side (media/sharing.hpp), read by any worker. Memory: grows with the ports,
// none is given back before the workers have stopped. Time: a look-up or two per packet.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/assert.hpp"
#include "base/realtime.hpp"
#include "media/engine.hpp"
#include "media/source_table.hpp"

namespace media {

struct SharedPort {
    SharedPort(std::size_t legs)
        : legs_max(legs), rtp_sources(addresses_per_leg * legs), rtcp_sources(2 * legs) {}

    // What it says, what was learned, and its host's own entry.
    static constexpr std::size_t addresses_per_leg = 3;

    const std::size_t legs_max;
    std::uint16_t index = 0;   // among the shared ports
    std::uint32_t worker = 0;  // whose it is: reads it also when nobody is behind it
    std::uint16_t port = 0;    // even; RTCP comes to the next one
    int rtp = -1, rtcp = -1;   // sockets
    SourceTable rtp_sources, rtcp_sources;
};

class SharedPorts {
public:
    static constexpr std::size_t ports_max = 64;  // workers keep which ones they read in a word

    /// Control side. False: there are ports_max already.
    [[nodiscard]] bool add(std::unique_ptr<SharedPort>& port) {
        const std::size_t index = count_.load(std::memory_order_relaxed);
        if (index == ports_max) return false;
        port->index = static_cast<std::uint16_t>(index);
        ports_[index] = std::move(port);
        count_.store(index + 1, std::memory_order_release);  // publishes the port to at and owns
        return true;
    }
    [[nodiscard]] std::size_t count() const noexcept REALTIME {
        return count_.load(std::memory_order_acquire);
    }
    [[nodiscard]] SharedPort& at(std::size_t index) const noexcept REALTIME {
        ASSERT(index < count());
        return *ports_[index];
    }
    /// Is this the socket of a shared port?
    [[nodiscard]] bool has(int socket) const noexcept REALTIME {
        for (std::size_t i = 0, all = count(); i < all; ++i) {
            if (ports_[i]->rtp == socket || ports_[i]->rtcp == socket) return true;
        }
        return false;
    }

private:
    std::array<std::unique_ptr<SharedPort>, ports_max> ports_;
    std::atomic<std::size_t> count_{0};  // written by the control side
};

}  // namespace media
