#include "media/sound/mix.hpp"

#include <cstddef>

#include "base/assert.hpp"

namespace media {

void add_to_total(std::span<std::int32_t> total,
                  std::span<const std::int16_t> own) noexcept REALTIME {
    ASSERT(total.size() == own.size());
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += own[i];
}

void take_from_total(std::span<std::int32_t> total,
                     std::span<const std::int16_t> own) noexcept REALTIME {
    ASSERT(total.size() == own.size());
    for (std::size_t i = 0; i < total.size(); ++i) total[i] -= own[i];
}

void mix_minus(std::span<const std::int32_t> total, std::span<const std::int16_t> own,
               std::span<std::int16_t> out) noexcept REALTIME {
    ASSERT(total.size() == own.size());
    ASSERT(own.size() == out.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = saturate_i16(total[i] - own[i]);
}

void saturate(std::span<const std::int32_t> total, std::span<std::int16_t> out) noexcept REALTIME {
    ASSERT(total.size() == out.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = saturate_i16(total[i]);
}

void add_saturated(std::span<std::int16_t> out,
                   std::span<const std::int16_t> extra) noexcept REALTIME {
    ASSERT(out.size() == extra.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = saturate_i16(static_cast<std::int32_t>(out[i]) + extra[i]);
    }
}

}  // namespace media
