#include "media/rates.hpp"

#include <array>
#include <vector>

#include "base/assert.hpp"

namespace media {
namespace {

constexpr std::size_t rate_count = std::size(rates_hz);

std::vector<Resampler> make_all() {
    std::vector<Resampler> all;
    for (const std::uint32_t from : rates_hz) {
        for (const std::uint32_t to : rates_hz) all.emplace_back(from, to);
    }
    return all;
}

// Made when the program starts, so that no tick finds it unmade (and waits for who makes it).
const std::vector<Resampler> resamplers = make_all();

std::size_t index_of(std::uint32_t rate_hz) {
    for (std::size_t i = 0; i < rate_count; ++i) {
        if (rates_hz[i] == rate_hz) return i;
    }
    ASSERT(false);
    return 0;
}

}  // namespace

const Resampler& resampler_between(std::uint32_t from_hz, std::uint32_t to_hz) noexcept REALTIME {
    return resamplers[index_of(from_hz) * rate_count + index_of(to_hz)];
}

}  // namespace media
