#include "media/sound/concealer.hpp"

#include <algorithm>
#include <cstdlib>

#include "media/sound/mix.hpp"

namespace media {
namespace {

// At 8 kHz: pitches of 66 to 200 Hz, sought over 20 ms (G.711 Appendix I, 2.2).
constexpr std::size_t pitch_min = 40, pitch_max = 120, window = 160;
constexpr std::size_t steady_samples = 80;  // 10 ms at full strength
constexpr std::size_t fade_samples = 400;   // then 50 ms down to nothing
constexpr std::size_t blend_samples = 40;   // 5 ms back into the real sound
constexpr std::int32_t unity = 32'768;

std::int16_t blend(std::int32_t from, std::int32_t to, std::size_t step, std::size_t steps) {
    const auto s = static_cast<std::int32_t>(step), n = static_cast<std::int32_t>(steps);
    return static_cast<std::int16_t>((from * (n - s) + to * s) / n);  // between two 16-bit values
}

}  // namespace

void Concealer::reset() noexcept REALTIME {
    history_.fill(0);
    invented_ = 0;
}

void Concealer::remember(std::span<const std::int16_t> sound) noexcept {
    if (sound.size() >= history_samples) {
        std::copy(sound.end() - history_samples, sound.end(), history_.begin());
        return;
    }
    std::copy(history_.begin() + static_cast<std::ptrdiff_t>(sound.size()), history_.end(),
              history_.begin());
    std::copy(sound.begin(), sound.end(),
              history_.end() - static_cast<std::ptrdiff_t>(sound.size()));
}

// The shift at which the last 20 ms differ least from what was before them.
std::size_t Concealer::find_pitch() const noexcept {
    const std::int16_t* recent = history_.data() + history_samples - window;
    std::size_t best = pitch_max;
    std::int32_t least = INT32_MAX;
    for (std::size_t lag = pitch_min; lag <= pitch_max; ++lag) {
        const std::int16_t* older = recent - lag;
        std::int32_t difference = 0;  // at most 160 * 65535
        for (std::size_t i = 0; i < window; ++i) difference += std::abs(recent[i] - older[i]);
        if (difference < least) {
            least = difference;
            best = lag;
        }
    }
    return best;
}

void Concealer::begin() noexcept {
    pitch_ = find_pitch();
    phase_ = 0;
    const std::int16_t* end = history_.data() + history_samples;
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
    if (invented_ >= steady_samples + fade_samples) {
        ++invented_;
        return 0;
    }
    const std::int32_t faded =
        invented_ < steady_samples ? 0 : static_cast<std::int32_t>(invented_ - steady_samples);
    const std::int32_t gain = unity - faded * (unity / static_cast<std::int32_t>(fade_samples));
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
        const std::size_t quarter = std::min(pitch_ / 4, hole.size());
        for (std::size_t i = 0; i < quarter; ++i) {
            hole[i] = blend(history_[history_samples - 1 - i], hole[i], i + 1, quarter);
        }
    }
    remember(hole);
}

void Concealer::good(std::span<std::int16_t> sound) noexcept REALTIME {
    if (invented_ > 0) {
        const std::size_t steps = std::min(blend_samples, sound.size());
        for (std::size_t i = 0; i < steps; ++i)
            sound[i] = blend(next_invented(), sound[i], i + 1, steps);
        invented_ = 0;
    }
    remember(sound);
}

}  // namespace media
