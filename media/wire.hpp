// Numbers in network order, read and written byte by byte: no alignment, no aliasing.
//
// Thread: pure. The caller has checked the bounds; the spans' own asserts are ours in debug builds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace media {

[[nodiscard]] inline std::uint16_t read_u16(std::span<const std::uint8_t> at,
                                            std::size_t offset) noexcept {
    return static_cast<std::uint16_t>(at[offset] << 8 | at[offset + 1]);
}
[[nodiscard]] inline std::uint32_t read_u32(std::span<const std::uint8_t> at,
                                            std::size_t offset) noexcept {
    return std::uint32_t{read_u16(at, offset)} << 16 | read_u16(at, offset + 2);
}
inline void write_u16(std::span<std::uint8_t> at, std::size_t offset,
                      std::uint32_t value) noexcept {
    at[offset] = static_cast<std::uint8_t>(value >> 8);
    at[offset + 1] = static_cast<std::uint8_t>(value);
}
inline void write_u32(std::span<std::uint8_t> at, std::size_t offset,
                      std::uint32_t value) noexcept {
    write_u16(at, offset, value >> 16);
    write_u16(at, offset + 2, value & 0xffff);
}

}  // namespace media
