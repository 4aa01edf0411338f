// A WAV file that is written as it goes: 16 bit, mono, PCM. Its lengths are put right at the end,
// and now and then before, so that what a killed program leaves can be played.
//
// Thread: one. Memory: a frame. Time: not its own. Writes the file that it is told, nothing else.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "media/sound/resampler.hpp"

namespace replay {

class WavWriter {
public:
    static constexpr std::uint64_t sound_bytes_max = 0xffff'ffff - 36;  // lengths are 32 bits

    /// Fails with a sentence. `rate_hz`: 8000, 16000 or 48000.
    [[nodiscard]] static Result<WavWriter, std::string> open(const std::string& path,
                                                             std::uint32_t rate_hz);
    /// 20 ms at any of those rates; `sound` empty: of silence.
    void add(std::span<const std::int16_t> sound);
    /// Fails with a sentence when the disk did not take all, or it was too much for a WAV file.
    [[nodiscard]] Done<std::string> close();
    [[nodiscard]] bool full() const { return full_; }

private:
    WavWriter(std::ofstream file, std::string path, std::uint32_t rate_hz)
        : file_(std::move(file)), path_(std::move(path)), rate_hz_(rate_hz) {}
    void write_head();
    void write(std::span<const std::int16_t> sound);

    std::ofstream file_;
    std::string path_;
    std::uint32_t rate_hz_;
    std::uint64_t bytes_ = 0;
    std::uint32_t frames_ = 0;
    bool full_ = false;
    std::optional<media::Resampler> resampler_;  // from another rate of the room's
};

}  // namespace replay
