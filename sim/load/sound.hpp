// What the telephones of a load say: seconds of coded sound, made once, that all of them repeat
// from different beginnings. Speech-like at -22 dBov, the noise of a line at -70 dBov, and speech
// that carries a mark (a short tone) once, by which the delay of a server is measured.
//
// Thread: made by one, then constant. Memory: a loop of Opus 20 kB, of G.711 35 kB. Time: some 100
// ms to make all of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/sound/format.hpp"

namespace sim {

inline constexpr std::size_t loop_frames = 200;  // 4 s
inline constexpr std::int32_t mark_hz = 3'200;   // above all that the speech has

/// Sound of loop_frames times 20 ms, coded.
class Loop {
public:
    [[nodiscard]] std::span<const std::uint8_t> frame(std::size_t index) const {
        return std::span{bytes_}.subspan(begins_[index], begins_[index + 1] - begins_[index]);
    }
    void add(std::span<const std::uint8_t> coded) {
        bytes_.insert(bytes_.end(), coded.begin(), coded.end());
        begins_.push_back(bytes_.size());
    }

private:
    std::vector<std::uint8_t> bytes_;
    std::vector<std::size_t> begins_{0};
};

struct Sounds {
    static constexpr std::size_t voices = 4;
    std::array<Loop, voices> speech;
    std::array<Loop, voices> marked;  // the same voices, with a mark that begins in frame 0
    Loop noise;
    /// How long after frame 0's beginning its mark begins, once decoded: what this codec delays by
    /// itself when nobody is in between.
    std::array<std::int64_t, voices> mark_offset_us{};
};

/// How telephones code Opus at 32 kbit/s. libopus makes CELT of a general signal, which a decoder
/// takes in half the time of what it makes of a voice (SILK below, CELT above: "hybrid").
enum class OpusFlavour : std::uint8_t { general, voice };

/// None: this codec is not there. The same seed gives the same bytes.
[[nodiscard]] std::optional<Sounds> make_sounds(const media::Format& format, std::uint64_t seed,
                                                OpusFlavour flavour = OpusFlavour::general);

/// Finds where a mark begins in sound that comes in frames of 20 ms.
class MarkDetector {
public:
    explicit MarkDetector(std::uint32_t rate_hz);
    /// Microseconds from the beginning of `pcm` to the beginning of a mark; none: no mark begins.
    [[nodiscard]] std::optional<std::int64_t> hear(std::span<const std::int16_t> pcm);

private:
    [[nodiscard]] double level(std::span<const std::int16_t> window) const;

    std::uint32_t rate_hz_;
    double coefficient_;
    std::vector<std::int16_t> sound_;  // a window of the past, then the frame
    int quiet_hops_ = 0;               // since the tone was last heard
};

}  // namespace sim
