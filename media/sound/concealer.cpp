#include "media/sound/concealer.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "media/sound/kernels.hpp"

namespace media {
namespace {

// Pitches of 66 to 200 Hz, sought over 20 ms (G.711 Appendix I, 2.2).
constexpr std::uint32_t pitch_min(std::uint32_t rate_hz) { return rate_hz / 200; }
constexpr std::uint32_t pitch_max(std::uint32_t rate_hz) { return rate_hz * 3 / 200; }
constexpr std::uint32_t window(std::uint32_t rate_hz) { return rate_hz / 50; }
constexpr std::uint32_t steady_samples(std::uint32_t rate_hz) { return rate_hz / 100; }  // 10 ms
constexpr std::uint32_t fade_samples(std::uint32_t rate_hz) { return rate_hz / 20; }  // then 50 ms
constexpr std::uint32_t blend_samples(std::uint32_t rate_hz) { return rate_hz / 200; }  // 5 ms back
constexpr std::int32_t faded_in_all = 32'400;  // of unity: 81 a sample at 8 kHz
constexpr std::int32_t unity = 32'768;

std::int16_t blend(std::int32_t from, std::int32_t to, std::size_t step, std::size_t steps) {
    const auto s = static_cast<std::int32_t>(step), n = static_cast<std::int32_t>(steps);
    return static_cast<std::int16_t>((from * (n - s) + to * s) / n);  // between two 16-bit values
}

// The shift, of `least` to `most` samples, at which the last `count` samples differ least from what
// was before them.
std::uint32_t best_shift(std::span<const std::int16_t> sound, std::size_t count,
                         std::uint32_t least, std::uint32_t most) {
    std::uint32_t best = most, smallest = UINT32_MAX;
    for (std::uint32_t shift = least; shift <= most; ++shift) {
        const std::uint32_t difference =
            kernels::difference_sum(sound.last(count), sound.last(count + shift).first(count));
        if (difference < smallest) {
            smallest = difference;
            best = shift;
        }
    }
    return best;
}

}  // namespace

Concealer::Concealer(std::uint32_t rate_hz) noexcept : rate_hz_(rate_hz), past_end_(rate_hz / 20) {
    ASSERT(rate_hz >= 8'000);
    ASSERT(rate_hz <= rate_hz_max);
}

void Concealer::reset() noexcept REALTIME {
    past_end_ = rate_hz_ / 20;
    std::fill_n(past_.begin(), past_end_, std::int16_t{0});
    invented_ = 0;
}

void Concealer::remember(std::span<const std::int16_t> sound) noexcept {
    const std::size_t kept = history().size(), room = 3 * kept;  // past_ holds 150 ms
    sound = sound.last(std::min(sound.size(), kept));
    if (past_end_ + sound.size() > room) {
        std::ranges::copy(history(), past_.begin());
        past_end_ = kept;
    }
    std::ranges::copy(sound, past_.begin() + static_cast<std::ptrdiff_t>(past_end_));
    past_end_ += sound.size();
}

std::uint32_t Concealer::find_pitch() const noexcept {
    const std::uint32_t least = pitch_min(rate_hz_), most = pitch_max(rate_hz_);
    const std::uint32_t thin = std::max(1u, (rate_hz_ + 4'000) / 8'000);  // 1, 2, 5 or 6 to one
    if (thin == 1) return best_shift(history(), window(rate_hz_), least, most);
    // Coarsely, on means of `thin` samples; then among the shifts that these may stand for.
    std::array<std::int16_t, rate_hz_max / 20 / 2> means;
    const std::size_t count = history().size() / thin;
    const std::int16_t* from = history().data() + history().size() - count * thin;
    for (std::size_t i = 0; i < count; ++i) {
        std::int32_t sum = 0;
        for (std::uint32_t k = 0; k < thin; ++k) sum += *from++;
        means[i] = static_cast<std::int16_t>(sum / static_cast<std::int32_t>(thin));
    }
    const std::uint32_t coarse = best_shift(std::span{means}.first(count), window(rate_hz_) / thin,
                                            least / thin, most / thin);
    const std::uint32_t middle = coarse * thin;
    return best_shift(history(), window(rate_hz_), std::max(least, middle - thin),
                      std::min(most, middle + thin));
}

void Concealer::begin() noexcept {
    pitch_ = find_pitch();
    phase_ = 0;
    const std::int16_t* end = history().data() + history().size();
    std::copy(end - pitch_, end, period_.begin());
    // The end of the period flows into its beginning:
    // blend towards what came just before that beginning.
    const std::size_t quarter = pitch_ / 4;
    for (std::size_t i = 0; i < quarter; ++i) {
        period_[pitch_ - quarter + i] = blend(
            end[-static_cast<std::ptrdiff_t>(quarter) + static_cast<std::ptrdiff_t>(i)],
            end[-static_cast<std::ptrdiff_t>(pitch_ + quarter) + static_cast<std::ptrdiff_t>(i)],
            i + 1, quarter);
    }
}

std::int16_t Concealer::next_invented() noexcept {
    const auto steady = steady_samples(rate_hz_), fade = fade_samples(rate_hz_);
    if (invented_ >= steady + fade) {
        ++invented_;
        return 0;
    }
    const std::int32_t faded =
        invented_ < steady ? 0 : static_cast<std::int32_t>(invented_ - steady);
    const std::int32_t gain = unity - faded * faded_in_all / static_cast<std::int32_t>(fade);
    const std::int32_t sample = period_[phase_] * gain / unity;
    phase_ = phase_ + 1 == pitch_ ? 0 : phase_ + 1;
    ++invented_;
    return static_cast<std::int16_t>(sample);
}

void Concealer::fill(std::span<std::int16_t> hole) noexcept REALTIME {
    const bool fresh = invented_ == 0;
    if (fresh) begin();
    for (std::int16_t& sample : hole) sample = next_invented();
    if (fresh) {
        // What was heard last cannot be changed any more;
        // played backwards it meets itself without a step.
        const std::size_t quarter = std::min<std::size_t>(pitch_ / 4, hole.size());
        const std::int16_t* last = history().data() + history().size() - 1;
        for (std::size_t i = 0; i < quarter; ++i) {
            hole[i] = blend(*last--, hole[i], i + 1, quarter);
        }
    }
    remember(hole);
}

void Concealer::good(std::span<std::int16_t> sound) noexcept REALTIME {
    if (invented_ > 0) {
        const std::size_t steps = std::min<std::size_t>(blend_samples(rate_hz_), sound.size());
        for (std::size_t i = 0; i < steps; ++i)
            sound[i] = blend(next_invented(), sound[i], i + 1, steps);
        invented_ = 0;
    }
    remember(sound);
}

}  // namespace media
