// Which even ports of a range are ours to hand out, round robin from a drawn beginning: a port
// rests as long as possible before it is used again, so that stray packets of the last call (or of
// the last process) do not meet the next.
//
// Thread: under the control side's lock. Memory: a bit per pair. Time: O(pairs) at worst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/assert.hpp"

namespace media {

class PortPool {
public:
    /// Even ports p with port_min <= p and p + 1 <= port_max; an empty range has none.
    /// `chance` says where the first round begins.
    PortPool(std::uint16_t port_min, std::uint16_t port_max, std::uint64_t chance)
        : first_((port_min + 1u) & ~1u) {
        if (port_max > first_) taken_.resize((port_max - first_ + 1u) / 2);
        if (!taken_.empty()) next_ = chance % taken_.size();
    }
    /// The next free pair's even port, now taken; none when all are.
    [[nodiscard]] std::optional<std::uint16_t> take() {
        for (std::size_t tries = 0; tries < taken_.size(); ++tries) {
            const std::size_t pair = next_;
            next_ = (next_ + 1) % taken_.size();
            if (taken_[pair]) continue;
            taken_[pair] = true;
            return static_cast<std::uint16_t>(first_ + 2 * pair);
        }
        return std::nullopt;
    }
    void give_back(std::uint16_t port) {
        const std::size_t pair = (port - first_) / 2;
        ASSERT(pair < taken_.size() && taken_[pair]);
        taken_[pair] = false;
    }
    [[nodiscard]] std::size_t pairs() const { return taken_.size(); }

private:
    std::uint32_t first_;
    std::vector<bool> taken_;
    std::size_t next_ = 0;
};

}  // namespace media
