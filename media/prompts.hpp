// Spoken prompts: WAV files of a folder, read at start; a tone of its own for a name that has none.
//
// Thread: made and asked by the control side under its lock; the sound itself is immutable and
// shared by all workers. Memory: the files' sound, and at most invented_max tones. Time: reads
// files only in the constructor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/realtime.hpp"
#include "base/result.hpp"
#include "media/sound/frame.hpp"

namespace media {

enum class WavError : std::uint8_t {
    not_riff,
    no_format,
    wrong_format,
    no_data,
    cut_short,
    too_long
};
[[nodiscard]] std::string_view text_of(WavError why) noexcept;

inline constexpr std::size_t wav_bytes_max = 16'000 * 60 * 10;  // ten minutes; a prompt is seconds

/// The samples of a RIFF/WAVE file of 8 kHz, 16 bit,
/// mono, PCM. Total: any bytes give samples or a reason.
[[nodiscard]] Result<std::vector<std::int16_t>, WavError> parse_wav(
    std::span<const std::uint8_t> bytes);

/// Four short beeps whose pitches come from the name; 0.6 s.
[[nodiscard]] std::vector<std::int16_t> tone_of_name(std::string_view name);

struct Prompt {
    std::string name;
    std::vector<std::int16_t> pcm;  // 8 kHz, mono
};

class PromptLibrary {
public:
    /// Reads every <name>.wav of `folder`; tells of those
    /// it cannot use, and of a folder that is not there.
    PromptLibrary(const std::string& folder, const std::function<void(const std::string&)>& tell);
    /// Never null; lives as long as the library. A name without a file gets its tone.
    [[nodiscard]] const Prompt* find(const std::string& name);
    [[nodiscard]] std::size_t loaded() const { return loaded_; }

private:
    static constexpr std::size_t invented_max = 256;  // then unknown names share one tone

    std::map<std::string, std::unique_ptr<const Prompt>> prompts_;
    std::size_t loaded_ = 0;
};

/// What one leg or room still has to play, in order. Owned by a worker; no memory but itself.
class PromptQueue {
public:
    static constexpr std::size_t prompts_max = 16;

    /// False when full: the prompt is not played.
    bool add(const Prompt* prompt) noexcept REALTIME {
        if (count_ == prompts_max) return false;
        waiting_[(first_ + count_++) % prompts_max] = prompt;
        return true;
    }
    void clear() noexcept REALTIME { count_ = position_ = 0; }
    [[nodiscard]] bool empty() const noexcept REALTIME { return count_ == 0; }
    /// The next 20 ms; silence after the end of the last prompt. Not for an empty queue.
    void next(Frame& frame) noexcept REALTIME;

private:
    std::array<const Prompt*, prompts_max> waiting_{};
    std::size_t first_ = 0, count_ = 0;
    std::size_t position_ = 0;  // samples of the first one that were played
};

}  // namespace media
