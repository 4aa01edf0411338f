// Which room should move to which worker, if any: rules alone, no thread knows them.
//
// Uneven is a gap between the busiest and the idlest worker of a quarter of the busiest's time, and
// a millisecond at least. When it has lasted for a second, the room goes whose share of the busiest
// worker's time comes nearest to half of the gap; none, if that would only turn the gap round.
// At most one a second. Thread: under the engine's lock. Memory: fixed. Time: as an argument.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "media/engine.hpp"

namespace media {

class Balance {
public:
    static constexpr std::int64_t patience_us = 1'000'000;
    static constexpr std::uint32_t gap_us_min = 1'000;

    struct RoomLoad {
        RoomId room = 0;
        std::uint32_t worker = 0;
        std::size_t legs = 0;
        bool may_move = true;
    };
    struct Move {
        RoomId room = 0;
        std::uint32_t to = 0;
    };

    /// `tick_us`: how long each worker's ticks take lately. O(rooms).
    [[nodiscard]] std::optional<Move> consider(std::span<const std::uint32_t> tick_us,
                                               std::span<const RoomLoad> rooms,
                                               std::int64_t now_us) {
        const auto busy =
            static_cast<std::uint32_t>(std::ranges::max_element(tick_us) - tick_us.begin());
        const auto idle =
            static_cast<std::uint32_t>(std::ranges::min_element(tick_us) - tick_us.begin());
        const std::uint32_t gap = tick_us[busy] - tick_us[idle];
        if (gap < std::max(gap_us_min, tick_us[busy] / 4)) {
            uneven_since_us_.reset();
            return std::nullopt;
        }
        if (!uneven_since_us_) uneven_since_us_ = now_us;
        if (now_us - *uneven_since_us_ < patience_us) return std::nullopt;
        uneven_since_us_ = now_us;
        const auto room = best(rooms, busy, tick_us[busy], gap);
        return room ? std::optional{Move{.room = *room, .to = idle}} : std::nullopt;
    }

private:
    [[nodiscard]] static std::optional<RoomId> best(std::span<const RoomLoad> rooms,
                                                    std::uint32_t busy, std::uint64_t busy_us,
                                                    std::uint64_t gap) {
        std::uint64_t legs = 0;
        for (const RoomLoad& room : rooms) legs += room.worker == busy ? room.legs : 0;
        std::optional<RoomId> found;
        std::uint64_t gain_best = gap / 8;  // less is not worth a frame of anybody's sound
        for (const RoomLoad& room : rooms) {
            if (room.worker != busy || !room.may_move || room.legs == 0) continue;
            const std::uint64_t share = busy_us * room.legs / legs;
            if (share >= gap) continue;
            const std::uint64_t gain = std::min(share, gap - share);
            if (gain <= gain_best) continue;
            gain_best = gain;
            found = room.room;
        }
        return found;
    }

    std::optional<std::int64_t> uneven_since_us_;
};

}  // namespace media
