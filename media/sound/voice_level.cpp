#include "media/sound/voice_level.hpp"

#include "media/sound/gain.hpp"
#include "media/sound/level.hpp"

namespace media {
namespace {

constexpr std::uint32_t full_scale = 1u << 30;
constexpr std::int32_t unity = 4'096;

// The leveller.
constexpr std::uint32_t voice_least = full_scale / 100'000;     // -50 dBov
constexpr std::uint32_t voice_over_floor = 8;                   // 9 dB
constexpr std::uint64_t target = full_scale / 100;              // -20 dBov
constexpr std::uint64_t target_most = target * 5 / 4;           // +1 dB: between the two it rests,
constexpr std::uint64_t target_least = target * 4 / 5;          // so that it does not swing
constexpr std::int32_t gain_most = 32'536, gain_least = 1'029;  // +18 dB, -12 dB
constexpr std::int32_t smoothing_frames = 32;

// The gate.
constexpr std::uint32_t gate_over_floor = 4;                  // 6 dB
constexpr std::uint32_t gate_least = full_scale / 1'000'000;  // -60 dBov: always noise below
constexpr std::uint32_t gate_most = full_scale / 7'943;       // -39 dBov: never noise above
constexpr std::int32_t gate_hold_frames = 10;                 // 200 ms: the end of a word

std::int32_t peak_of(std::span<const std::int16_t> frame) {
    std::int32_t peak = 1;
    for (const std::int32_t s : frame) peak = std::max(peak, s < 0 ? -s : s);
    return peak;
}

}  // namespace

void VoiceLeveller::process(std::span<std::int16_t> frame) noexcept REALTIME {
    const std::uint32_t energy = energy_of(frame);
    const std::uint32_t floor = floor_.hear(energy);
    std::int32_t next = gain_;
    if (energy > voice_least && energy / voice_over_floor > floor) {
        // The first frame is as good a guess as any; the gaps between syllables are not counted.
        const std::int64_t change = std::int64_t{energy} - voice_;
        voice_ =
            voice_ == 0 ? energy : static_cast<std::uint32_t>(voice_ + change / smoothing_frames);
        const auto squared = static_cast<std::uint64_t>(std::int64_t{gain_} * gain_);  // Q24
        const std::uint64_t heard = (voice_ * (squared >> 8)) >> 16;
        if (heard > target_most) next -= next / 64;        // 7 dB a second
        if (heard < target_least) next += next / 128 + 1;  // 3.4 dB a second
        next = std::clamp(next, gain_least, gain_most);
    }
    // What would be clipped is not amplified, at once: from the frame's beginning on.
    const std::int32_t most = std::max(unity, 32'767 * unity / peak_of(frame));
    if (next > most) gain_ = next = most;
    glide(frame, gain_, next);
    gain_ = next;
}

bool NoiseGate::process(std::span<std::int16_t> frame) noexcept REALTIME {
    const std::uint32_t energy = energy_of(frame);
    const std::uint32_t floor = floor_.hear(energy);
    const std::uint32_t threshold =
        std::clamp(floor > gate_most / gate_over_floor ? gate_most : floor * gate_over_floor,
                   gate_least, gate_most);
    if (energy > threshold) {
        // Opened over the first 2 ms: soon enough for any word, slow enough not to click.
        if (open_frames_ == 0) glide(frame.first(frame.size() / 10), 0, unity);
        open_frames_ = gate_hold_frames;
        return true;
    }
    if (open_frames_ > 1) {
        --open_frames_;
        return true;
    }
    if (open_frames_ == 1) {
        open_frames_ = 0;
        glide(frame, unity, 0);
        return true;
    }
    std::ranges::fill(frame, std::int16_t{0});
    return false;
}

}  // namespace media
