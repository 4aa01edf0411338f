// The integer mix: sum everybody once in 32 bits, then everybody hears the sum without themselves.
//
// Exact: the order of adding does not matter, and saturation happens once, at the ear.
// Thread: pure functions. Memory: none. Time: O(legs), not squared.
#pragma once

#include <cstdint>
#include <span>

#include "base/realtime.hpp"

namespace media {

inline constexpr std::uint32_t room_legs_max = 16'384;
static_assert(std::uint64_t{room_legs_max + 2} * 32'768 <= INT32_MAX,
              "a full room, an announcement and a prompt must sum into 32 bits");

[[nodiscard]] constexpr std::int16_t saturate_i16(std::int32_t wide) noexcept {
    return static_cast<std::int16_t>(wide > 32'767 ? 32'767 : wide < -32'768 ? -32'768 : wide);
}

/// total += own. Shapes: equal lengths.
void add_to_total(std::span<std::int32_t> total,
                  std::span<const std::int16_t> own) noexcept REALTIME;
/// total -= own. Shapes: equal lengths.
void take_from_total(std::span<std::int32_t> total,
                     std::span<const std::int16_t> own) noexcept REALTIME;
/// out = clamp(total - own). Shapes: equal lengths.
void mix_minus(std::span<const std::int32_t> total, std::span<const std::int16_t> own,
               std::span<std::int16_t> out) noexcept REALTIME;
/// out = clamp(total): what somebody hears who says nothing.
void saturate(std::span<const std::int32_t> total, std::span<std::int16_t> out) noexcept REALTIME;
/// out = clamp(out + extra): a prompt over the room.
void add_saturated(std::span<std::int16_t> out,
                   std::span<const std::int16_t> extra) noexcept REALTIME;

}  // namespace media
