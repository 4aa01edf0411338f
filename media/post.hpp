// Carries packets between workers: a ring for each pair of them.
//
// A leg keeps its port when it moves to another worker, and a shared port is read by everybody who
// owns a leg behind it; whoever reads another's packet posts it. So a packet that came before a
// tick is at hand in it, whoever read it. Thread: each ring has one producer and one consumer.
// Memory: about 2 MB for each worker, touched as it is used. Full: refused, and counted as dropped.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/realtime.hpp"
#include "media/packet_ring.hpp"

namespace media {

class Post {
public:
    explicit Post(std::size_t workers) : workers_(workers), rings_(workers * workers) {
        constexpr std::size_t bytes_per_worker = 2u << 20;  // a tick of 9,000 packets of G.711
        const std::size_t bytes = std::max<std::size_t>(64u << 10, bytes_per_worker / workers);
        for (std::size_t i = 0; i < rings_.size(); ++i) {
            if (i / workers != i % workers) rings_[i] = std::make_unique<PacketRing>(bytes);
        }
    }
    [[nodiscard]] std::size_t workers() const noexcept REALTIME { return workers_; }
    /// `from` and `to` differ.
    [[nodiscard]] PacketRing& ring(std::size_t from, std::size_t to) const noexcept REALTIME {
        return *rings_[from * workers_ + to];
    }

private:
    const std::size_t workers_;
    std::vector<std::unique_ptr<PacketRing>> rings_;
};

}  // namespace media
