#include "media/sound/mix.hpp"

#include "media/sound/kernels.hpp"

namespace media {

void add_to_total(std::span<std::int32_t> total,
                  std::span<const std::int16_t> own) noexcept REALTIME {
    kernels::add_to_total(total, own);
}

void take_from_total(std::span<std::int32_t> total,
                     std::span<const std::int16_t> own) noexcept REALTIME {
    kernels::take_from_total(total, own);
}

void mix_minus(std::span<const std::int32_t> total, std::span<const std::int16_t> own,
               std::span<std::int16_t> out) noexcept REALTIME {
    kernels::mix_minus(total, own, out);
}

void saturate(std::span<const std::int32_t> total, std::span<std::int16_t> out) noexcept REALTIME {
    kernels::saturate(total, out);
}

void add_saturated(std::span<std::int16_t> out,
                   std::span<const std::int16_t> extra) noexcept REALTIME {
    kernels::add_saturated(out, extra);
}

}  // namespace media
