// Resamplers between all rates that there are, made before the first tick: taking one allocates
// nothing and asks nobody.
//
// Thread: any, once main() has begun. Memory: the
// kernels of all pairs, shared by everybody.
#pragma once

#include <cstdint>

#include "base/realtime.hpp"
#include "media/sound/resampler.hpp"

namespace media {

inline constexpr std::uint32_t rates_hz[]{8'000, 16'000, 44'100, 48'000};

/// A fresh one, to be copied from. Both rates must be among rates_hz.
[[nodiscard]] const Resampler& resampler_between(std::uint32_t from_hz,
                                                 std::uint32_t to_hz) noexcept REALTIME;

}  // namespace media
