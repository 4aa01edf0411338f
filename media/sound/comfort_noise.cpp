#include "media/sound/comfort_noise.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace media {
namespace {

// Uniform noise of +-a has the energy a^2 / 3; full scale is 2^30. Made by the compiler.
constexpr auto widths = [] {
    std::array<std::int32_t, 128> made{};
    double width = 56'755.8;  // 32768 times the root of 3
    for (std::int32_t& w : made) {
        // Louder than -4.8 dBov is no uniform noise within 16 bits, and no comfort either.
        w = static_cast<std::int32_t>(std::min(width, 32'767.0) + 0.5);
        width *= 0.8912509381337456;  // 10^(-1/20)
    }
    return made;
}();

// The least energy that is nearer to level n than to n + 1.
constexpr auto energies = [] {
    std::array<std::uint32_t, 127> made{};
    double energy = 1'073'741'824.0 * 0.8912509381337456;  // half a dB below full scale
    for (std::uint32_t& e : made) {
        e = static_cast<std::uint32_t>(energy) + 1;
        energy *= 0.7943282347242815;  // 10^(-1/10)
    }
    return made;
}();

}  // namespace

std::uint8_t noise_level(std::uint32_t energy) noexcept REALTIME {
    if (energy == 0) return noise_level_max;
    const auto* found = std::ranges::find_if(energies, [&](auto e) { return energy >= e; });
    return static_cast<std::uint8_t>(found - energies.begin());
}

bool ComfortNoise::accept(std::span<const std::uint8_t> payload) noexcept REALTIME {
    if (payload.empty()) return false;
    set_level(payload[0] & 0x7f);  // the highest bit means nothing yet: RFC 3389, 3.1
    return true;
}

void ComfortNoise::set_level(std::uint8_t level) noexcept REALTIME {
    wanted_ = widths[std::min(level, noise_level_max)];
}

void ComfortNoise::fill(std::span<std::int16_t> out) noexcept REALTIME {
    if (out.empty()) return;
    if (now_ < 0) now_ = wanted_;
    const std::int64_t step =
        (std::int64_t{wanted_ - now_} << 16) / static_cast<std::int64_t>(out.size());
    std::int64_t width = std::int64_t{now_} << 16;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        bits = i % 4 == 0 ? prng_.next() : bits >> 16;
        width += step;
        const auto uniform = static_cast<std::int16_t>(bits & 0xffff);
        // Rounded: cut off, the noise would have a mean, and be gone a few dB too early.
        out[i] = static_cast<std::int16_t>(((width >> 16) * uniform + 16'384) >> 15);
    }
    now_ = wanted_;
}

}  // namespace media
